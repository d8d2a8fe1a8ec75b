#include "compression/image/image_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <variant>

#include "compression/image/network_check.h"
#include "compression/image/require.h"
#include "compression/image/storage.h"
#include "compression/image/weight_decoder.h"
#include "support/bits.h"
#include "support/vector_clones.h"

namespace reprise {
namespace {

constexpr int kMaximumSize = 1 << 16;  // wordlines and bitlines are 16-bit numbers
constexpr int kMaximumUnitColumns = 255;
constexpr std::int64_t kAccumulatorLimit = std::int64_t{1} << 31;

const Layer& layer_of(const WeightImage& image, const LayerMapping& mapping) {
  return image.network.layers[static_cast<std::size_t>(mapping.layer)];
}

/// The weight matrix of one convolution.
struct Matrix {
  std::size_t outputs;
  std::size_t groups;
  std::size_t rows_in_group;  ///< im2col rows of one convolution group: weights an output

  Matrix(const NetworkDescription& network, const Layer& layer, const ConvolutionLayer& convolution)
      : outputs(static_cast<std::size_t>(layer.shape.channels)),
        groups(static_cast<std::size_t>(convolution.groups)),
        rows_in_group(static_cast<std::size_t>(network.shape_of(layer.inputs.front()).channels) / groups *
                      static_cast<std::size_t>(convolution.window.area())) {}

  std::size_t group_of_output(std::size_t output) const { return output / (outputs / groups); }
  std::size_t group_of_row(std::size_t row) const { return row / rows_in_group; }
};

Matrix matrix_of(const WeightImage& image, const LayerMapping& mapping) {
  const Layer& layer = layer_of(image, mapping);
  return {image.network, layer, std::get<ConvolutionLayer>(layer.operation)};
}

void check_geometry(const Geometry& g) {
  for (const int size : {g.crossbar_rows, g.crossbar_columns, g.crossbars_per_engine, g.engines_per_tile}) {
    require(size >= 1 && size <= kMaximumSize, "a size of {} is outside 1..{}", size, kMaximumSize);
  }
  require(g.unit_rows >= 1 && g.unit_rows <= g.crossbar_rows, "operation units of {} rows in crossbars of {}",
          g.unit_rows, g.crossbar_rows);
  const int highest = g.crossbar_rows / g.unit_rows * g.unit_rows;
  require(g.group_rows >= g.unit_rows && g.group_rows <= highest, "row groups of {} rows, expected {}..{}",
          g.group_rows, g.unit_rows, highest);
  require(g.unit_columns >= 1 && g.unit_columns <= std::min(g.crossbar_columns, kMaximumUnitColumns),
          "operation units of {} columns, expected 1..{}", g.unit_columns,
          std::min(g.crossbar_columns, kMaximumUnitColumns));
}

void check_provenance(const Provenance& provenance) {
  for (const double accuracy : {provenance.float_accuracy, provenance.reference_accuracy}) {
    require(accuracy == -1.0 || (accuracy >= 0.0 && accuracy <= 1.0), "accuracy {} is neither in 0..1 nor -1",
            accuracy);
  }
}

void check_cell_array(const Geometry& geometry, const CellArray& cells) {
  const std::size_t expected = CellArray(geometry, 1).bytes().size();
  require(cells.bytes().size() == cells.crossbars() * expected, "{} bytes of cells, expected {} crossbars of {}",
          cells.bytes().size(), cells.crossbars(), expected);
}

REPRISE_VECTOR_CLONES std::uint64_t ones_in_all(const std::vector<std::uint8_t>& bytes) {
  constexpr std::size_t kExact = 1 << 16;  // bytes of which 32 bits hold the ones, with room
  std::uint64_t sum = 0;
  for (std::size_t first = 0; first < bytes.size(); first += kExact) {
    std::uint32_t ones = 0;
    for (std::size_t i = first; i < std::min(first + kExact, bytes.size()); ++i) ones += ones_in(bytes[i]);
    sum += ones;
  }
  return sum;
}

/// Of the cells of a wordline; whole words where it can.
std::uint64_t ones_in_bitlines(const std::uint8_t* wordline, std::size_t first, std::size_t end) {
  std::uint64_t ones = 0;
  for (; first % 8 == 0 && first + 64 <= end; first += 64) {
    std::uint64_t word = 0;
    std::memcpy(&word, wordline + first / 8, sizeof word);
    ones += sum_of_bytes(ones_in_bytes(word));
  }
  while (first < end) {
    const std::size_t next = std::min(first / 8 * 8 + 8, end);  // as far as one byte reaches
    const unsigned mask = ((1U << (next - first)) - 1U) << (first % 8);
    ones += ones_in(static_cast<std::uint8_t>(wordline[first / 8] & mask));
    first = next;
  }
  return ones;
}

/// Quotients by a number up to 2^16, without divisions: there are millions of units.
class SmallDivisor {
 public:
  explicit SmallDivisor(int divisor)
      : divisor_(static_cast<std::uint32_t>(divisor)),
        reciprocal_(((std::uint64_t{1} << 32U) + divisor_ - 1) / divisor_) {}

