#include "compression/image/weight_decoder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <variant>

#include "compression/image/require.h"
#include "support/vector_clones.h"

namespace reprise {
namespace {

constexpr std::size_t kLanes = 16;
using Bytes [[gnu::vector_size(kLanes)]] = std::int8_t;
using Weights [[gnu::vector_size(kLanes * sizeof(std::int16_t))]] = std::int16_t;

/// Bytes of adjacent wordlines, `pitch` apart.
struct ByteLines {
  const std::uint8_t* first;
  std::size_t pitch;
  std::size_t count;  ///< a line

  const std::uint8_t* line(std::size_t number) const { return first + number * pitch; }
};

/// `size` bytes; without a call where that is all of a vector.
template <std::size_t kWhole>
inline void copy_lanes(void* to, const void* from, std::size_t size) {
  if (size == kWhole) {
    std::memcpy(to, from, kWhole);
  } else {
    std::memcpy(to, from, size);
  }
}

/// Adds `bytes`, signed, to the weights from weights[lines[...]] on; whether one of them leaves 16 bits.
REPRISE_VECTOR_CLONES bool add_bytes(const ByteLines& bytes, const std::vector<std::size_t>& lines,
                                     std::int16_t* weights) {
  Weights overflow{};  // negative where a sum has another sign than both of its parts
  for (std::size_t done = 0; done < bytes.count; done += kLanes) {
    const std::size_t lanes = std::min(kLanes, bytes.count - done);
    for (std::size_t row = 0; row < lines.size(); ++row) {
      Bytes line{};
      Weights before{};
      std::int16_t* const to = weights + lines[row] + done;
      copy_lanes<sizeof line>(&line, bytes.line(row) + done, lanes);
      copy_lanes<sizeof before>(&before, to, lanes * sizeof *to);
      const Weights added = __builtin_convertvector(line, Weights);
      const Weights sum = before + added;
      overflow |= (sum ^ before) & (sum ^ added);
      copy_lanes<sizeof sum>(to, &sum, lanes * sizeof *to);
    }
  }
  int negative = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) negative |= overflow[lane];
  return negative < 0;
}

/// Units that hold all weights of some rows, and no others.
struct Block {
  std::size_t first_unit = 0;
  std::size_t end_unit = 0;
  std::size_t first_row = 0;
  std::size_t end_row = 0;
};

/// Where one row group follows another in units and in rows.
class BlockCutter {
 public:
  BlockCutter(const LayerMapping& mapping, std::size_t rows, std::size_t outputs)
      : mapping_(mapping), rows_(rows), least_rows_(std::max<std::size_t>(kBlock / outputs, 1)) {}

  std::vector<Block> blocks() const {
    std::vector<Block> blocks(1);
    const std::vector<std::size_t> first_rows = first_rows_from();
    const std::size_t groups = units_ascend() ? mapping_.row_group_count() : 0;
    std::size_t end = 0;  // of the rows of the groups so far
    for (std::size_t group = 1; group < groups; ++group) {
      end = std::max(end, row(mapping_.row_group_starts[group] - 1) + 1);
      const std::size_t start = first_rows[group];
      if (start < end || start - blocks.back().first_row < least_rows_) continue;
      const std::size_t unit = first_unit_of(group);
      blocks.back().end_unit = unit;
      blocks.back().end_row = start;
      blocks.push_back({unit, 0, start, 0});
    }
    blocks.back().end_unit = mapping_.units.size();
    blocks.back().end_row = rows_;
    return blocks;
  }

 private:
  static constexpr std::size_t kBlock = 1 << 19;  // weights

  std::size_t row(std::size_t i) const { return mapping_.rows[i] % rows_; }

  /// Of each row group and those after it.
  std::vector<std::size_t> first_rows_from() const {
    std::vector<std::size_t> first(mapping_.row_group_count() + 1, rows_);
    for (std::size_t group = mapping_.row_group_count(); group-- > 0;) {
      first[group] = std::min(first[group + 1], row(mapping_.row_group_starts[group]));
    }
    return first;
  }

  /// By row group: those of each engine do.
  bool units_ascend() const {
    for (const EngineShare& share : mapping_.engines) {
      if (share.first_unit == 0) continue;
      if (mapping_.units[share.first_unit].row_group < mapping_.units[share.first_unit - 1].row_group) return false;
    }
    return true;
  }

  std::size_t first_unit_of(std::size_t group) const {
    const auto unit =
        std::lower_bound(mapping_.units.begin(), mapping_.units.end(), group,
                         [](const OperationUnit& one, std::size_t value) { return one.row_group < value; });
    return static_cast<std::size_t>(unit - mapping_.units.begin());
  }

