#include "compression/mapping/mapping_config.h"

#include <fmt/format.h>

#include "support/error.h"

namespace reprise {

namespace {

void check_fits(const char* key, int unit, int crossbar) {
  if (unit <= crossbar) return;
  throw InputError(fmt::format("hardware.operation_unit.{0}: {1}; expected at most hardware.crossbar.{0}, which is {2}",
                               key, unit, crossbar));
}

std::vector<std::pair<const char*, EngineKind>> engine_names() {
  std::vector<std::pair<const char*, EngineKind>> names;
  for (const EngineKind engine : kEngineKinds) names.emplace_back(to_string(engine), engine);
  return names;
}

}  // namespace

Geometry HardwareConfig::geometry() const {
  check_fits("rows", operation_unit.rows, crossbar.rows);
  check_fits("columns", operation_unit.columns, crossbar.columns);
  Geometry geometry;
  geometry.crossbar_rows = crossbar.rows;
  geometry.crossbar_columns = crossbar.columns;
  geometry.unit_rows = operation_unit.rows;
  geometry.unit_columns = operation_unit.columns;
  geometry.group_rows = operation_unit.group_rows.value_or(operation_unit.rows);
  const int highest = crossbar.rows / operation_unit.rows * operation_unit.rows;
  if (geometry.group_rows < operation_unit.rows || geometry.group_rows > highest) {
    throw InputError(
        fmt::format("hardware.operation_unit.group_rows: {}; expected {} (hardware.operation_unit.rows) to "
                    "{} (the whole units in hardware.crossbar.rows)",
                    geometry.group_rows, operation_unit.rows, highest));
  }
  geometry.crossbars_per_engine = engine.crossbars;
  geometry.engines_per_tile = tile.engines;
  return geometry;
}

UnitShape HardwareConfig::unit_shape() const {
  const Geometry checked = geometry();
  return {checked.unit_rows, checked.unit_columns, checked.group_rows};
}

config::Table<HardwareConfig> hardware_table() {
  using Config = HardwareConfig;
  config::Table<Config::Crossbar> crossbar("Cells of a crossbar");
  crossbar.number("rows", &Config::Crossbar::rows, 1, 1024, "wordlines of a crossbar")
      .unit("lines")
      .number("columns", &Config::Crossbar::columns, 1, 1024, "bitlines of a crossbar")
      .unit("lines");
  config::Table<Config::Unit> unit("The block of cells that is switched on at once");
  unit.number("rows", &Config::Unit::rows, 1, 128, "wordlines switched on at once")
      .unit("lines")
      .number("columns", &Config::Unit::columns, 1, 128, "bitlines switched on at once")
      .unit("lines")
      .number("group_rows", &Config::Unit::group_rows, 1, 1024,
              "rows of a row group; absent: `operation_unit.rows`. With more, operation units are formed of the input "
              "rows that are on ([machine.md](machine.md#3-the-pipeline-of-a-processing-engine))")
      .unit("wordlines");
  config::Table<Config::Engine> engine("A processing engine");
  engine.number("crossbars", &Config::Engine::crossbars, 1, 1024, "crossbars behind one pipeline");
  config::Table<Config::Tile> tile("A tile");
  tile.number("engines", &Config::Tile::engines, 1, 1024, "processing engines of a tile");
  config::Table<Config::Mesh> mesh("The tiles of the chip");
  mesh.number("columns", &Config::Mesh::columns, 1, 256, "tiles from west to east")
      .unit("tiles")
      .number("rows", &Config::Mesh::rows, 1, 256,
              "tiles from north to south; a network that needs more engines than the chip has is refused")
      .unit("tiles");

  config::Table<Config> table("The chip that the network is laid out for");
  table.section("crossbar", &Config::crossbar, crossbar, "cells of a crossbar")
      .section("operation_unit", &Config::operation_unit, unit, "the block of cells that is switched on at once")
      .section("engine", &Config::engine, engine, "a processing engine")
      .section("tile", &Config::tile, tile, "a tile")
      .section("mesh", &Config::mesh, mesh, "the tiles of the chip");
  return table;
}

config::Table<MappingConfig> mapping_table() {
  config::Table<MappingConfig> table("How weights become cells");
  table
      .choice("engine", &MappingConfig::engine, engine_names(),
              "absent: `wpr`, or after `compression` the one that makes use of its passes; what need not be stored: "
              "nothing, rows of zeros, freed rows, also columns that are not needed, freed rows and repeated patterns, "
              "all of these ([weight_image.md](weight_image.md#5-how-weights-lie-in-the-crossbars))")
      .number("engine_budget", &MappingConfig::engine_budget, 1, 1 << 20,
              "processing engines to spread the layers over, so that each takes about as long as the others; absent: "
              "as few as hold them")
      .choice("granularity", &MappingConfig::granularity,
              {{"kernel", Granularity::kernel}, {"bit_column", Granularity::bit_column}},
              "what `wpr` and `reprise` compare: all bits of an output's weights, or single columns of bits")
      .choice("encoding", &MappingConfig::encoding,
              {{"twos_complement", Encoding::twos_complement}, {"differential", Encoding::differential}},
              "8 columns a weight, or 7 of positive and 7 of negative magnitude");
  return table;
}

}  // namespace reprise