  std::uint32_t quotient(std::uint16_t value) const { return static_cast<std::uint32_t>((value * reciprocal_) >> 32U); }
  std::uint32_t product(std::uint32_t quotient) const { return quotient * divisor_; }

 private:
  std::uint32_t divisor_;
  std::uint64_t reciprocal_;
};

/// Which layer has each engine, which grid places are taken, how many cells units may have set.
class ChipCheck {
 public:
  explicit ChipCheck(const WeightImage& image)
      : image_(image),
        geometry_(image.geometry),
        places_(image.cells.crossbars() * static_cast<std::size_t>(geometry_.units_per_crossbar())) {}

  void take_engine(std::uint32_t engine, int layer) {
    const auto [taken, is_new] = engines_.emplace(engine, layer);
    require(is_new, "engine {} belongs to layer {} already", engine, taken->second);
  }

  /// @param places that the unit needs, one below another
  void take_places(const OperationUnit& unit, int places, std::uint32_t engine) {
    const auto crossbars = static_cast<std::uint64_t>(geometry_.crossbars_per_engine);
    require(unit.crossbar < image_.cells.crossbars(), "crossbar {} of {}", unit.crossbar, image_.cells.crossbars());
    require(unit.crossbar - engine * crossbars < crossbars, "crossbar {} is not one of engine {}", unit.crossbar,
            engine);
    const std::uint32_t line = unit_rows_.quotient(unit.wordline);
    const std::uint32_t column = unit_columns_.quotient(unit.bitline);
    require(unit_rows_.product(line) == unit.wordline && unit_columns_.product(column) == unit.bitline,
            "wordline {}, bitline {} is not on the grid of units", unit.wordline, unit.bitline);
    require(unit.wordline + places * geometry_.unit_rows <= geometry_.crossbar_rows &&
                unit.bitline + geometry_.unit_columns <= geometry_.crossbar_columns,
            "wordline {}, bitline {}: the unit leaves its crossbar", unit.wordline, unit.bitline);
    std::size_t place = unit.crossbar * places_per_crossbar_ + line * columns_of_places_ + column;
    for (int below = 0; below < places; ++below, place += columns_of_places_) {
      require(!places_[place], "another unit lies at crossbar {}, wordline {}, bitline {}", unit.crossbar,
              unit.wordline + below * geometry_.unit_rows, unit.bitline);
      places_[place] = true;
    }
  }

  /// Counts those of units side by side at once.
  void count_cells(const OperationUnit& unit, std::size_t rows) {
    if (area_.crossbar == unit.crossbar && area_.wordline == unit.wordline && area_.rows == rows &&
        area_.end == unit.bitline) {
      area_.end += unit.columns;
      return;
    }
    set_in_units_ += ones_in_area();
    area_ = {unit.crossbar, unit.wordline, rows, unit.bitline, std::size_t{unit.bitline} + unit.columns};
  }

  void check_stray_cells() const {
    const std::uint64_t set = ones_in_all(image_.cells.bytes());
    const std::uint64_t in_units = set_in_units_ + ones_in_area();
    require(set == in_units, "{} cells are set outside the operation units", set - in_units);
  }

 private:
  /// Bitlines `first` to `end` - 1 of some wordlines.
  struct Area {
    std::uint32_t crossbar = 0;
    std::size_t wordline = 0;
    std::size_t rows = 0;
    std::size_t first = 0;
    std::size_t end = 0;
  };

