#include "rtl_models/requantiser.h"

#include <algorithm>

#include "rtl_models/fixed_point.h"

namespace reprise::rtl {

Requantiser::Requantiser(const sc_core::sc_module_name& name, const Layer& layer,
                         const std::vector<std::int32_t>& initial_sums, int lanes)
    : sc_module(name), layer_(layer), initial_sums_(initial_sums), lanes_(static_cast<std::size_t>(lanes)) {
  SC_METHOD(look_ahead);
  sensitive << enable << written_;
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void Requantiser::look_ahead() {
  last.write(enable.read() && written_.read() + lanes_ >= initial_sums_.size());
}

void Requantiser::step() {
  if (begin.read()) written_.write(0);
  if (!enable.read()) return;
  Bus<std::uint8_t> stored = output.read();
  stored.lanes.resize(initial_sums_.size());
  std::size_t o = written_.read();
  const std::size_t end = std::min(initial_sums_.size(), o + lanes_);
  for (; o < end; ++o, ++operations_) stored[o] = requantised(o);
  output.write(stored);
  written_.write(static_cast<std::uint32_t>(end));
}

std::uint8_t Requantiser::requantised(std::size_t channel) const {
  const auto& convolution = std::get<ConvolutionLayer>(layer_.operation);
  const auto sum = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums.read()[channel]) +
                                             static_cast<std::uint32_t>(initial_sums_[channel]));
  const bool negative = sum < 0 && !convolution.negative_requantisation.empty();
  const auto& factors = negative ? convolution.negative_requantisation : convolution.requantisation;
  const std::int64_t value = layer_.quantisation.zero_point + scaled(sum, factors[channel]);
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, layer_.clamp_low, layer_.clamp_high));
}

}  // namespace reprise::rtl
