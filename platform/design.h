#pragma once

#include <map>
#include <string>

#include "support/config.h"

namespace reprise {

/// One line of a published table of components. Power and area are those of all instances together, as such tables
/// print them.
struct DesignRow {
  int instances = 1;
  int shared_by = 1;      ///< so many units of the level share the instances
  double power_mw = 0.0;  ///< at full activity, static power included
  double area_mm2 = 0.0;
  std::string source;
};

/// A processing engine, tile or chip: units of the level below, and what there is beside them.
struct DesignLevel {
  std::string name;  ///< as the publication calls it
  int units = 0;     ///< of the level below; an engine has none
  std::map<std::string, DesignRow> components;
};

/// A published chip.
struct Design {
  DesignLevel engine;
  DesignLevel tile;
  DesignLevel chip;
};

/// The section `design` of a technology file.
const config::Table<Design>& design_table();

struct DesignTotal {
  double power_mw = 0.0;
  double area_mm2 = 0.0;
};

/// A row's share of one unit of its level.
DesignTotal row_total(const DesignRow& row);

// One engine, tile and chip: sums of their rows and of the units below.
DesignTotal engine_total(const Design& design);
DesignTotal tile_total(const Design& design);
DesignTotal chip_total(const Design& design);

}  // namespace reprise
