#pragma once

#include "compression/image/weight_image.h"

namespace reprise::test {

/// One row group of 9 rows, two units of 8 columns with 1 and 40 entries: the worked example of docs/machine.md.
inline LayerMapping worked_example() {
  LayerMapping mapping;
  for (std::uint32_t row = 0; row < 9; ++row) mapping.rows.push_back(row);
  mapping.row_group_starts = {0, 9};
  OperationUnit unit;
  unit.columns = 8;
  unit.slot_columns = 8;
  unit.signed_slots = true;
  mapping.units = {unit, unit};
  mapping.units[1].first_entry = 1;
  mapping.entries.push_back({0, 0, 0, false});
  for (std::uint32_t output = 1; output <= 40; ++output) mapping.entries.push_back({output, 0, 0, false});
  mapping.engines = {{0, 0, 2}};
  return mapping;
}

}  // namespace reprise::test
