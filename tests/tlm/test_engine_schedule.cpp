#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "support/error.h"
#include "tests/tlm/worked_example.h"
#include "tlm/engine_schedule.h"

using namespace reprise;
using reprise::test::worked_example;

TEST_CASE("a window's cycles equal the worked example") {
  const LayerMapping mapping = worked_example();
  const EngineSchedule schedule(mapping, mapping.engines[0], Geometry{}, PipelineConfig{}, 0, 0);
  const std::uint8_t three_live = 3;
  const std::uint8_t none_live = 0;
  CHECK(schedule.window_cycles({&three_live}) == 1 + 40 + 3 * 18 + 5);
  CHECK(schedule.window_cycles({&none_live}) == 1 + 8);  // never filled: load and eight drops
}

TEST_CASE("a window's cycles are those of the live bits of any row groups that the engine has units of") {
  std::mt19937 random(5);
  const auto below = [&random](std::size_t bound) {
    return static_cast<std::uint32_t>(std::uniform_int_distribution<std::size_t>(0, bound - 1)(random));
  };
  const PipelineConfig pipeline;
  for (int repeat = 0; repeat < 2000; ++repeat) {
    const std::size_t row_groups = 1 + below(60);
    const std::uint32_t one_in = 1 + below(4);
    const std::uint32_t most_entries = 1 + below(2) * 80;
    LayerMapping mapping;
    for (std::uint32_t group = 0; group <= row_groups; ++group) mapping.row_group_starts.push_back(9 * group);
    mapping.rows.resize(9 * row_groups);
    std::vector<std::uint8_t> live(row_groups);
    std::uint64_t expected = 0;
    std::uint64_t groups = 0;
    std::uint64_t pairs = 0;
    for (std::uint32_t group = 0; group < row_groups; ++group) {
      live[group] = static_cast<std::uint8_t>(below(9));
      if (below(one_in) != 0) continue;
      OperationUnit unit;
      unit.row_group = group;
      unit.columns = 8;
      unit.slot_columns = 8;
      unit.first_entry = static_cast<std::uint32_t>(mapping.entries.size());
      mapping.units.push_back(unit);
      const std::uint32_t entries = 1 + below(most_entries);
      for (std::uint32_t output = 0; output < entries; ++output) mapping.entries.push_back({output, 0, 0, false});
      expected += live[group] * std::max(8U, (entries + 3) / 4);  // a column a cycle, four entries a cycle
      groups += 1;
      pairs += live[group];
    }
    if (groups == 0) continue;
    mapping.engines = {{0, 0, static_cast<std::uint32_t>(groups)}};
    const EngineSchedule schedule(mapping, mapping.engines[0], Geometry{}, pipeline, 0, 0);
    const std::uint64_t load = (9 * groups + 31) / 32;
    const std::uint64_t fill = pairs > 0 ? 40 : 0;
    REQUIRE(schedule.window_cycles({live.data()}) == load + fill + expected + 8 * groups - pairs);
  }
}

TEST_CASE("formed units take a step for each part: the second worked example") {
  LayerMapping mapping = worked_example();
  for (std::uint32_t row = 9; row < 20; ++row) mapping.rows.push_back(row);
  mapping.row_group_starts = {0, 20};
  Geometry geometry;
  geometry.group_rows = 20;
  PipelineConfig pipeline;
  const EngineSchedule schedule(mapping, mapping.engines[0], geometry, pipeline, 0, 0);
  const std::uint8_t live = 3;
  const std::uint16_t parts = 4;
  CHECK(schedule.window_cycles({&live, &parts}) == 1 + 40 + 4 * 18 + 5);
  const std::uint64_t live_sum = 3;
  const std::uint64_t part_sum = 4;
  const std::uint64_t selected = 11 + 9 + 1;
  const EngineSchedule::Work work = schedule.work({&live_sum, &part_sum, &selected}, 1);
  CHECK(work.activations == 8);
  CHECK(work.dropped_activations == 10);
  CHECK(work.events[Event::unit_former_select] == 8 * 20);
  CHECK(work.events[Event::dac_drive] == 2 * 21);
  CHECK(work.events[Event::crossbar_read] == 21 * 16);
  CHECK(work.events[Event::adc_convert] == 4 * 16);
  pipeline.skip_zero_inputs = false;
  const EngineSchedule all(mapping, mapping.engines[0], geometry, pipeline, 0, 0);
  CHECK(all.window_cycles({&live, &parts}) == 1 + 40 + 8 * 3 * 18);  // 20 rows are three parts
  CHECK(all.work({&live_sum, &part_sum, &selected}, 1).events[Event::dac_drive] == 2 * 8 * 20);
}

