#include "tlm/receptive_field.h"

#include <algorithm>

namespace reprise {
namespace {

const SlidingWindow* sliding_window(const Operation& operation) {
  if (const auto* convolution = std::get_if<ConvolutionLayer>(&operation)) return &convolution->window;
  if (const auto* pool = std::get_if<MaxPoolLayer>(&operation)) return &pool->window;
  if (const auto* pool = std::get_if<AveragePoolLayer>(&operation)) return &pool->window;
  return nullptr;
}

}  // namespace

ReceptiveField::ReceptiveField(const Layer& layer, const Shape& input)
    : vertical_(axis(layer, input, true)), horizontal_(axis(layer, input, false)) {}

ReceptiveField::Axis ReceptiveField::axis(const Layer& layer, const Shape& input, bool vertical) {
  const int size = vertical ? input.height : input.width;
  if (const SlidingWindow* w = sliding_window(layer.operation)) {
    return vertical ? Axis{w->stride_height, -w->pad_top, (w->kernel_height - 1) * w->dilation_height, size}
                    : Axis{w->stride_width, -w->pad_left, (w->kernel_width - 1) * w->dilation_width, size};
  }
  const std::size_t dimension = vertical ? 1 : 2;
  if (const auto* slice = std::get_if<SliceLayer>(&layer.operation)) {
    return {slice->step[dimension], slice->start[dimension], 0, size};
  }
  if (const auto* pad = std::get_if<PadLayer>(&layer.operation)) return {1, -pad->before[dimension], 0, size};
  if (std::holds_alternative<ReshapeLayer>(layer.operation)) return {0, 0, size - 1, size};
  return {1, 0, 0, size};
}

int ReceptiveField::first_row(int y) const {
  return std::clamp(y * vertical_.stride + vertical_.offset, 0, vertical_.size - 1);
}

int ReceptiveField::last_row(int y) const {
  return vertical_.last(y);
}

long ReceptiveField::last_position(int y, int x) const {
  const int row = vertical_.last(y);
  if (row < 0) return -1;
  return static_cast<long>(row) * horizontal_.size + last_column(x);
}

}  // namespace reprise
