#include "random_layer.h"

#include <algorithm>
#include <numeric>

namespace reprise::rtl::test {
namespace {

EngineConfig random_config(Random& random) {
  EngineConfig config;
  config.fetch_cycles = pick(random, 1, 4);
  config.drive_cycles = pick(random, 1, 4);
  config.read_cycles = pick(random, 1, 6);
  config.convert_cycles = pick(random, 1, 2);
  config.adcs = pick(random, 1, 9);
  config.adc_kind = pick(random, 0, 4) == 0 ? AdcKind::ideal : AdcKind::linear;
  config.adc_bits = pick(random, 1, 5);
  config.shift_add_cycles = pick(random, 1, 6);
  config.scatter_ports = pick(random, 1, 8);
  config.skip_zero_inputs = pick(random, 0, 3) != 0;
  config.skip_cycles = pick(random, 0, 3);
  config.input_bytes_per_cycle = pick(random, 1, 32);
  config.filter_cycles = pick(random, 0, 9);
  return config;
}

Geometry random_geometry(Random& random) {
  Geometry geometry;
  geometry.unit_rows = pick(random, 1, 16);
  geometry.unit_columns = pick(random, 1, 16);
  const int high = pick(random, 1, 3);  // units in the height of a row group
  geometry.group_rows =
      high == 1 ? geometry.unit_rows : geometry.unit_rows * (high - 1) + pick(random, 1, geometry.unit_rows);
  geometry.crossbar_rows = high * geometry.unit_rows * pick(random, 1, 3) + pick(random, 0, geometry.unit_rows - 1);
  geometry.crossbar_columns = geometry.unit_columns * pick(random, 1, 3) + pick(random, 0, geometry.unit_columns - 1);
  geometry.crossbars_per_engine = pick(random, 1, 3);
  return geometry;
}

void add_row_groups(Random& random, const Geometry& geometry, LayerMapping& mapping) {
  std::uint32_t row = 0;
  for (int groups = pick(random, 1, 6); groups > 0; --groups) {
    mapping.row_group_starts.push_back(static_cast<std::uint32_t>(mapping.rows.size()));
    for (int rows = pick(random, 1, geometry.group_rows); rows > 0; --rows) {
      row += static_cast<std::uint32_t>(pick(random, 1, 3));
      mapping.rows.push_back(row);
    }
  }
  mapping.row_group_starts.push_back(static_cast<std::uint32_t>(mapping.rows.size()));
}

void add_slots(Random& random, int outputs, OperationUnit& unit, LayerMapping& mapping) {
  for (int slot = 0; slot < unit.columns / unit.slot_columns; ++slot) {
    const int fan_out = pick(random, 0, 3) == 0 ? pick(random, 1, 40) : pick(random, 1, 3);
    for (int e = 0; e < fan_out; ++e)
      mapping.entries.push_back({static_cast<std::uint32_t>(pick(random, 0, outputs - 1)),
                                 static_cast<std::uint8_t>(slot), static_cast<std::uint8_t>(pick(random, 0, 7)),
                                 pick(random, 0, 1) == 1});
  }
}

void fill_cells(Random& random, const OperationUnit& unit, std::uint32_t rows, CellArray& cells) {
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (int c = 0; c < unit.columns; ++c) {
      if (pick(random, 0, 1) == 1)
        cells.set(unit.crossbar, unit.wordline + r, static_cast<std::size_t>(unit.bitline + c));
    }
  }
}

void add_engine(Random& random, std::uint32_t engine, int outputs, WeightImage& image) {
  const Geometry& geometry = image.geometry;
  LayerMapping& mapping = image.mappings[0];
  const int high = geometry.places_of(static_cast<std::uint32_t>(geometry.group_rows)) * geometry.unit_rows;
  const int across = geometry.crossbar_columns / geometry.unit_columns;
  const int places = geometry.crossbar_rows / high * across;
  std::vector<std::uint32_t> groups(
      static_cast<std::size_t>(pick(random, 1, std::min(12, places * geometry.crossbars_per_engine))));
  for (std::uint32_t& group : groups)
    group = static_cast<std::uint32_t>(pick(random, 0, static_cast<int>(mapping.row_group_count()) - 1));
  std::sort(groups.begin(), groups.end());
  mapping.engines.push_back(
      {engine, static_cast<std::uint32_t>(mapping.units.size()), static_cast<std::uint32_t>(groups.size())});
  for (int place = 0; place < static_cast<int>(groups.size()); ++place) {
    OperationUnit unit;
    unit.row_group = groups[static_cast<std::size_t>(place)];
    unit.crossbar =
        engine * static_cast<std::uint32_t>(geometry.crossbars_per_engine) + static_cast<std::uint32_t>(place / places);
    unit.wordline = static_cast<std::uint16_t>(place % places / across * high);
    unit.bitline = static_cast<std::uint16_t>(place % places % across * geometry.unit_columns);
    unit.slot_columns = static_cast<std::uint8_t>(pick(random, 1, std::min(8, geometry.unit_columns)));
    const int slots = pick(random, 1, geometry.unit_columns / unit.slot_columns);
    unit.columns = static_cast<std::uint8_t>(slots * unit.slot_columns);
    unit.signed_slots = pick(random, 0, 1) == 1;
    unit.first_entry = static_cast<std::uint32_t>(mapping.entries.size());
    add_slots(random, outputs, unit, mapping);
    fill_cells(random, unit, mapping.rows_in_group(unit.row_group), image.cells);
    mapping.units.push_back(unit);
  }
}

bool bit_of(std::uint8_t value, int bit) {
  return ((value >> bit) & 1) != 0;
}

unsigned ceil_log2(std::size_t values) {
  unsigned bits = 0;
  while ((std::size_t{1} << bits) < values) ++bits;
  return bits;
}

/// One window of one engine.
class Evaluation {
 public:
  Evaluation(const RandomLayer& layer, const EngineShare& share, const std::vector<std::uint8_t>& window)
      : layer_(layer), mapping_(layer.mapping()), share_(share), window_(window) {
    expected_.sums.resize(mapping_.initial_sums.size());
  }