  std::uint64_t ones_in_area() const {
    std::uint64_t ones = 0;
    for (std::size_t row = 0; row < area_.rows; ++row) {
      ones += ones_in_bitlines(image_.cells.wordline(area_.crossbar, area_.wordline + row), area_.first, area_.end);
    }
    return ones;
  }

  const WeightImage& image_;
  const Geometry& geometry_;
  const SmallDivisor unit_rows_{geometry_.unit_rows};
  const SmallDivisor unit_columns_{geometry_.unit_columns};
  const std::size_t columns_of_places_ = static_cast<std::size_t>(geometry_.crossbar_columns / geometry_.unit_columns);
  const std::size_t places_per_crossbar_ = static_cast<std::size_t>(geometry_.units_per_crossbar());
  std::map<std::uint32_t, int> engines_;
  std::vector<bool> places_;
  Area area_;                       ///< of the units before this one
  std::uint64_t set_in_units_ = 0;  ///< before them
};

/// Whether the weights are those of `reference`, [output][row] of all `reference_rows`. In squares: the two lie in
/// memory one across the other.
REPRISE_VECTOR_CLONES bool holds(const DecodedWeights& weights, const std::vector<std::int8_t>& reference,
                                 std::size_t reference_rows) {
  constexpr std::size_t kBlock = 64;
  std::array<std::array<std::int8_t, kBlock>, kBlock> block{};  // [output][row]
  for (std::size_t output = 0; output < weights.outputs; output += kBlock) {
    const std::size_t outputs = std::min(kBlock, weights.outputs - output);
    for (std::size_t row = 0; row < weights.rows; row += kBlock) {
      const std::size_t rows = std::min(kBlock, weights.rows - row);
      for (std::size_t r = 0; r < rows; ++r) {
        const std::int16_t* const line = &weights.values[(row + r) * weights.outputs + output];
        for (std::size_t o = 0; o < outputs; ++o) block[o][r] = static_cast<std::int8_t>(line[o]);
      }
      for (std::size_t o = 0; o < outputs; ++o) {
        const std::int8_t* const line = &reference[(output + o) * reference_rows + weights.first_row + row];
        if (!std::equal(line, line + rows, block[o].begin())) return false;
      }
    }
  }
  return true;
}

/// Of each output.
struct WeightSums {
  std::vector<std::int64_t> sum;
  std::vector<std::int64_t> magnitude;
};

/// Adds rows of weights in 32 bits; false where a weight is outside -128..127.
REPRISE_VECTOR_CLONES bool add_rows(const std::int16_t* weights, std::size_t rows, std::size_t outputs,
                                    std::int32_t* sum, std::int32_t* magnitude) {
  int outside = 0;
  for (std::size_t row = 0; row < rows; ++row, weights += outputs) {
    for (std::size_t output = 0; output < outputs; ++output) {
      const int weight = weights[output];
      sum[output] += weight;
      magnitude[output] += weight < 0 ? -weight : weight;
      outside |= weight ^ static_cast<std::int8_t>(weight);
    }
  }
  return outside == 0;
}

bool add_up(const DecodedWeights& weights, WeightSums& sums) {
  constexpr std::size_t kExact = 1 << 16;  // rows of which 32 bits hold the sum of 16-bit numbers
  bool in_range = true;
  for (std::size_t row = 0; row < weights.rows; row += kExact) {
    std::vector<std::int32_t> sum(weights.outputs);
    std::vector<std::int32_t> magnitude(weights.outputs);
    in_range &= add_rows(&weights.values[row * weights.outputs], std::min(kExact, weights.rows - row), weights.outputs,
                         sum.data(), magnitude.data());
    std::transform(sum.begin(), sum.end(), sums.sum.begin(), sums.sum.begin(), std::plus<>());
    std::transform(magnitude.begin(), magnitude.end(), sums.magnitude.begin(), sums.magnitude.begin(), std::plus<>());
  }
  return in_range;
}

/// Checks the units `first` to `end` - 1. The context is made only where it is needed: there are millions of units.
template <class Check>
void in_units(std::size_t first, std::size_t end, Check check) {
  std::size_t u = first;
  in_context([&u] { return fmt::format("operation unit {}", u); },
             [&] {
               for (; u < end; ++u) check(u);
             });
}

struct UnitShape {
  std::uint8_t columns = 0;
  std::uint8_t slot_columns = 0;
  bool signed_slots = false;
  std::size_t slots = 0;

