#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compression/image/network.h"

/// What the toolchain hands to the platform: docs/weight_image.md.
namespace reprise {

/// How a signed 8-bit weight becomes single-bit columns.
enum class Encoding {
  twos_complement,  ///< 8 columns, the last one counts -128
  differential,     ///< 7 columns of positive magnitude and 7 of negative
};

/// What is compared for repetition within a row group.
enum class Granularity {
  kernel,      ///< all the bits of one output's weights
  bit_column,  ///< one column of bits
};

enum class EngineKind {
  dense,           ///< every weight stored in 8 bits, every operation unit executed
  sre,             ///< rows in which the outputs of an operation unit have no weights are not stored
  pattern_pruned,  ///< rows that pattern pruning freed are not stored
  mixed_ou,        ///< the same, and slots as narrow as the weights of an output in a row group allow
  wpr,             ///< rows as in pattern_pruned; each distinct pattern of a row group stored once
  reprise,         ///< all of these
};

constexpr std::array<EngineKind, 6> kEngineKinds{EngineKind::dense,    EngineKind::sre, EngineKind::pattern_pruned,
                                                 EngineKind::mixed_ou, EngineKind::wpr, EngineKind::reprise};

/// The names in weight images, configurations and reports: "twos_complement", "kernel", "dense", ...
const char* to_string(Encoding encoding);
const char* to_string(Granularity granularity);
const char* to_string(EngineKind engine);

/// What an engine can leave out.
struct EngineFeatures {
  bool compressed_rows = false;  ///< rows in which the outputs of an operation unit have no weights
  bool shapes = false;           ///< rows that pattern pruning freed, and slots of nothing but zeros
  bool narrow = false;           ///< bit columns that an output's weights in a row group do not need
  bool shared = false;           ///< patterns of a row group that are there already
};

EngineFeatures features_of(EngineKind engine);

/// Sizes that the mapping depends on.
struct Geometry {
  int crossbar_rows = 128;
  int crossbar_columns = 128;
  int unit_rows = 9;     ///< wordlines of an operation unit
  int unit_columns = 8;  ///< bitlines of an operation unit
  int group_rows = 9;    ///< the most rows of a row group; more than unit_rows: operation units are formed in it
  int crossbars_per_engine = 8;
  int engines_per_tile = 12;

  /// Whether operation units are formed of the input rows that are on: docs/machine.md, section 3.
  bool forms_units() const { return group_rows > unit_rows; }
  /// Units sit on a grid: unit_rows x unit_columns cells each, from wordline 0 and bitline 0.
  /// Places of the grid, one below another, that a unit with so many rows takes.
  int places_of(std::uint32_t rows) const { return (static_cast<int>(rows) + unit_rows - 1) / unit_rows; }
  int units_per_crossbar() const { return (crossbar_rows / unit_rows) * (crossbar_columns / unit_columns); }
};

/// One line of a scatter list: the slot's partial sum p (docs/machine.md, SHIFT_ADD) goes to
/// accumulator[output] as +-(p << (shift + input bit)).
struct ScatterEntry {
  std::uint32_t output = 0;  ///< output channel of the layer
  std::uint8_t slot = 0;     ///< which slot of the operation unit
  std::uint8_t shift = 0;    ///< significance of the slot's lowest column, 0..7
  bool negative = false;
};

/// A block of cells activated at once, or in parts where units are formed. Its columns are cut into slots of
/// `slot_columns` adjacent columns; within a slot column j counts 2^j, except the last of a signed slot, which counts
/// -2^j.
struct OperationUnit {
  std::uint32_t row_group = 0;  ///< index within the layer
  std::uint32_t crossbar = 0;   ///< of the chip
  std::uint16_t wordline = 0;   ///< of the first cell
  std::uint16_t bitline = 0;
  std::uint8_t columns = 0;  ///< in use, a multiple of slot_columns
  std::uint8_t slot_columns = 0;
  bool signed_slots = false;
  std::uint32_t first_entry = 0;  ///< its scatter list ends where the next unit's begins
};

/// Engine `engine` of the chip executes `unit_count` units from `first_unit` on, in this order.
struct EngineShare {
  std::uint32_t engine = 0;
  std::uint32_t first_unit = 0;
  std::uint32_t unit_count = 0;
};

/// Of one layer, in bits. What a row group's weights would need in `dense` is `dense_cells`.
struct Storage {
  std::uint64_t dense_cells = 0;
  std::uint64_t cells = 0;       ///< rows x columns in use, all units
  std::uint64_t table_bits = 0;  ///< mapping table, pattern to outputs: docs/weight_image.md
  std::uint64_t index_bits = 0;  ///< other indices: units of row groups, their rows, widths of slots

