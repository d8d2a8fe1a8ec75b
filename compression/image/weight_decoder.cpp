#include "compression/image/weight_decoder.h"

#include <limits>
#include <variant>

#include "compression/image/require.h"

namespace reprise {
namespace {

class Decoder {
 public:
  Decoder(const WeightImage& image, const LayerMapping& mapping) : image_(image), mapping_(mapping) {
    const NetworkDescription& network = image.network;
    const Layer& layer = network.layers[static_cast<std::size_t>(mapping.layer)];
    const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
    const int channels = network.shape_of(layer.inputs.front()).channels / convolution.groups;
    weights_.rows = static_cast<std::size_t>(channels) * static_cast<std::size_t>(convolution.window.area());
    weights_.outputs = static_cast<std::size_t>(layer.shape.channels);
    weights_.values.resize(weights_.rows * weights_.outputs);
  }

  DecodedWeights decode() {
    for (std::size_t u = 0; u < mapping_.units.size(); ++u) add_unit(u);
    require(!overflow_, "cells of layer {} add up to a weight that 16 bits do not hold", mapping_.layer);
    return std::move(weights_);
  }

 private:
  void add_unit(std::size_t u) {
    constexpr unsigned kNone = std::numeric_limits<unsigned>::max();
    const OperationUnit& unit = mapping_.units[u];
    if (unit.row_group != group_) enter_group(unit.row_group);
    unsigned slot = kNone;
    for (std::size_t e = mapping_.entries_begin(u); e < mapping_.entries_end(u); ++e) {
      const ScatterEntry& entry = mapping_.entries[e];
      if (entry.slot != slot) read_slot(unit, slot = entry.slot);
      add_slot(entry);
    }
  }

  void enter_group(std::uint32_t group) {
    group_ = group;
    lines_.clear();
    for (std::uint32_t i = mapping_.row_group_starts[group]; i < mapping_.row_group_starts[group + 1]; ++i) {
      lines_.push_back(mapping_.rows[i] % weights_.rows * weights_.outputs);
    }
    slot_.resize(lines_.size());
  }

  /// Column j of a slot counts 2^j, the last of a signed slot -2^j.
  void read_slot(const OperationUnit& unit, std::size_t slot) {
    const std::size_t bitline = unit.bitline + slot * unit.slot_columns;
    const std::uint8_t* byte = image_.cells.wordline(unit.crossbar, unit.wordline) + bitline / 8;
    const std::size_t pitch = image_.cells.bytes_per_wordline();
    const std::size_t shift = bitline % 8;
    const bool across = shift + unit.slot_columns > 8;
    const unsigned mask = (1U << unit.slot_columns) - 1U;
    const unsigned sign = unit.signed_slots ? 1U << (unit.slot_columns - 1U) : 0U;
    for (int& value : slot_) {
      const unsigned bits = ((byte[0] | (across ? static_cast<unsigned>(byte[1]) << 8U : 0U)) >> shift) & mask;
      value = static_cast<int>(bits) - 2 * static_cast<int>(bits & sign);
      byte += pitch;
    }
  }

  void add_slot(const ScatterEntry& entry) {
    const int factor = (entry.negative ? -1 : 1) * (1 << entry.shift);
    std::int16_t* const column = weights_.values.data() + entry.output;
    for (std::size_t row = 0; row < lines_.size(); ++row) {
      std::int16_t& weight = column[lines_[row]];
      const int sum = weight + factor * slot_[row];
      weight = static_cast<std::int16_t>(sum);
      overflow_ |= weight != sum;
    }
  }

  const WeightImage& image_;
  const LayerMapping& mapping_;
  DecodedWeights weights_;
  std::uint32_t group_ = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::size_t> lines_;  ///< where the weights of each row of the group begin
  std::vector<int> slot_;           ///< what the slot holds in each row of the group
  bool overflow_ = false;
};

}  // namespace

DecodedWeights decode_weights(const WeightImage& image, const LayerMapping& mapping) {
  return Decoder(image, mapping).decode();
}

}  // namespace reprise
