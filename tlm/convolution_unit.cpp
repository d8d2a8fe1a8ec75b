#include "tlm/convolution_unit.h"

#include <algorithm>
#include <cstring>

#include "tlm/effective_weights.h"
namespace reprise {

ConvolutionUnit::ConvolutionUnit(const WeightImage& image, const LayerMapping& mapping, const AdcConfig& adc,
                                 const PipelineConfig& pipeline, const std::set<int>& elsewhere)
    : layer_(image.network.layers.at(static_cast<std::size_t>(mapping.layer))),
      convolution_(std::get<ConvolutionLayer>(layer_.operation)),
      input_(image.network.shape_of(layer_.inputs.front())),
      input_zero_(static_cast<std::uint8_t>(image.network.quantisation_of(layer_.inputs.front()).zero_point)),
      requantiser_(layer_, mapping.initial_sums),
      layer_number_(static_cast<std::uint64_t>(mapping.layer)),
      window_size_(static_cast<std::size_t>(input_.channels) * static_cast<std::size_t>(convolution_.window.area())),
      row_reads_(count_row_reads()) {
  for (std::uint32_t row = 0; row < window_size_; ++row) {
    row_positions_.push_back(static_cast<std::uint32_t>(gathered_position(row, convolution_, input_.channels)));
  }
  if (!is_lossless(adc, image.geometry.unit_rows)) {
    conversion_ = make_conversion_kernel(
        {image, mapping, row_positions_, adc, pipeline.adcs, pipeline.skip_zero_inputs, elsewhere});
    if (adc.noise) noise_.emplace(*adc.noise);
  }
  if (conversion_ == nullptr || conversion_->corrects()) prepare_products(effective_weights(image, mapping, elsewhere));
  if (convolution_.filter) filter_.emplace(*convolution_.filter, convolution_, input_.channels);
  const auto width = static_cast<std::size_t>(layer_.shape.width);
  windows_.resize(width * window_size_);
  counter_.emplace(mapping, image.geometry, row_positions_);
  activity_ = counter_->activity_of_windows(width);
  sums_.resize(width * static_cast<std::size_t>(layer_.shape.channels));
  for (const EngineShare& share : mapping.engines) {
    if (elsewhere.count(static_cast<int>(share.engine)) != 0) sums_elsewhere_.resize(sums_.size());
  }
}

void ConvolutionUnit::gather(int y, const InputRows& input) {
  row_ = y;
  std::fill(sums_elsewhere_.begin(), sums_elsewhere_.end(), 0);
  gather_windows(y, input);
  for (std::size_t first = 0; filter_ && first < windows_.size(); first += window_size_) {
    filter_->apply(windows_.data() + first);
  }
  counter_->count(windows_.data(), *activity_);
  activity_->sum_up();
}

void ConvolutionUnit::gather_windows(int y, const InputRows& input) {
  const SlidingWindow& w = convolution_.window;
  const auto channels = static_cast<std::size_t>(input_.channels / convolution_.groups);
  // Taps of a row that lie side by side in memory are copied at once.
  const int taps = convolution_.groups == 1 && w.dilation_width == 1 ? w.kernel_width : 1;
  std::uint8_t* to = windows_.data();
  for (int group = 0; group < convolution_.groups; ++group) {
    for (int ky = 0; ky < w.kernel_height; ++ky) {
      const int y_in = y * w.stride_height - w.pad_top + ky * w.dilation_height;
      const bool inside = y_in >= 0 && y_in < input_.height;
      const std::uint8_t* row =
          inside ? input[static_cast<std::size_t>(y_in)] + static_cast<std::size_t>(group) * channels : nullptr;
      for (int kx = 0; kx < w.kernel_width; kx += taps) {
        gather_taps(row, kx * w.dilation_width - w.pad_left, taps, channels, to);
        to += static_cast<std::size_t>(taps) * channels;
      }
    }
  }
}

namespace {

/// Most runs are so short that a call takes longer than the copying.
inline void copy_run(const std::uint8_t* from, std::size_t size, std::uint8_t* to) {
  constexpr std::size_t kPiece = 16;
  constexpr std::size_t kShort = 256;
  if (size > kShort || size % kPiece != 0) {
    std::memcpy(to, from, size);
    return;
  }
  for (std::size_t i = 0; i < size; i += kPiece) std::memcpy(to + i, from + i, kPiece);
}

}  // namespace

void ConvolutionUnit::gather_taps(const std::uint8_t* row, int column, int taps, std::size_t channels,
                                  std::uint8_t* to) const {
  const auto pixel = static_cast<std::size_t>(input_.channels);
  const std::size_t size = static_cast<std::size_t>(taps) * channels;
  for (int x = 0; x < layer_.shape.width; ++x, column += convolution_.window.stride_width, to += window_size_) {
    if (row != nullptr && column >= 0 && column + taps <= input_.width) {
      copy_run(row + static_cast<std::size_t>(column) * pixel, size, to);
    } else {
      gather_edge(row, column, taps, channels, to);
    }
  }
}

void ConvolutionUnit::gather_edge(const std::uint8_t* row, int column, int taps, std::size_t channels,
                                  std::uint8_t* to) const {
  const int begin = row == nullptr ? taps : std::clamp(-column, 0, taps);
  const int end = row == nullptr ? taps : std::clamp(input_.width - column, begin, taps);
  const auto bytes = [channels](int count) { return static_cast<std::size_t>(count) * channels; };
  if (begin > 0) std::memset(to, input_zero_, bytes(begin));
  if (end > begin) {
    const auto pixel = static_cast<std::size_t>(column + begin) * static_cast<std::size_t>(input_.channels);
    std::memcpy(to + bytes(begin), row + pixel, bytes(end - begin));
  }
  if (end < taps) std::memset(to + bytes(end), input_zero_, bytes(taps - end));
}

const std::uint8_t* ConvolutionUnit::im2col() {
  im2col_.resize(windows_.size());
  for (std::size_t first = 0; first < windows_.size(); first += window_size_) {
    for (std::size_t row = 0; row < window_size_; ++row) im2col_[first + row] = windows_[first + row_positions_[row]];
  }
  return im2col_.data();
}

namespace {

std::int32_t add_modulo(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

}  // namespace

void ConvolutionUnit::add(const std::vector<std::int32_t>& sums) {
  std::transform(sums.begin(), sums.end(), sums_elsewhere_.begin(), sums_elsewhere_.begin(), add_modulo);
}

void ConvolutionUnit::prepare_products(const EffectiveWeights& weights) {
  const auto windows = static_cast<std::size_t>(layer_.shape.width);
  const ProductShape shape{windows, weights.rows_per_group, weights.outputs_per_group};
  for (std::size_t group = 0; group < weights.groups; ++group) {
    products_.emplace_back(shape, ProductStrides{window_size_, static_cast<std::size_t>(layer_.shape.channels)},
                           weights.of_group(group));
  }
}

void ConvolutionUnit::multiply_matrices() {
  const std::size_t rows = window_size_ / products_.size();
  const std::size_t outputs = static_cast<std::size_t>(layer_.shape.channels) / products_.size();
  for (std::size_t group = 0; group < products_.size(); ++group) {
    products_[group].multiply(windows_.data() + group * rows, sums_.data() + group * outputs);
  }
}

std::uint64_t ConvolutionUnit::noise_key(std::size_t column) const {
  const auto width = static_cast<std::uint64_t>(layer_.shape.width);
  return noise_->window_key(image_, layer_number_, static_cast<std::uint64_t>(row_) * width + column);
}

void ConvolutionUnit::convert() {
  const auto width = static_cast<std::size_t>(layer_.shape.width);
  std::vector<std::uint64_t> keys;
  for (std::size_t x = 0; noise_ && x < width; ++x) keys.push_back(noise_key(x));
  conversion_->add({windows_.data(), width, window_size_, noise_ ? keys.data() : nullptr}, sums_.data());
}

void ConvolutionUnit::multiply(std::uint8_t* output) {
  if (products_.empty()) std::fill(sums_.begin(), sums_.end(), 0);
  if (!products_.empty()) multiply_matrices();
  if (conversion_ != nullptr) convert();
  std::transform(sums_elsewhere_.begin(), sums_elsewhere_.end(), sums_.begin(), sums_.begin(), add_modulo);
  requantiser_.apply(sums_.data(), static_cast<std::size_t>(layer_.shape.width), output);
}

namespace {

/// Taps of a window from `start` on that do not lie in the padding.
std::uint64_t taps_inside(int start, int step, int taps, int size) {
  std::uint64_t count = 0;
  for (int k = 0; k < taps; ++k) {
    const int position = start + k * step;
    if (position >= 0 && position < size) ++count;
  }
  return count;
}

}  // namespace

std::uint64_t ConvolutionUnit::count_row_reads() const {
  const SlidingWindow& w = convolution_.window;
  std::uint64_t pixels = 0;
  for (int x = 0; x < layer_.shape.width; ++x) {
    pixels += taps_inside(x * w.stride_width - w.pad_left, w.dilation_width, w.kernel_width, input_.width);
  }
  return pixels * static_cast<std::uint64_t>(input_.channels);
}

std::uint64_t ConvolutionUnit::bytes_read(int y) const {
  const SlidingWindow& w = convolution_.window;
  return row_reads_ * taps_inside(y * w.stride_height - w.pad_top, w.dilation_height, w.kernel_height, input_.height);
}

}  // namespace reprise