TEST_CASE("an input filter makes the load longer, where the layer has one") {
  WeightImage image;
  image.network.layers.resize(1);
  image.mappings = {worked_example()};
  PipelineConfig pipeline;
  pipeline.filter_cycles = 13;
  const LayerMapping& mapping = image.mappings[0];
  CHECK(filter_cycles(image, mapping, pipeline) == 0);
  std::get<ConvolutionLayer>(image.network.layers[0].operation).filter = InputFilter{};
  CHECK(filter_cycles(image, mapping, pipeline) == 13);
  const EngineSchedule schedule(mapping, mapping.engines[0], Geometry{}, pipeline, 0, 13);
  const std::uint8_t three_live = 3;
  const std::uint8_t none_live = 0;
  CHECK(schedule.window_cycles({&three_live}) == 13 + 1 + 40 + 3 * 18 + 5);
  CHECK(schedule.window_cycles({&none_live}) == 13 + 1 + 8);
}

TEST_CASE("without skipping every bit is activated") {
  const LayerMapping mapping = worked_example();
  PipelineConfig pipeline;
  pipeline.skip_zero_inputs = false;
  const EngineSchedule schedule(mapping, mapping.engines[0], Geometry{}, pipeline, 0, 0);
  const std::uint8_t none_live = 0;
  CHECK(schedule.window_cycles({&none_live}) == 1 + 40 + 8 * 18);
  const std::uint64_t sum = 0;
  CHECK(schedule.work({&sum}, 1).activations == 16);
  CHECK(schedule.work({&sum}, 1).dropped_activations == 0);
  CHECK(schedule.work({&sum}, 1).events[Event::zero_detector_check] == 0);
}

TEST_CASE("the slowest of the first five stages sets the step") {
  const LayerMapping mapping = worked_example();
  PipelineConfig pipeline;
  pipeline.adcs = 3;  // 8 columns: three rounds of 2 cycles
  pipeline.convert_cycles = 2;
  pipeline.drive_cycles = 7;
  const EngineSchedule schedule(mapping, mapping.engines[0], Geometry{}, pipeline, 0, 0);
  const std::uint8_t one_live = 1;
  CHECK(schedule.window_cycles({&one_live}) == 1 + 5 * 7 + (7 + 10) + 7);
}

TEST_CASE("events are counted by hand") {
  const LayerMapping mapping = worked_example();
  const EngineSchedule schedule(mapping, mapping.engines[0], Geometry{}, PipelineConfig{}, 7, 0);
  const std::uint64_t live = 5;  // in two windows
  const EngineSchedule::Work work = schedule.work({&live}, 2);
  CHECK(work.activations == 10);
  CHECK(work.dropped_activations == 22);
  CHECK(work.events[Event::schedule_read] == 10);
  CHECK(work.events[Event::input_register_write] == 18);
  CHECK(work.events[Event::input_register_read] == 90);
  CHECK(work.events[Event::zero_detector_check] == 16);
  CHECK(work.events[Event::dac_drive] == 90);
  CHECK(work.events[Event::crossbar_read] == 720);
  CHECK(work.events[Event::sample_hold_sample] == 80);
  CHECK(work.events[Event::adc_convert] == 80);
  CHECK(work.events[Event::shift_add_add] == 80);
  CHECK(work.events[Event::accumulator_add] == 5 * 41);
  CHECK(work.events[Event::table_read] == 5 * 41 * 7);
}

TEST_CASE("column products are computed, reused or zero") {
  const LayerMapping mapping = worked_example();
  const ConvolutionLayer convolution{{3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, {}, {}, {}, {}};
  const ProductCounts counts = count_products(mapping, convolution, {1, 5, 5}, 50, Encoding::twos_complement);
  CHECK(counts.computed == 2 * 9 * 8);
  CHECK(counts.reused == 39 * 9 * 8);
  CHECK(counts.zero == 9 * 9 * 8);  // nine of fifty outputs have no entry
}

TEST_CASE("an output that gets a bit twice is refused") {
  LayerMapping mapping = worked_example();
  mapping.entries.back().output = 5;
  const ConvolutionLayer convolution{{3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, {}, {}, {}, {}};
  CHECK_THROWS_AS(count_products(mapping, convolution, {1, 5, 5}, 50, Encoding::twos_complement), InputError);
}
