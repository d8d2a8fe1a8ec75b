#include "platform/design.h"

namespace reprise {
namespace {

constexpr int kMostInstances = 1'000'000'000;
constexpr double kMostMilliwatts = 1e9;
constexpr double kMostSquareMillimetres = 1e6;

const config::Table<DesignRow>& row_table() {
  static const auto table =
      config::Table<DesignRow>("A component of a published design.")
          .number("instances", &DesignRow::instances, 1, kMostInstances, "in one unit of its level")
          .number("shared_by", &DesignRow::shared_by, 1, kMostInstances, "units of its level that share them")
          .number("power_mw", &DesignRow::power_mw, 0.0, kMostMilliwatts, "of all instances, at full activity")
          .required()
          .number("area_mm2", &DesignRow::area_mm2, 0.0, kMostSquareMillimetres, "of all instances")
          .required()
          .text("source", &DesignRow::source, "where the values are from")
          .required();
  return table;
}

/// @param units  the key that says how many units of the level below there are; null at the lowest level
config::Table<DesignLevel> level_table(const char* summary, const char* units) {
  config::Table<DesignLevel> table(summary);
  table.text("name", &DesignLevel::name, "as the publication calls it").required();
  if (units != nullptr) {
    table.number(units, &DesignLevel::units, 1, kMostInstances, "in one unit of this level").required();
  }
  table.map("components", &DesignLevel::components, row_table(), "what there is beside them, by name");
  return table;
}

DesignTotal total(const DesignLevel& level, const DesignTotal& unit_below) {
  DesignTotal sum{level.units * unit_below.power_mw, level.units * unit_below.area_mm2};
  for (const auto& [name, row] : level.components) {
    const DesignTotal part = row_total(row);
    sum.power_mw += part.power_mw;
    sum.area_mm2 += part.area_mm2;
  }
  return sum;
}

}  // namespace

const config::Table<Design>& design_table() {
  static const auto table =
      config::Table<Design>("A published chip, by components.")
          .section("engine", &Design::engine, level_table("A processing engine.", nullptr), "what has the crossbars")
          .section("tile", &Design::tile, level_table("A tile.", "engines"), "engines with their buffers")
          .section("chip", &Design::chip, level_table("A chip.", "tiles"), "tiles with the chip's links");
  return table;
}

DesignTotal row_total(const DesignRow& row) {
  return {row.power_mw / row.shared_by, row.area_mm2 / row.shared_by};
}

DesignTotal engine_total(const Design& design) {
  return total(design.engine, {});
}

DesignTotal tile_total(const Design& design) {
  return total(design.tile, engine_total(design));
}

DesignTotal chip_total(const Design& design) {
  return total(design.chip, tile_total(design));
}

}  // namespace reprise
