#include <catch2/catch.hpp>

#include <random>

#include "platform/design.h"
#include "support/error.h"

using namespace reprise;

TEST_CASE("a design's totals, by hand") {
  Design design;
  design.engine = {"core", 0, {{"converter", {8, 1, 16.0, 0.5, ""}}, {"crossbar", {8, 1, 4.0, 0.25, ""}}}};
  design.tile = {"tile", 3, {{"buffer", {1, 1, 10.0, 1.0, ""}}, {"router", {1, 4, 40.0, 2.0, ""}}}};
  design.chip = {"chip", 10, {{"link", {1, 1, 100.0, 5.0, ""}}}};
  CHECK(engine_total(design).power_mw == 20.0);
  CHECK(engine_total(design).area_mm2 == 0.75);
  CHECK(tile_total(design).power_mw == 3 * 20.0 + 10.0 + 10.0);
  CHECK(tile_total(design).area_mm2 == 3 * 0.75 + 1.0 + 0.5);
  CHECK(chip_total(design).power_mw == 10 * 80.0 + 100.0);
  CHECK(chip_total(design).area_mm2 == 10 * 3.75 + 5.0);
}

TEST_CASE("a design's totals do not depend on how its rows are cut") {
  std::mt19937_64 random(1605);
  const auto any = [&](std::uint64_t most) { return static_cast<int>(random() % most) + 1; };
  for (int round = 0; round < 1000; ++round) {
    Design whole;
    whole.tile.units = any(20);
    whole.chip.units = any(200);
    Design cut = whole;
    for (DesignLevel Design::*level : {&Design::engine, &Design::tile, &Design::chip}) {
      for (int i = any(6); i > 0; --i) {
        const int shared = any(4);
        const DesignRow half{any(9), shared, any(1000) / 8.0, any(1000) / 64.0, ""};
        const std::string name = "part" + std::to_string(i);
        (whole.*level).components[name] = {2 * half.instances, shared, 2 * half.power_mw, 2 * half.area_mm2, ""};
        (cut.*level).components[name + "a"] = half;
        (cut.*level).components[name + "b"] = half;
      }
    }
    CHECK(chip_total(cut).power_mw == Approx(chip_total(whole).power_mw).epsilon(1e-12));
    CHECK(chip_total(cut).area_mm2 == Approx(chip_total(whole).area_mm2).epsilon(1e-12));
    CHECK(chip_total(whole).power_mw >= whole.chip.units * tile_total(whole).power_mw);
    CHECK(tile_total(whole).power_mw >= whole.tile.units * engine_total(whole).power_mw);
  }
}

TEST_CASE("a design is read, and what is missing in it named") {
  const Design design = config::parse(R"(
engine: {name: IMA, components: {adc: {instances: 8, power_mw: 16, area_mm2: 0.01, source: a paper}}}
tile: {name: tile, engines: 12, components: {router: {shared_by: 4, power_mw: 42, area_mm2: 0.2, source: a paper}}}
chip: {name: chip, tiles: 168}
)",
                                      "design", design_table());
  CHECK(engine_total(design).power_mw == 16);
  CHECK(tile_total(design).power_mw == 12 * 16 + 10.5);
  CHECK(chip_total(design).power_mw == Approx(168 * 202.5));
  CHECK_THROWS_WITH(config::parse("engine: {name: IMA}\ntile: {name: tile}\n", "design", design_table()),
                    Catch::Contains("tile.engines: missing") && Catch::Contains("chip.tiles: missing"));
  CHECK_THROWS_WITH(config::parse("engine: {name: IMA, components: {adc: {power_mw: 16}}}\n", "design", design_table()),
                    Catch::Contains("engine.components.adc.area_mm2") && Catch::Contains("adc.source"));
}
