#pragma once

#include <array>
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
  UnitKernel(const WeightImage& image, const LayerMapping& mapping, const AdcConfig& adc,
             const std::set<int>& elsewhere);

  /// Adds one window's products to `sums`, one an output, modulo 2^32.
  /// @param rows the im2col vector
  void add(const std::uint8_t* rows, std::int32_t* sums) const;

 private:
  static constexpr std::size_t kWords = 2;  ///< a unit has up to 128 rows
  using RowMask = std::array<std::uint64_t, kWords>;

  struct Unit {
    std::uint32_t row_group = 0;
    unsigned slot_columns = 0;
    bool signed_slots = false;
    std::vector<RowMask> columns;  ///< cells that are 1
    std::vector<ScatterEntry> entries;
  };

  void activate(const Unit& unit, const RowMask& on, unsigned bit, std::int32_t* sums) const;
  std::uint32_t code(const RowMask& cells, const RowMask& on) const;

  std::uint32_t highest_code_;
  std::vector<std::vector<std::uint32_t>> row_groups_;  ///< im2col rows of each
  std::vector<Unit> units_;                             ///< by row group
};

}  // namespace reprise
