#include <catch2/catch.hpp>

#include "compression/mapping/mapping_config.h"
#include "support/error.h"

using namespace reprise;
using Catch::Matchers::Contains;

TEST_CASE("The sections hardware and mapping are read from YAML") {
  const auto hardware = config::parse(
      "crossbar: {rows: 64, columns: 32}\noperation_unit: {rows: 4, columns: 16}\nengine: {crossbars: 2}\n"
      "tile: {engines: 3}\nmesh: {columns: 5, rows: 7}\n",
      "test.yaml", hardware_table());
  const Geometry geometry = hardware.geometry();
  CHECK(geometry.crossbar_rows == 64);
  CHECK(geometry.crossbar_columns == 32);
  CHECK(geometry.unit_rows == 4);
  CHECK(geometry.unit_columns == 16);
  CHECK(geometry.crossbars_per_engine == 2);
  CHECK(geometry.engines_per_tile == 3);
  CHECK(hardware.engines() == 105);

  const auto mapping =
      config::parse("engine: dense\ngranularity: bit_column\nencoding: differential\n", "test.yaml", mapping_table());
  CHECK(mapping.engine == EngineKind::dense);
  CHECK(mapping.granularity == Granularity::bit_column);
  CHECK(mapping.encoding == Encoding::differential);
}

TEST_CASE("The default chip is the one of docs/machine.md") {
  const HardwareConfig hardware;
  const Geometry expected;
  const Geometry geometry = hardware.geometry();
  CHECK(geometry.crossbar_rows == expected.crossbar_rows);
  CHECK(geometry.crossbar_columns == expected.crossbar_columns);
  CHECK(geometry.unit_rows == expected.unit_rows);
  CHECK(geometry.unit_columns == expected.unit_columns);
  CHECK(geometry.crossbars_per_engine == expected.crossbars_per_engine);
  CHECK(geometry.engines_per_tile == expected.engines_per_tile);
  CHECK(hardware.engines() == 14 * 12 * 12);
}

TEST_CASE("A wrong configuration is refused") {
  CHECK_THROWS_AS(config::parse("engine: sparse\n", "test.yaml", mapping_table()), InputError);
  CHECK_THROWS_AS(config::parse("operation_unit: {rows: 129}\n", "test.yaml", hardware_table()), InputError);
  CHECK_THROWS_AS(config::parse("tiles: 4\n", "test.yaml", hardware_table()), InputError);

  HardwareConfig hardware;
  hardware.crossbar.rows = 8;
  CHECK_THROWS_WITH(hardware.geometry(), Contains("hardware.operation_unit.rows: 9") && Contains("which is 8"));
  hardware = {};
  hardware.crossbar.columns = 7;
  CHECK_THROWS_WITH(hardware.geometry(), Contains("hardware.operation_unit.columns: 8") && Contains("which is 7"));
}
