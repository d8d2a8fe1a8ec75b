#include "rtl_models/pooling_unit.h"

#include <algorithm>

#include "rtl_models/fixed_point.h"
#include "rtl_models/layer_buffer.h"
#include "support/error.h"

namespace reprise::rtl {
namespace {

std::size_t taps_of(const Layer& layer) {
  if (const auto* pool = std::get_if<MaxPoolLayer>(&layer.operation))
    return static_cast<std::size_t>(pool->window.area());
  if (const auto* pool = std::get_if<AveragePoolLayer>(&layer.operation))
    return static_cast<std::size_t>(pool->window.area());
  throw InputError("pooling unit: layer " + layer.name + " is of kind " + kind_name(layer.operation));
}

}  // namespace

PoolingUnit::PoolingUnit(const sc_core::sc_module_name& name, const Layer& layer, int input_zero_point, int lanes)
    : sc_module(name),
      layer_(layer),
      input_zero_point_(input_zero_point),
      lanes_(static_cast<std::size_t>(lanes)),
      taps_(taps_of(layer)) {
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void PoolingUnit::step() {
  done.write(false);
  if (!busy.read()) {
    busy.write(start.read());
    taken_ = 0;
    channels_.assign(static_cast<std::size_t>(layer_.shape.channels), {});
    return;
  }
  const std::size_t bytes = channels_.size() * taps_;
  for (std::size_t lane = 0; lane < lanes_ && taken_ < bytes; ++lane) take(taken_++);
  if (taken_ < bytes) return;
  busy.write(false);
  done.write(true);
  Bus<std::uint8_t> results(channels_.size());
  for (std::size_t c = 0; c < channels_.size(); ++c) results[c] = result(channels_[c]);
  output.write(results);
}

void PoolingUnit::take(std::size_t byte) {
  Channel& channel = channels_[byte / taps_];
  const auto* average = std::get_if<AveragePoolLayer>(&layer_.operation);
  const auto position = static_cast<Position>(positions.read()[byte]);
  const std::uint8_t value = window.read()[byte];
  ++operations_;
  if (position == Position::inside) {
    channel.largest = std::max(channel.largest, value);
    channel.sum += value - input_zero_point_;
    ++channel.counted;
  } else if (position == Position::padding && average != nullptr && average->count_padding) {
    ++channel.counted;
  }
}

std::uint8_t PoolingUnit::result(const Channel& channel) const {
  const auto* average = std::get_if<AveragePoolLayer>(&layer_.operation);
  if (average == nullptr) return channel.largest;
  const std::int64_t value =
      layer_.quantisation.zero_point + scaled(channel.sum, average->requantisation.at(channel.counted - 1));
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, layer_.clamp_low, layer_.clamp_high));
}

}  // namespace reprise::rtl
