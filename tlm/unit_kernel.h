#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/converter.h"

namespace reprise {

/// The sums of a layer operation unit by operation unit and bit by bit, as docs/machine.md, section 2, writes it down:
/// what the converters cannot tell apart is lost. The plain definition that faster kernels are measured against.
class UnitKernel {
 public:
  /// @param converter, noise  outlive the kernel; noise may be null
  /// @param elsewhere         engines of which others add the sums
  /// @param skips             PipelineConfig::skip_zero_inputs, on which depends what formed units consist of
  UnitKernel(const WeightImage& image, const LayerMapping& mapping, const Converter& converter,
             const ConversionNoise* noise, const std::set<int>& elsewhere, bool skips);

  /// Adds one window's products to `sums`, one an output, modulo 2^32.
  /// @param rows  the im2col vector
  /// @param key   ConversionNoise::window_key(), where there is noise
  void add(const std::uint8_t* rows, std::uint64_t key, std::int32_t* sums) const;

 private:
  using RowMask = std::vector<std::uint64_t>;  ///< of the rows of a row group

  struct Column {
    RowMask cells;            ///< that are 1
    std::int64_t offset = 0;  ///< of its converter
  };

  struct Unit {
    std::uint32_t row_group = 0;
    unsigned slot_columns = 0;
    bool signed_slots = false;
    std::uint32_t first_column = 0;  ///< its number, for noise
    std::vector<Column> columns;
    std::vector<ScatterEntry> entries;
  };

  /// The rows that are on in one activation of each of a row group's units.
  struct Part {
    unsigned bit = 0;
    std::uint64_t key = 0;  ///< of noise
    RowMask on;
  };

  Unit unit_of(const WeightImage& image, const LayerMapping& mapping, std::size_t number, std::uint32_t engine) const;
  std::vector<Part> parts_of(const std::vector<std::uint32_t>& members, const std::uint8_t* rows,
                             std::uint64_t key) const;
  void activate(const Unit& unit, const Part& part, std::int32_t* sums) const;
  std::vector<std::uint32_t> convert(const Unit& unit, const Part& part) const;

  const Converter& converter_;
  const ConversionNoise* noise_;
  std::size_t part_rows_;                               ///< the most selected rows of a part
  bool skips_;                                          ///< pairs without a row that is on
  bool selects_ones_;                                   ///< else all rows are selected
  std::vector<std::vector<std::uint32_t>> row_groups_;  ///< im2col rows of each
  std::vector<Unit> units_;                             ///< by row group
};

}  // namespace reprise
