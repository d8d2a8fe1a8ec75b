#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "rtl_models/activation.h"

namespace reprise::rtl {

/// A row group as one engine sees it.
struct EngineRowGroup {
  std::uint32_t first_unit = 0;  ///< of the engine
  std::uint32_t units = 0;
  std::uint32_t first_row = 0;  ///< in the input register
  std::uint32_t rows = 0;
};

/// What is loaded into the memories of one processing engine, beside the cells.
struct EngineProgram {
  std::vector<Activation> units;             ///< schedule entries
  std::vector<EngineRowGroup> groups;        ///< those of which the engine has units, in the order of its units
  std::vector<std::uint32_t> rows;           ///< im2col row of each byte of the input register
  std::vector<std::uint32_t> first_entries;  ///< one more than there are units
  std::vector<ScatterEntry> entries;
  std::size_t outputs = 0;  ///< of the layer
  bool filtered = false;    ///< the layer has an input filter
  unsigned entry_bits = 0;  ///< of a scatter entry as stored; 0 where the layer stores no table
};

/// Throws InputError where the share names units or crossbars that its engine does not have.
EngineProgram engine_program(const WeightImage& image, const LayerMapping& mapping, const EngineShare& share);

}  // namespace reprise::rtl