  bool is_of(const OperationUnit& unit) const {
    return slots > 0 && unit.columns == columns && unit.slot_columns == slot_columns &&
           unit.signed_slots == signed_slots;
  }
};

/// One layer's mapping, in the order in which each check relies on those before it.
class MappingCheck {
 public:
  MappingCheck(const WeightImage& image, const LayerMapping& mapping, ChipCheck& chip)
      : image_(image),
        mapping_(mapping),
        chip_(chip),
        matrix_(matrix_of(image, mapping)),
        features_(features_of(image.engine)) {}

  void run() {
    check_rows();
    check_row_groups();
    check_engines();
    in_units(0, mapping_.units.size(), [this](std::size_t u) { check_unit(u); });
    check_weights();
    check_storage();
  }

 private:
  void check_rows() const {
    for (const std::uint32_t row : mapping_.rows) {
      require(row < matrix_.groups * matrix_.rows_in_group, "row {} of {}", row,
              matrix_.groups * matrix_.rows_in_group);
    }
  }

  void check_row_groups() const {
    const auto& starts = mapping_.row_group_starts;
    require(!starts.empty() && starts.front() == 0 && starts.back() == mapping_.rows.size(),
            "row groups do not start at 0 and end at {}", mapping_.rows.size());
    for (std::size_t g = 0; g < mapping_.row_group_count(); ++g) {
      require(starts[g] < starts[g + 1] && starts[g + 1] <= mapping_.rows.size(), "row group {} is not ascending", g);
      require(mapping_.rows_in_group(g) <= static_cast<std::uint32_t>(image_.geometry.group_rows),
              "row group {} has {} rows, expected at most {}", g, mapping_.rows_in_group(g),
              image_.geometry.group_rows);
      const auto begin = mapping_.rows.begin() + starts[g];
      const auto end = mapping_.rows.begin() + starts[g + 1];
      require(std::adjacent_find(begin, end, std::greater_equal<>()) == end, "the rows of row group {} do not ascend",
              g);
      require(matrix_.group_of_row(mapping_.rows[starts[g]]) == matrix_.group_of_row(mapping_.rows[starts[g + 1] - 1]),
              "row group {} lies across two convolution groups", g);
    }
  }

  void check_engines() {
    std::uint64_t units = 0;
    std::int64_t previous = -1;
    for (const EngineShare& share : mapping_.engines) {
      require(share.engine > previous, "engines do not ascend at {}", share.engine);
      previous = share.engine;
      chip_.take_engine(share.engine, mapping_.layer);
      require(share.first_unit == units && share.unit_count > 0, "engine {} has {} units from {}, expected from {}",
              share.engine, share.unit_count, share.first_unit, units);
      units += share.unit_count;
      require(units <= mapping_.units.size(), "engine {} has units up to {} of {}", share.engine, units,
              mapping_.units.size());
      check_units_of(share);
    }
    require(units == mapping_.units.size(), "{} units, {} of them on engines", mapping_.units.size(), units);
    require(units > 0 || mapping_.entries.empty(), "{} entries but no operation units", mapping_.entries.size());
  }

  void check_units_of(const EngineShare& share) {
    std::uint32_t group = 0;
    int places = 0;
    in_units(share.first_unit, share.first_unit + share.unit_count, [&](std::size_t u) {
      const OperationUnit& unit = mapping_.units[u];
      require(unit.row_group < mapping_.row_group_count(), "row group {} of {}", unit.row_group,
              mapping_.row_group_count());
      require(unit.row_group >= group, "row group {} after {}", unit.row_group, group);
      if (unit.row_group != group || places == 0) {
        places = image_.geometry.places_of(mapping_.rows_in_group(unit.row_group));
      }
      chip_.take_places(unit, places, share.engine);
      check_first_entry(u);
      group = unit.row_group;
    });
  }

  void check_first_entry(std::size_t u) const {
    const std::uint32_t first = mapping_.units[u].first_entry;
    const std::uint32_t before = u == 0 ? 0 : mapping_.units[u - 1].first_entry;
    require(first >= before && first <= mapping_.entries.size() && (u > 0 || first == 0),
            "first entry {} is out of order or range", first);
  }

