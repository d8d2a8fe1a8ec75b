#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"

namespace reprise {

/// The sums of a layer operation unit by operation unit and bit by bit, as docs/machine.md, section 2, writes it down:
/// what the converters cannot tell apart is lost.
class UnitKernel {
 public:
  /// @param elsewhere engines of which others add the sums
  /// @param skips     PipelineConfig::skip_zero_inputs, on which depends what formed units consist of
  UnitKernel(const WeightImage& image, const LayerMapping& mapping, const AdcConfig& adc,
             const std::set<int>& elsewhere, bool skips);

  /// Adds one window's products to `sums`, one an output, modulo 2^32.
  /// @param rows the im2col vector
  void add(const std::uint8_t* rows, std::int32_t* sums) const;

 private:
  using RowMask = std::vector<std::uint64_t>;  ///< of the rows of a row group

  struct Unit {
    std::uint32_t row_group = 0;
    unsigned slot_columns = 0;
    bool signed_slots = false;
    std::vector<RowMask> columns;  ///< cells that are 1
    std::vector<ScatterEntry> entries;
  };

  /// The rows that are on in one activation of each of a row group's units.
  struct Part {
    unsigned bit = 0;
    RowMask on;
  };

  std::vector<Part> parts_of(const std::vector<std::uint32_t>& members, const std::uint8_t* rows) const;
  static void activate(const Unit& unit, const Part& part, std::uint32_t highest_code, std::int32_t* sums);

  std::uint32_t highest_code_;
  std::size_t part_rows_;                               ///< the most selected rows of a part
  bool selects_ones_;                                   ///< else all rows are selected
  std::vector<std::vector<std::uint32_t>> row_groups_;  ///< im2col rows of each
  std::vector<Unit> units_;                             ///< by row group
};

}  // namespace reprise