  std::uint64_t net() const { return cells + table_bits + index_bits; }
  Storage& operator+=(const Storage& other);
};

/// How one convolution (or fully connected layer) lies in the crossbars.
struct LayerMapping {
  int layer = 0;  ///< index into NetworkDescription::layers
  /// im2col rows, (channel * kernel_height + ky) * kernel_width + kx; a row may be in several row groups.
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> row_group_starts;  ///< into rows; one more than there are groups
  std::vector<OperationUnit> units;             ///< by engine, then by row group
  std::vector<ScatterEntry> entries;            ///< by unit, then by slot
  std::vector<EngineShare> engines;             ///< ascending; together they hold every unit once
  std::vector<std::int32_t> initial_sums;       ///< accumulators start here: bias - z_in * (sum of the weights)
  Storage storage;

  std::size_t row_group_count() const { return row_group_starts.empty() ? 0 : row_group_starts.size() - 1; }
  std::uint32_t rows_in_group(std::size_t group) const { return row_group_starts[group + 1] - row_group_starts[group]; }
  std::size_t entries_begin(std::size_t unit) const { return units[unit].first_entry; }
  std::size_t entries_end(std::size_t unit) const {
    return unit + 1 < units.size() ? units[unit + 1].first_entry : entries.size();
  }
};

/// Cells of all crossbars, one bit each, wordline by wordline; a wordline is padded to whole bytes,
/// bitline b is bit b % 8 of byte b / 8.
class CellArray {
 public:
  CellArray() = default;
  CellArray(const Geometry& geometry, std::size_t crossbars) : CellArray(geometry, crossbars, {}) {
    bytes_.resize(crossbars * rows_ * row_bytes_);
  }
  /// @param bytes of all wordlines of all crossbars
  CellArray(const Geometry& geometry, std::size_t crossbars, std::vector<std::uint8_t> bytes)
      : rows_(static_cast<std::size_t>(geometry.crossbar_rows)),
        row_bytes_((static_cast<std::size_t>(geometry.crossbar_columns) + 7) / 8),
        crossbars_(crossbars),
        bytes_(std::move(bytes)) {}

  bool get(std::size_t crossbar, std::size_t wordline, std::size_t bitline) const {
    return ((bytes_[index(crossbar, wordline, bitline)] >> (bitline % 8)) & 1U) != 0;
  }
  /// Up to eight adjacent cells of a wordline; the first is bit 0.
  unsigned bits(std::size_t crossbar, std::size_t wordline, std::size_t bitline, std::size_t count) const {
    const std::size_t first = index(crossbar, wordline, bitline);
    unsigned both = bytes_[first];
    if (bitline % 8 + count > 8) both |= static_cast<unsigned>(bytes_[first + 1]) << 8U;
    return (both >> (bitline % 8)) & ((1U << count) - 1U);
  }
  void set(std::size_t crossbar, std::size_t wordline, std::size_t bitline) {
    std::uint8_t& byte = bytes_[index(crossbar, wordline, bitline)];
    byte = static_cast<std::uint8_t>(byte | (1U << (bitline % 8)));
  }
  /// The bytes of a wordline.
  const std::uint8_t* wordline(std::size_t crossbar, std::size_t wordline) const {
    return bytes_.data() + index(crossbar, wordline, 0);
  }
  std::size_t bytes_per_wordline() const { return row_bytes_; }
  std::size_t crossbars() const { return crossbars_; }
  std::size_t bytes_per_crossbar() const { return rows_ * row_bytes_; }
  std::vector<std::uint8_t>& bytes() { return bytes_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::size_t index(std::size_t crossbar, std::size_t wordline, std::size_t bitline) const {
    return (crossbar * rows_ + wordline) * row_bytes_ + bitline / 8;
  }
  std::size_t rows_ = 0;
  std::size_t row_bytes_ = 0;
  std::size_t crossbars_ = 0;
  std::vector<std::uint8_t> bytes_;
};

/// Where an image comes from. Free text except for the numbers.
struct Provenance {
  std::string program_version;
  std::string network_file;          ///< file name without folders
  std::string configuration;         ///< effective YAML of the compression
  double float_accuracy = -1.0;      ///< top-1 on the evaluation images, 0..1; -1: not measured
  double reference_accuracy = -1.0;  ///< of the integer reference, same images
  std::uint64_t evaluation_images = 0;
};

struct WeightImage {
  Provenance provenance;
  EngineKind engine = EngineKind::dense;
  Encoding encoding = Encoding::twos_complement;
  Granularity granularity = Granularity::kernel;
  Geometry geometry;
  NetworkDescription network;
  std::vector<LayerMapping> mappings;  ///< one a convolution, in layer order
  CellArray cells;
  /// The weights before they were mapped, [layer][out][in / groups][ky][kx], empty for other layers: only for
  /// checking against the integer reference. The platform never reads them.
  std::vector<std::vector<std::int8_t>> reference_weights;
};

}  // namespace reprise
