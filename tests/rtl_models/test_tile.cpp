#include <catch2/catch.hpp>
#include <systemc>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "clocked_bench.h"
#include "random_layer.h"
#include "rtl_models/tile.h"
#include "support/error.h"

using namespace reprise;
using namespace reprise::rtl;
using namespace reprise::rtl::test;
using sc_core::sc_signal;

namespace {

constexpr unsigned kSeed = 4711;
constexpr int kTiles = 60;
constexpr int kWindows = 3;

struct RandomTile {
  RandomLayer layer;
  TileConfig config;
};

FixedPoint random_factor(Random& random) {
  return {pick(random, -2000000000, 2000000000), pick(random, 31, 40)};
}

RandomTile random_tile(Random& random, int engines) {
  RandomTile tile{random_layer(random, engines), {}};
  tile.config.engine = tile.layer.config;
  tile.config.merge_cycles = pick(random, 0, 3);
  tile.config.output_lanes = pick(random, 1, 24);
  WeightImage& image = tile.layer.image;
  Layer& layer = image.network.layers[0];
  auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  convolution.groups = pick(random, 1, 3);
  const auto groups = static_cast<std::size_t>(convolution.groups);
  tile.layer.window_rows = (tile.layer.window_rows + groups - 1) / groups * groups;
  image.network.input_shape.channels = static_cast<int>(tile.layer.window_rows);
  layer.inputs = {kNetworkInput};
  const bool leaky = pick(random, 0, 1) == 1;
  for (std::size_t o = 0; o < tile.layer.mapping().initial_sums.size(); ++o) {
    convolution.requantisation.push_back(random_factor(random));
    if (leaky) convolution.negative_requantisation.push_back(random_factor(random));
  }
  layer.quantisation.zero_point = pick(random, 0, 255);
  layer.clamp_low = pick(random, 0, 100);
  layer.clamp_high = pick(random, 101, 255);
  return tile;
}

struct TileBench : sc_core::sc_module {
  TileBench(const sc_core::sc_module_name& name, sc_core::sc_clock& clock, const RandomTile& of)
      : sc_module(name), source(of), tile("tile", of.config, of.layer.image, of.layer.mapping()) {
    tile.clock(clock);
    tile.start(start);
    tile.window(window);
    tile.busy(busy);
    tile.done(done);
    tile.cycles(cycles);
    tile.output(output);
  }
  const RandomTile& source;
  sc_signal<bool> start{"start"};
  sc_signal<Bus<std::uint8_t>> window{"window"};
  sc_signal<bool> busy{"busy"};
  sc_signal<bool> done{"done"};
  sc_signal<std::uint32_t> cycles{"cycles"};
  sc_signal<Bus<std::uint8_t>> output{"output"};
  Tile tile;
};

struct Bench : ClockedBench {
  explicit Bench(const std::vector<RandomTile>& sources) {
    for (std::size_t i = 0; i < sources.size(); ++i)
      tiles.push_back(std::make_unique<TileBench>(("bench" + std::to_string(i)).c_str(), clock, sources[i]));
  }
  std::vector<std::unique_ptr<TileBench>> tiles;
};

struct Service {
  std::vector<std::uint8_t> output;
  std::uint64_t cycles = 0;
};

/// Sections 2 and 4 of docs/machine.md, in doubles' stead long integers and floor division by shifting.
Service expected_service(const RandomTile& tile, const std::vector<std::uint8_t>& unfiltered) {
  const LayerMapping& mapping = tile.layer.mapping();
  const Layer& layer = tile.layer.image.network.layers[0];
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  const std::vector<std::uint8_t> window = filtered_window(convolution.filter, convolution.groups, unfiltered);
  std::vector<std::int64_t> sums(mapping.initial_sums.begin(), mapping.initial_sums.end());
  Service service;
  for (const EngineShare& share : mapping.engines) {
    const Expected expected = expected_window(tile.layer, share, window);
    service.cycles = std::max(service.cycles, expected.cycles);
    for (std::size_t o = 0; o < sums.size(); ++o) sums[o] += expected.sums[o];
  }
  std::uint64_t levels = 0;
  while ((std::size_t{1} << levels) < mapping.engines.size()) ++levels;
  const auto lanes = static_cast<std::size_t>(tile.config.output_lanes);
  service.cycles += levels * static_cast<std::uint64_t>(tile.config.merge_cycles) + (sums.size() + lanes - 1) / lanes;
  for (std::size_t o = 0; o < sums.size(); ++o) {
    const bool negative = sums[o] < 0 && !convolution.negative_requantisation.empty();
    const FixedPoint factor = (negative ? convolution.negative_requantisation : convolution.requantisation)[o];
    const std::int64_t rounded =
        (sums[o] * factor.multiplier + (std::int64_t{1} << (factor.shift - 1))) >> factor.shift;
    service.output.push_back(static_cast<std::uint8_t>(
        std::clamp<std::int64_t>(layer.quantisation.zero_point + rounded, layer.clamp_low, layer.clamp_high)));
  }
  return service;
}

std::uint64_t merge_adds(const LayerMapping& mapping) {
  std::set<std::pair<std::uint32_t, std::uint32_t>> engine_output;
  std::set<std::uint32_t> outputs;
  for (const EngineShare& share : mapping.engines) {
    for (std::uint32_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
        engine_output.insert({share.engine, mapping.entries[e].output});
        outputs.insert(mapping.entries[e].output);
      }
    }
  }
  return engine_output.size() - outputs.size();
}

}  // namespace

TEST_CASE("random tiles agree with a direct evaluation in outputs, service time and counts") {
  Random random(kSeed);
  std::vector<RandomTile> sources;
  for (int i = 0; i < kTiles; ++i) sources.push_back(random_tile(random, i % 7));
  reprise::test::run<Bench>(
      [&random](Bench& bench) {
        for (int w = 0; w < kWindows; ++w) {
          std::vector<std::vector<std::uint8_t>> windows;
          for (auto& t : bench.tiles) {
            windows.push_back(random_window(random, t->source.layer.window_rows));
            t->window.write(Bus<std::uint8_t>(windows.back()));
            t->start.write(true);
          }
          bench.tick();
          for (auto& t : bench.tiles) t->start.write(false);
          const auto busy = [](const auto& t) { return t->busy.read(); };
          while (std::any_of(bench.tiles.begin(), bench.tiles.end(), busy)) bench.tick();
          for (std::size_t i = 0; i < bench.tiles.size(); ++i) {
            const TileBench& t = *bench.tiles[i];
            const LayerMapping& mapping = t.source.layer.mapping();
            const Service expected = expected_service(t.source, windows[i]);
            INFO("seed " << kSeed << " tile " << i << " window " << w);
            CHECK(t.output.read().lanes == expected.output);
            CHECK(t.cycles.read() == expected.cycles);
            const auto passed = static_cast<std::uint64_t>(w + 1);
            CHECK(t.tile.input_filter_checks() == (t.source.layer.filter() ? passed * windows[i].size() : 0));
            CHECK(t.tile.merge_adds() == passed * merge_adds(mapping));
            CHECK(t.tile.requantise_operations() == passed * mapping.initial_sums.size());
          }
        }
      },
      kLimit, sources);
}

TEST_CASE("a tile writes back no lanes: refused") {
  Random random(kSeed);
  RandomTile tile = random_tile(random, 1);
  tile.config.output_lanes = 0;
  reprise::test::ensure_fresh_kernel();
  CHECK_THROWS_AS(Tile("tile", tile.config, tile.layer.image, tile.layer.mapping()), InputError);
}
