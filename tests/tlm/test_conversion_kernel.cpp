// The fast kernels of converters that are not lossless against the plain one, on random layers, converters and inputs,
// with every instruction set that the computer has.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <numeric>

#include "support/error.h"
#include "tests/rtl_models/random_layer.h"
#include "tlm/conversion_kernel.h"
#include "tlm/converter.h"

using namespace reprise;
using reprise::rtl::test::pick;
using reprise::rtl::test::Random;
using reprise::rtl::test::RandomLayer;

namespace {

double number(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

/// All widths and kinds, each with and without values, offsets and noise.
AdcConfig random_adc(Random& random) {
  AdcConfig adc;
  adc.bits = pick(random, 1, 6);
  const int kind = pick(random, 0, 4);
  if (kind == 1) adc.kind = AdcKind::ideal;
  if (kind == 2) {
    adc.kind = AdcKind::transfer;
    adc.gain = number(random, 0.1, 3.0);
    adc.offset = number(random, -2.0, 2.0);
    adc.inl = std::vector<double>{number(random, -6.0, 6.0)};
  }
  if (kind == 3) {
    adc.kind = AdcKind::transfer;
    adc.curve.emplace();
    double point = number(random, -2.0, 2.0);
    for (int i = pick(random, 2, 18); i > 0; --i, point += number(random, 0.0, 2.0)) adc.curve->push_back(point);
    if (pick(random, 0, 3) == 0) std::reverse(adc.curve->begin(), adc.curve->end());
  }
  if (kind != 1 && pick(random, 0, 5) == 0) {
    adc.values.emplace();
    for (int code = 0; code < 1 << adc.bits; ++code) adc.values->push_back(pick(random, 0, 255));
  }
  const int offsets = pick(random, 0, 5);
  if (offsets == 0) adc.offsets = AdcOffsetConfig{std::vector<double>{number(random, -2.0, 2.0), 0.6, -0.6}, {}, 1};
  if (offsets == 1) adc.offsets = AdcOffsetConfig{{}, 0.7, 5};
  if (pick(random, 0, 3) == 0) adc.noise = AdcNoiseConfig{number(random, 0.0, 1.5), 3};
  return adc;
}

struct Sample {
  RandomLayer layer;
  std::vector<std::uint32_t> positions;
  AdcConfig adc;
  int adcs = 1;
  bool skips = true;
  std::set<int> elsewhere;
  std::vector<std::uint8_t> windows;
  std::vector<std::uint64_t> keys;

  ConversionRequest request(InstructionSet instructions) const {
    return {layer.image, layer.mapping(), positions, adc, adcs, skips, elsewhere, instructions};
  }
};

/// Each row group the taps of one channel, channels side by side in a window: what convolutions are like.
void make_regular(Sample& sample) {
  LayerMapping& mapping = sample.layer.image.mappings[0];
  const auto channels = static_cast<std::uint32_t>(mapping.row_group_count());
  std::uint32_t taps = mapping.rows_in_group(0);
  for (std::uint32_t g = 1; g < channels; ++g) taps = std::min(taps, mapping.rows_in_group(g));
  mapping.rows.resize(std::size_t{channels} * taps);
  std::iota(mapping.rows.begin(), mapping.rows.end(), 0U);
  sample.layer.window_rows = mapping.rows.size();
  for (std::uint32_t g = 0; g <= channels; ++g) mapping.row_group_starts[g] = g * taps;
  for (std::uint32_t row = 0; row < channels * taps; ++row) {
    sample.positions.push_back(row % taps * channels + row / taps);
  }
}

/// Many outputs, each a unit of one signed slot in each row group: what dense convolutions are like.
void make_dense(Random& random, RandomLayer& layer) {
  layer = {};
  Geometry& geometry = layer.image.geometry;
  geometry.unit_rows = geometry.group_rows = geometry.crossbar_rows = pick(random, 1, 12);
  geometry.unit_columns = geometry.crossbar_columns = 8;
  geometry.crossbars_per_engine = 1;
  LayerMapping mapping;
  const int groups = pick(random, 1, 3);
  for (int g = 0; g <= groups; ++g) {
    mapping.row_group_starts.push_back(static_cast<std::uint32_t>(g * geometry.unit_rows));
  }
  mapping.rows.resize(mapping.row_group_starts.back());
  std::iota(mapping.rows.begin(), mapping.rows.end(), 0U);
  layer.window_rows = mapping.rows.size();
  mapping.initial_sums.resize(static_cast<std::size_t>(pick(random, 1, 20) * (pick(random, 0, 1) == 0 ? 16 : 1)));
  for (int g = 0; g < groups; ++g) {
    for (std::uint32_t output = 0; output < mapping.initial_sums.size(); ++output) {
      const auto unit = static_cast<std::uint32_t>(mapping.units.size());
      mapping.units.push_back({static_cast<std::uint32_t>(g), unit, 0, 0, 8, 8, true, unit});
      mapping.entries.push_back({output, 0, 0, false});
    }
  }
  layer.image.cells = CellArray(geometry, mapping.units.size());
  for (std::uint32_t unit = 0; unit < mapping.units.size(); ++unit) {
    for (std::size_t cell = 0; cell < static_cast<std::size_t>(8 * geometry.unit_rows); ++cell) {
      if (pick(random, 0, 1) == 1) layer.image.cells.set(unit, cell / 8, cell % 8);
    }
  }
  mapping.engines = {{0, 0, static_cast<std::uint32_t>(mapping.units.size())}};
  layer.image.mappings = {mapping};
}

Sample random_sample(unsigned seed) {
  Random random(seed);
  Sample sample;
  if (seed % 4 == 0) {
    make_dense(random, sample.layer);
  } else {
    sample.layer = rtl::test::random_layer(random, pick(random, 1, 3));
  }
  if (pick(random, 0, 1) == 0) {
    make_regular(sample);
  } else {
    sample.positions.resize(sample.layer.window_rows);
    std::iota(sample.positions.begin(), sample.positions.end(), 0U);
    std::shuffle(sample.positions.begin(), sample.positions.end(), random);
  }
  sample.adc = random_adc(random);
  sample.adcs = pick(random, 1, 4);
  sample.skips = pick(random, 0, 3) != 0;
  if (pick(random, 0, 3) == 0) sample.elsewhere.insert(static_cast<int>(sample.layer.mapping().engines[0].engine));
  const int windows = pick(random, 1, 12);
  const int fill = pick(random, 0, 3);
  for (int w = 0; w < windows; ++w) {
    std::vector<std::uint8_t> window = rtl::test::random_window(random, sample.layer.window_rows);
    for (std::uint8_t& value : window) {
      if (fill == 1) value = static_cast<std::uint8_t>(pick(random, 0, 255));
      if (fill == 2) value = 255;
    }
    sample.windows.insert(sample.windows.end(), window.begin(), window.end());
    if (sample.adc.noise) sample.keys.push_back(random());
  }
  return sample;
}

using Sums = std::vector<std::int32_t>;

std::size_t window_count(const Sample& sample) {
  return sample.windows.size() / sample.layer.window_rows;
}

/// What a lossless converter gives, which a kernel may correct.
Sums exact_sums(const Sample& sample) {
  Sums sums;
  for (std::size_t w = 0; w < window_count(sample); ++w) {
    std::vector<std::uint8_t> im2col;
    for (const std::uint32_t at : sample.positions) im2col.push_back(sample.windows[w * sample.layer.window_rows + at]);
    Sums all(sample.layer.mapping().initial_sums.size());
    for (const EngineShare& share : sample.layer.mapping().engines) {
      if (sample.elsewhere.count(static_cast<int>(share.engine)) != 0) continue;
      const Sums part = rtl::test::integer_product(sample.layer, share, im2col);
      for (std::size_t o = 0; o < all.size(); ++o) all[o] += part[o];
    }
    sums.insert(sums.end(), all.begin(), all.end());
  }
  return sums;
}

Sums sums_of(const Sample& sample, ConversionKernel& kernel) {
  Sums sums(window_count(sample) * sample.layer.mapping().initial_sums.size());
  if (kernel.corrects()) sums = exact_sums(sample);
  const WindowRow row{sample.windows.data(), window_count(sample), sample.layer.window_rows,
                      sample.keys.empty() ? nullptr : sample.keys.data()};
  kernel.add(row, sums.data());
  return sums;
}

std::unique_ptr<ConversionKernel> by_patterns(const Sample& sample, InstructionSet instructions) {
  try {
    return make_conversion_kernel(sample.request(instructions), ConversionMethod::patterns);
  } catch (const InputError&) {
    return nullptr;
  }
}

}  // namespace

TEST_CASE("patterns give what the plain kernel gives, with every instruction set") {
  const char* const text = std::getenv("REPRISE_KERNEL_CASES");
  const unsigned cases = text == nullptr ? 3000 : static_cast<unsigned>(std::stoul(text));
  std::map<std::string, int> covered;
  for (unsigned seed = 1; seed <= cases; ++seed) {
    const Sample sample = random_sample(seed);
    const auto plain = make_conversion_kernel(sample.request(InstructionSet::portable), ConversionMethod::plain);
    const Sums expected = sums_of(sample, *plain);
    for (const auto set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
      if (set > best_instruction_set()) continue;
      const auto kernel = by_patterns(sample, set);
      ++covered[kernel == nullptr    ? "plain alone"
                : sample.adc.noise   ? "noisy"
                : kernel->corrects() ? "corrects"
                                     : "all"];
      if (kernel == nullptr) continue;
      INFO("seed " << seed << ", instruction set " << static_cast<int>(set));
      REQUIRE(sums_of(sample, *kernel) == expected);
      REQUIRE(sums_of(sample, *kernel) == expected);  // it remembers nothing
    }
  }
  for (const char* way : {"plain alone", "noisy", "corrects", "all"}) {
    INFO(way << ": " << covered[way]);
    CHECK(covered[way] >= static_cast<int>(cases) / 20);
  }
}