  const LayerMapping& mapping_;
  const std::size_t rows_;
  const std::size_t least_rows_;
};

class Decoder {
 public:
  Decoder(const WeightImage& image, const LayerMapping& mapping) : image_(image), mapping_(mapping) {
    const NetworkDescription& network = image.network;
    const Layer& layer = network.layers[static_cast<std::size_t>(mapping.layer)];
    const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
    const int channels = network.shape_of(layer.inputs.front()).channels / convolution.groups;
    rows_ = static_cast<std::size_t>(channels) * static_cast<std::size_t>(convolution.window.area());
    weights_.outputs = static_cast<std::size_t>(layer.shape.channels);
  }

  void decode(const std::function<void(const DecodedWeights&)>& take) {
    for (const Block& block : BlockCutter(mapping_, rows_, weights_.outputs).blocks()) {
      decode(block);
      require(!overflow_, "cells of layer {} add up to a weight that 16 bits do not hold", mapping_.layer);
      take(weights_);
    }
  }

 private:
  /// Units side by side whose slots are whole bytes, of adjacent outputs.
  struct ByteRun {
    std::size_t units = 0;
    std::size_t slots = 0;
    std::size_t first_output = 0;
  };

  void decode(const Block& block) {
    weights_.first_row = block.first_row;
    weights_.rows = block.end_row - block.first_row;
    weights_.values.assign(weights_.rows * weights_.outputs, 0);
    for (std::size_t u = block.first_unit; u < block.end_unit;) {
      if (mapping_.units[u].row_group != group_) enter_group(mapping_.units[u].row_group);
      const ByteRun run = run_from(u, block.end_unit);
      if (run.units == 0) {
        add_unit(u++);
      } else {
        add_run(mapping_.units[u], run);
        u += run.units;
      }
    }
    group_ = kNoGroup;
  }

  ByteRun run_from(std::size_t first, std::size_t end) const {
    const OperationUnit& start = mapping_.units[first];
    ByteRun run;
    if (start.bitline % 8 != 0 || start.first_entry == mapping_.entries.size()) return run;
    run.first_output = mapping_.entries[start.first_entry].output;
    for (std::size_t u = first; u < end; ++u, ++run.units) {
      const OperationUnit& unit = mapping_.units[u];
      const bool adjacent = unit.row_group == start.row_group && unit.crossbar == start.crossbar &&
                            unit.wordline == start.wordline && unit.bitline == start.bitline + 8 * run.slots;
      if (!adjacent || !holds_bytes(u, run.first_output + run.slots)) break;
      run.slots += unit.columns / 8U;
    }
    return run;
  }

  /// Whether the unit's slots are bytes that stand for weights as they are, from the given output on.
  bool holds_bytes(std::size_t u, std::size_t output) const {
    const OperationUnit& unit = mapping_.units[u];
    const std::size_t slots = unit.columns / 8U;
    if (unit.slot_columns != 8 || !unit.signed_slots) return false;
    if (mapping_.entries_end(u) - unit.first_entry != slots) return false;
    for (std::size_t slot = 0; slot < slots; ++slot) {
      const ScatterEntry& entry = mapping_.entries[unit.first_entry + slot];
      if (entry.slot != slot || entry.output != output + slot || entry.shift != 0 || entry.negative) return false;
    }
    return true;
  }

  void add_run(const OperationUnit& unit, const ByteRun& run) {
    const std::uint8_t* first = image_.cells.wordline(unit.crossbar, unit.wordline) + unit.bitline / 8U;
    overflow_ |= add_bytes({first, image_.cells.bytes_per_wordline(), run.slots}, lines_,
                           weights_.values.data() + run.first_output);
  }

  void add_unit(std::size_t u) {
    constexpr unsigned kNone = std::numeric_limits<unsigned>::max();
    const OperationUnit& unit = mapping_.units[u];
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
      lines_.push_back((mapping_.rows[i] % rows_ - weights_.first_row) * weights_.outputs);
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

  static constexpr std::uint32_t kNoGroup = std::numeric_limits<std::uint32_t>::max();

  const WeightImage& image_;
  const LayerMapping& mapping_;
  std::size_t rows_ = 0;  ///< of the layer
  DecodedWeights weights_;
  std::uint32_t group_ = kNoGroup;
  std::vector<std::size_t> lines_;  ///< where the weights of each row of the group begin
  std::vector<int> slot_;           ///< what the slot holds in each row of the group
  bool overflow_ = false;
};

}  // namespace

void decode_weights(const WeightImage& image, const LayerMapping& mapping,
                    const std::function<void(const DecodedWeights&)>& take) {
  Decoder(image, mapping).decode(take);
}

}  // namespace reprise