  void check_unit(std::size_t u) {
    const OperationUnit& unit = mapping_.units[u];
    if (!shape_.is_of(unit)) enter_shape(unit);
    if (unit.row_group != group_) enter_group(unit.row_group);
    check_entries(u);
    chip_.count_cells(unit, mapping_.rows_in_group(unit.row_group));
  }

  void enter_shape(const OperationUnit& unit) {
    require(unit.slot_columns >= 1 && unit.slot_columns <= widest_slot() && unit.columns >= unit.slot_columns &&
                unit.columns % unit.slot_columns == 0 && unit.columns <= image_.geometry.unit_columns,
            "{} columns in slots of {}, expected whole slots of 1..{} in 1..{} columns", unit.columns,
            unit.slot_columns, widest_slot(), image_.geometry.unit_columns);
    require(!unit.signed_slots || (is_twos_complement() && is_kernel()), "signed slots at {} granularity, {}",
            to_string(image_.granularity), to_string(image_.encoding));
    shape_ = {unit.columns, unit.slot_columns, unit.signed_slots, std::size_t{unit.columns} / unit.slot_columns};
  }

  void enter_group(std::uint32_t group) {
    group_ = group;
    const std::size_t outputs = matrix_.outputs / matrix_.groups;
    first_output_ = matrix_.group_of_row(mapping_.rows[mapping_.row_group_starts[group]]) * outputs;
    end_output_ = first_output_ + outputs;
  }

  /// Entries go through the slots in order and leave out none.
  void check_entries(std::size_t u) const {
    const OperationUnit& unit = mapping_.units[u];
    std::size_t entered = 0;  // slots that have an entry
    for (std::size_t e = mapping_.entries_begin(u); e < mapping_.entries_end(u); ++e) {
      const ScatterEntry& entry = mapping_.entries[e];
      require(entry.slot < shape_.slots, "entry {} names slot {} of {}", e, entry.slot, shape_.slots);
      const bool next = entry.slot == entered;
      require(next || (entered > 0 && entry.slot == entered - 1), "entry {} names slot {} after {} slots", e,
              entry.slot, entered);
      require(next || features_.shared, "entry {}: a second one for slot {}, which the engine {} does not share", e,
              entry.slot, to_string(image_.engine));
      entered += next ? 1 : 0;
      check_entry(unit, e);
    }
    require(entered == shape_.slots, "slot {} has no entry", entered);
  }

  void check_entry(const OperationUnit& unit, std::size_t e) const {
    const ScatterEntry& entry = mapping_.entries[e];
    require(entry.output < matrix_.outputs, "entry {} names output {} of {}", e, entry.output, matrix_.outputs);
    require(entry.output >= first_output_ && entry.output < end_output_,
            "entry {} names output {}, which is in another convolution group than the rows", e, entry.output);
    const int end = entry.shift + unit.slot_columns;
    require(end <= widest_weight(), "entry {} shifts a slot of {} columns by {}, beyond {} bits", e, unit.slot_columns,
            entry.shift, widest_weight());
    if (is_kernel() && !features_.narrow) {
      require(!unit.signed_slots || end == widest_weight(), "entry {} gives a signed slot the shift {}", e,
              entry.shift);
      require(entry.shift == mapping_.entries[unit.first_entry].shift, "entry {}: its unit has another shift", e);
    }
    if (is_twos_complement() && !(is_kernel() && features_.narrow && features_.shared)) {
      require(entry.negative == (!is_kernel() && entry.shift == 7), "entry {} with shift {} has the wrong sign", e,
              entry.shift);
    }
  }

  void check_weights() const {
    WeightSums sums{std::vector<std::int64_t>(matrix_.outputs), std::vector<std::int64_t>(matrix_.outputs)};
    bool as_reference = true;
    decode_weights(image_, mapping_, [&](const DecodedWeights& weights) {
      if (!add_up(weights, sums)) refuse_range(weights);
      as_reference = as_reference && agrees_with_reference(weights);
    });
    check_initial_sums(sums);
    require(as_reference, "the cells do not hold the reference weights");
  }