  Expected run() {
    std::uint64_t rows = 0;
    for (std::uint32_t u = share_.first_unit; u < end();) {
      const std::uint32_t group = mapping_.units[u].row_group;
      std::uint32_t next = u;
      while (next < end() && mapping_.units[next].row_group == group) ++next;
      rows += mapping_.rows_in_group(group);
      for (int bit = 0; bit < 8; ++bit) pair(group, bit, u, next);
      u = next;
    }
    const auto width = static_cast<std::uint64_t>(layer_.config.input_bytes_per_cycle);
    expected_.cycles += (rows + width - 1) / width;
    if (layer_.filter()) expected_.cycles += static_cast<std::uint64_t>(layer_.config.filter_cycles);
    if (expected_.counts.schedule_read > 0) expected_.cycles += 5 * step_cycles();
    expected_.counts.input_register_write = rows;
    return expected_;
  }

 private:
  using Rows = std::vector<std::uint32_t>;  ///< of a row group

  std::uint32_t end() const { return share_.first_unit + share_.unit_count; }

  std::uint64_t step_cycles() const {
    const EngineConfig& c = layer_.config;
    const int turns = (layer_.image.geometry.unit_columns + c.adcs - 1) / c.adcs;
    return static_cast<std::uint64_t>(
        std::max({c.fetch_cycles, c.drive_cycles, c.read_cycles, turns * c.convert_cycles, c.shift_add_cycles}));
  }

  std::uint8_t input(std::uint32_t group, std::uint32_t r) const {
    return window_[mapping_.rows[mapping_.row_group_starts[group] + r]];
  }

