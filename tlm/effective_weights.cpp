#include "tlm/effective_weights.h"

#include "support/error.h"

namespace reprise {

std::size_t gathered_position(std::uint32_t row, const ConvolutionLayer& convolution, int input_channels) {
  const auto taps = static_cast<std::size_t>(convolution.window.area());
  const auto channels = static_cast<std::size_t>(input_channels / convolution.groups);
  const std::size_t channel = row / taps;
  const std::size_t tap = row % taps;
  return (channel / channels) * taps * channels + tap * channels + channel % channels;
}

namespace {

/// Adds one scatter entry's cells to the weights of its output.
class Decoder {
 public:
  Decoder(const WeightImage& image, const LayerMapping& mapping)
      : image_(image),
        mapping_(mapping),
        layer_(image.network.layers.at(static_cast<std::size_t>(mapping.layer))),
        convolution_(std::get<ConvolutionLayer>(layer_.operation)) {
    input_channels_ = image.network.shape_of(layer_.inputs.front()).channels;
    weights_.groups = static_cast<std::size_t>(convolution_.groups);
    weights_.rows_per_group = static_cast<std::size_t>(input_channels_ / convolution_.groups) *
                              static_cast<std::size_t>(convolution_.window.area());
    weights_.outputs_per_group = static_cast<std::size_t>(layer_.shape.channels) / weights_.groups;
    sums_.resize(weights_.groups * weights_.rows_per_group * weights_.outputs_per_group);
  }

  EffectiveWeights decode() {
    for (std::size_t u = 0; u < mapping_.units.size(); ++u) {
      for (std::size_t e = mapping_.entries_begin(u); e < mapping_.entries_end(u); ++e) {
        add(mapping_.units[u], mapping_.entries[e]);
      }
    }
    weights_.values.resize(sums_.size());
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      if (sums_[i] < -128 || sums_[i] > 127) {
        throw InputError("layer '" + layer_.name + "': the cells add up to a weight of " + std::to_string(sums_[i]) +
                         ", outside -128..127");
      }
      weights_.values[i] = static_cast<std::int8_t>(sums_[i]);
    }
    return std::move(weights_);
  }

 private:
  void add(const OperationUnit& unit, const ScatterEntry& entry) {
    const std::uint32_t first = mapping_.row_group_starts[unit.row_group];
    const std::uint32_t rows = mapping_.rows_in_group(unit.row_group);
    const std::size_t bitline = unit.bitline + std::size_t{entry.slot} * unit.slot_columns;
    for (std::uint32_t r = 0; r < rows; ++r) {
      int value = 0;
      for (int j = 0; j < unit.slot_columns; ++j) {
        if (!image_.cells.get(unit.crossbar, unit.wordline + r, bitline + static_cast<std::size_t>(j))) continue;
        const bool subtract = unit.signed_slots && j + 1 == unit.slot_columns;
        value += subtract ? -(1 << j) : 1 << j;
      }
      value *= 1 << entry.shift;
      sums_[index(mapping_.rows[first + r], entry.output)] += entry.negative ? -value : value;
    }
  }

  std::size_t index(std::uint32_t row, std::uint32_t output) const {
    const std::size_t position = gathered_position(row, convolution_, input_channels_);
    const std::size_t group = position / weights_.rows_per_group;
    if (output / weights_.outputs_per_group != group) {
      throw InputError("layer '" + layer_.name + "': input row " + std::to_string(row) + " feeds output " +
                       std::to_string(output) + " of another convolution group");
    }
    return position * weights_.outputs_per_group + output % weights_.outputs_per_group;
  }

  const WeightImage& image_;
  const LayerMapping& mapping_;
  const Layer& layer_;
  const ConvolutionLayer& convolution_;
  int input_channels_ = 0;
  EffectiveWeights weights_;
  std::vector<int> sums_;
};

}  // namespace

EffectiveWeights effective_weights(const WeightImage& image, const LayerMapping& mapping) {
  return Decoder(image, mapping).decode();
}

}  // namespace reprise