  void check_initial_sums(const WeightSums& sums) const {
    const Layer& layer = layer_of(image_, mapping_);
    const auto& bias = std::get<ConvolutionLayer>(layer.operation).bias;
    require(mapping_.initial_sums.size() == matrix_.outputs, "{} initial sums, expected {}",
            mapping_.initial_sums.size(), matrix_.outputs);
    for (std::size_t output = 0; output < matrix_.outputs; ++output) {
      const std::int64_t expected =
          bias[output] - sums.sum[output] * image_.network.quantisation_of(layer.inputs.front()).zero_point;
      const std::int64_t initial = mapping_.initial_sums[output];
      require(initial == expected, "initial sum {} of output {}, expected {}", initial, output, expected);
      require(std::abs(initial) + 255 * sums.magnitude[output] < kAccumulatorLimit, "sums of output {} leave 32 bits",
              output);
    }
  }

  static void refuse_range(const DecodedWeights& weights) {
    const auto outside = std::find_if(weights.values.begin(), weights.values.end(),
                                      [](std::int16_t weight) { return weight < -128 || weight > 127; });
    const auto place = static_cast<std::size_t>(outside - weights.values.begin());
    require(false, "the cells give output {} the weight {} in row {}", place % weights.outputs, *outside,
            weights.first_row + place / weights.outputs);
  }

  bool agrees_with_reference(const DecodedWeights& weights) const {
    if (image_.reference_weights.empty()) return true;
    const auto& reference = image_.reference_weights[static_cast<std::size_t>(mapping_.layer)];
    if (reference.empty()) return true;
    return reference.size() == matrix_.rows_in_group * matrix_.outputs &&
           holds(weights, reference, matrix_.rows_in_group);
  }

  void check_storage() const {
    const Storage counted = count_storage(image_, mapping_);
    const Storage& stored = mapping_.storage;
    require(stored.dense_cells == counted.dense_cells, "{} dense cells, counted {}", stored.dense_cells,
            counted.dense_cells);
    require(stored.cells == counted.cells, "{} cells, counted {}", stored.cells, counted.cells);
    require(stored.table_bits == counted.table_bits, "{} table bits, counted {}", stored.table_bits,
            counted.table_bits);
    require(stored.index_bits == counted.index_bits, "{} index bits, counted {}", stored.index_bits,
            counted.index_bits);
  }

  bool is_twos_complement() const { return image_.encoding == Encoding::twos_complement; }
  bool is_kernel() const { return image_.granularity == Granularity::kernel; }
  int widest_weight() const { return is_twos_complement() ? 8 : 7; }
  int widest_slot() const { return is_kernel() ? widest_weight() : 1; }

  const WeightImage& image_;
  const LayerMapping& mapping_;
  ChipCheck& chip_;
  const Matrix matrix_;
  const EngineFeatures features_;
  // What most units share with the one before them:
  UnitShape shape_;
  std::uint32_t group_ = std::numeric_limits<std::uint32_t>::max();
  std::size_t first_output_ = 0;  ///< of the row group's convolution group
  std::size_t end_output_ = 0;
};

/// Exactly one mapping a convolution, in layer order; only convolutions have reference weights.
void check_layers_mapped(const WeightImage& image) {
  std::size_t mapped = 0;
  for (std::size_t i = 0; i < image.network.layers.size(); ++i) {
    if (!std::holds_alternative<ConvolutionLayer>(image.network.layers[i].operation)) {
      require(image.reference_weights.empty() || image.reference_weights.at(i).empty(),
              "layer {} has reference weights but is no convolution", i);
      continue;
    }
    require(mapped < image.mappings.size() && image.mappings[mapped].layer == static_cast<int>(i),
            "mapping {} is not that of layer {}, the next convolution", mapped, i);
    ++mapped;
  }
  require(mapped == image.mappings.size(), "{} mappings, expected {}", image.mappings.size(), mapped);
}

}  // namespace

void check_image(const WeightImage& image) {
  in_context("provenance", [&] { check_provenance(image.provenance); });
  in_context("geometry", [&] { check_geometry(image.geometry); });
  check_network(image.network);
  check_cell_array(image.geometry, image.cells);
  require(image.reference_weights.empty() || image.reference_weights.size() == image.network.layers.size(),
          "reference weights of {} layers, expected {}", image.reference_weights.size(), image.network.layers.size());
  check_layers_mapped(image);
  ChipCheck chip(image);
  for (const LayerMapping& mapping : image.mappings) {
    in_context(fmt::format("mapping of layer '{}'", layer_of(image, mapping).name),
               [&] { MappingCheck(image, mapping, chip).run(); });
  }
  chip.check_stray_cells();
}

}  // namespace reprise