  void pair(std::uint32_t group, int bit, std::uint32_t first, std::uint32_t last) {
    const std::uint32_t rows = mapping_.rows_in_group(group);
    const bool formed = layer_.image.geometry.group_rows > layer_.image.geometry.unit_rows;
    const bool skips = layer_.config.skip_zero_inputs;
    Rows ones;
    Rows all;
    for (std::uint32_t r = 0; r < rows; ++r) {
      all.push_back(r);
      if (bit_of(input(group, r), bit)) ones.push_back(r);
    }
    if (skips) {
      ++expected_.counts.zero_detector_check;
      if (formed) expected_.counts.unit_former_select += rows;
      if (ones.empty()) {
        ++expected_.counts.dropped_pairs;
        expected_.counts.dropped_activations += last - first;
        expected_.cycles += static_cast<std::uint64_t>(layer_.config.skip_cycles);
        return;
      }
    }
    const Rows& selected = formed && skips ? ones : all;
    const std::size_t most = formed ? static_cast<std::size_t>(layer_.image.geometry.unit_rows) : all.size();
    for (std::size_t begin = 0; begin < selected.size(); begin += most) {
      const auto part = selected.begin() + static_cast<std::ptrdiff_t>(begin);
      const Rows rows_of_part(part, part + static_cast<std::ptrdiff_t>(std::min(most, selected.size() - begin)));
      for (std::uint32_t u = first; u < last; ++u) activation(u, rows_of_part, bit);
    }
  }

  void activation(std::uint32_t u, const Rows& selected, int bit) {
    const OperationUnit& unit = mapping_.units[u];
    const std::uint64_t rows = selected.size();
    const std::uint64_t entries = mapping_.entries_end(u) - mapping_.entries_begin(u);
    EngineCounts& counts = expected_.counts;
    ++counts.schedule_read;
    counts.input_register_read += rows;
    counts.dac_drive += rows;
    counts.crossbar_read += rows * unit.columns;
    counts.sample_hold_sample += unit.columns;
    counts.adc_convert += unit.columns;
    counts.shift_add_add += unit.columns;
    counts.table_read += entries * entry_bits();
    counts.accumulator_add += entries;
    const auto ports = static_cast<std::uint64_t>(layer_.config.scatter_ports);
    expected_.cycles += std::max(step_cycles(), (entries + ports - 1) / ports);
    for (std::size_t e = mapping_.entries_begin(u); e < mapping_.entries_end(u); ++e) scatter(unit, selected, e, bit);
  }

  std::uint64_t entry_bits() const {
    const WeightImage& image = layer_.image;
    if (image.engine == EngineKind::dense) return 0;
    const bool single = image.granularity == Granularity::bit_column;
    const bool sign = std::any_of(mapping_.entries.begin(), mapping_.entries.end(),
                                  [](const ScatterEntry& entry) { return entry.negative; });
    return ceil_log2(mapping_.initial_sums.size()) + 1 + (single ? 3 : 0) +
           (image.encoding == Encoding::differential || (sign && !single) ? 1 : 0);
  }

  void scatter(const OperationUnit& unit, const Rows& selected, std::size_t e, int bit) {
    const ScatterEntry& entry = mapping_.entries[e];
    std::int64_t value = 0;
    for (int j = 0; j < unit.slot_columns; ++j) {
      const std::int64_t weighted = code(unit, selected, entry.slot * unit.slot_columns + j, bit) << j;
      value += unit.signed_slots && j + 1 == unit.slot_columns ? -weighted : weighted;
    }
    value *= std::int64_t{1} << (entry.shift + bit);
    expected_.sums[entry.output] += static_cast<std::int32_t>(entry.negative ? -value : value);
  }

  std::int64_t code(const OperationUnit& unit, const Rows& selected, int column, int bit) const {
    std::int64_t sum = 0;
    for (const std::uint32_t r : selected) {
      const bool cell =
          layer_.image.cells.get(unit.crossbar, unit.wordline + r, static_cast<std::size_t>(unit.bitline + column));
      if (cell && bit_of(input(unit.row_group, r), bit)) ++sum;
    }
    if (layer_.config.adc_kind == AdcKind::ideal) return sum;
    return std::min(sum, (std::int64_t{1} << layer_.config.adc_bits) - 1);
  }

  const RandomLayer& layer_;
  const LayerMapping& mapping_;
  const EngineShare& share_;
  const std::vector<std::uint8_t>& window_;
  Expected expected_;
};

}  // namespace

