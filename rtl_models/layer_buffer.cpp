#include "rtl_models/layer_buffer.h"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::rtl {

LayerBuffer::LayerBuffer(const sc_core::sc_module_name& name, const Shape& input, const SlidingWindow& sliding,
                         std::uint8_t outside, int depth)
    : sc_module(name),
      input_(input),
      sliding_(sliding),
      outside_(outside),
      depth_(static_cast<std::uint32_t>(depth)),
      ring_(depth_) {
  SC_METHOD(step);
  sensitive << clock.pos();
}

void LayerBuffer::step() {
  if (read.read()) read_window();
  if (release.read()) released_ = std::max(released_, release_before.read());
  if (write.read()) write_row();
  if (restart.read()) arrived_ = released_ = 0;
  rows.write(arrived_);
  credits.write(released_ + depth_ - arrived_);  // a row released before it arrives is a credit, too
}

void LayerBuffer::write_row() {
  const auto width = static_cast<std::size_t>(input_.channels) * static_cast<std::size_t>(input_.width);
  if (credits.read() == 0 || row.read().width() != width) {
    SC_REPORT_ERROR(name(), fmt::format("row {} of {} bytes, expected {}, with {} credits", arrived_,
                                        row.read().width(), width, credits.read())
                                .c_str());
    return;
  }
  ring_[arrived_ % depth_] = row.read().lanes;
  ++arrived_;
  bytes_written_ += width;
}

void LayerBuffer::read_window() {
  Bus<std::uint8_t> bytes;
  Bus<std::uint8_t> kinds;
  const int top = static_cast<int>(y.read()) * sliding_.stride_height - sliding_.pad_top;
  const int left = static_cast<int>(x.read()) * sliding_.stride_width - sliding_.pad_left;
  for (int channel = 0; channel < input_.channels; ++channel) {
    for (int ky = 0; ky < sliding_.kernel_height; ++ky) {
      for (int kx = 0; kx < sliding_.kernel_width; ++kx) {
        const int input_row = top + ky * sliding_.dilation_height;
        const int column = left + kx * sliding_.dilation_width;
        const Position kind = position(input_row, column);
        kinds.lanes.push_back(static_cast<std::uint8_t>(kind));
        bytes.lanes.push_back(kind == Position::inside ? cell(channel, input_row, column) : outside_);
      }
    }
  }
  window.write(bytes);
  positions.write(kinds);
}

Position LayerBuffer::position(int input_row, int column) const {
  if (input_row >= 0 && input_row < input_.height && column >= 0 && column < input_.width) return Position::inside;
  const bool declared = input_row < input_.height + sliding_.pad_bottom && column < input_.width + sliding_.pad_right;
  return declared ? Position::padding : Position::beyond;
}

std::uint8_t LayerBuffer::cell(int channel, int input_row, int column) {
  const auto wanted = static_cast<std::uint32_t>(input_row);
  if (wanted < released_ || wanted >= arrived_) {
    SC_REPORT_ERROR(name(),
                    fmt::format("row {} is read, rows {} to {} are there", wanted, released_, arrived_).c_str());
    return outside_;
  }
  ++bytes_read_;
  const auto index = static_cast<std::size_t>(column) * static_cast<std::size_t>(input_.channels);
  return ring_[wanted % depth_][index + static_cast<std::size_t>(channel)];
}

}  // namespace reprise::rtl