int pick(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

RandomLayer random_layer(Random& random, int engines) {
  RandomLayer layer;
  layer.config = random_config(random);
  WeightImage& image = layer.image;
  image.engine = pick(random, 0, 1) == 0 ? EngineKind::dense : EngineKind::wpr;
  image.encoding = pick(random, 0, 1) == 0 ? Encoding::twos_complement : Encoding::differential;
  image.granularity = pick(random, 0, 1) == 0 ? Granularity::kernel : Granularity::bit_column;
  image.geometry = random_geometry(random);
  image.network.layers.resize(1);
  if (pick(random, 0, 1) == 1) {
    std::get<ConvolutionLayer>(image.network.layers[0].operation).filter =
        reprise::InputFilter{pick(random, 1, 12), pick(random, 0, 1) * pick(random, 0, 600), pick(random, 1, 8)};
  }
  image.mappings.resize(1);
  LayerMapping& mapping = image.mappings[0];
  add_row_groups(random, image.geometry, mapping);
  layer.window_rows = mapping.rows.back() + 1U;
  const int outputs = pick(random, 1, 20);
  for (int o = 0; o < outputs; ++o) mapping.initial_sums.push_back(pick(random, -10000, 10000));
  const int first = pick(random, 0, 3);
  image.cells =
      CellArray(image.geometry, static_cast<std::size_t>((first + engines) * image.geometry.crossbars_per_engine));
  for (int e = 0; e < engines; ++e) add_engine(random, static_cast<std::uint32_t>(first + e), outputs, image);
  return layer;
}

std::vector<std::uint8_t> random_window(Random& random, std::size_t rows) {
  std::vector<std::uint8_t> window(rows);
  const int mask = pick(random, 0, 7) == 0 ? 0 : pick(random, 0, 255) & pick(random, 0, 255);
  for (std::uint8_t& value : window) {
    if (pick(random, 0, 2) == 0) value = static_cast<std::uint8_t>(pick(random, 0, 255) & mask);
  }
  return window;
}

std::vector<std::uint8_t> filtered_window(const std::optional<reprise::InputFilter>& filter, int groups,
                                          std::vector<std::uint8_t> window) {
  if (!filter) return window;
  const auto [block_rows, least_sum, planes] = *filter;
  const auto group_rows = static_cast<std::ptrdiff_t>(window.size()) / groups;
  for (auto group = window.begin(); group != window.end(); group += group_rows) {
    for (std::ptrdiff_t first = 0; first < group_rows; first += block_rows) {
      const auto begin = group + first;
      const auto end = group + std::min<std::ptrdiff_t>(group_rows, first + block_rows);
      int leading = 7;
      while (leading > 0 && *std::max_element(begin, end) < 1 << leading) --leading;
      const int step = leading - planes + 1 > 0 ? 1 << (leading - planes + 1) : 1;
      const bool left_out = std::accumulate(begin, end, 0) < least_sum;
      for (auto value = begin; value != end; ++value) {
        *value = static_cast<std::uint8_t>(left_out ? 0 : *value - *value % step);
      }
    }
  }
  return window;
}

Expected expected_window(const RandomLayer& layer, const EngineShare& share, const std::vector<std::uint8_t>& window) {
  return Evaluation(layer, share, window).run();
}

std::vector<std::int32_t> integer_product(const RandomLayer& layer, const EngineShare& share,
                                          const std::vector<std::uint8_t>& window) {
  const LayerMapping& mapping = layer.mapping();
  std::vector<std::int32_t> sums(mapping.initial_sums.size());
  for (std::uint32_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
    const OperationUnit& unit = mapping.units[u];
    for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
      const ScatterEntry& entry = mapping.entries[e];
      for (std::uint32_t r = 0; r < mapping.rows_in_group(unit.row_group); ++r) {
        int weight = 0;
        for (int j = 0; j < unit.slot_columns; ++j) {
          const auto column = static_cast<std::size_t>(unit.bitline + entry.slot * unit.slot_columns + j);
          const int cell = layer.image.cells.get(unit.crossbar, unit.wordline + r, column) ? 1 << j : 0;
          weight += unit.signed_slots && j + 1 == unit.slot_columns ? -cell : cell;
        }
        weight *= (entry.negative ? -1 : 1) * (1 << entry.shift);
        sums[entry.output] += weight * window[mapping.rows[mapping.row_group_starts[unit.row_group] + r]];
      }
    }
  }
  return sums;
}

}  // namespace reprise::rtl::test
