#include "tlm/cell_programmer.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>

#include "support/bits.h"
#include "support/counter_random.h"
#include "support/error.h"

namespace reprise {
namespace {

constexpr std::uint64_t kMostPulses = 1000;
constexpr std::size_t kByteBits = 8;

Cycle whole_cycles(double nanoseconds, double clock_mhz) {
  constexpr double kRounding = 1e-9;  // 10 ns at 1200 MHz are 12 cycles, whatever the last bit of the product is
  return static_cast<Cycle>(std::ceil(nanoseconds * clock_mhz / 1000.0 - kRounding));
}

/// A hash of the words.
std::uint64_t key_of(std::initializer_list<std::uint64_t> words) {
  std::uint64_t key = 0;
  for (const std::uint64_t word : words) key = mix(key ^ word);
  return key;
}

/// Uniform in 0 (included) to 1 (excluded).
double random_unit(std::uint64_t key, std::uint64_t number) {
  constexpr double kStep = 1.0 / 9007199254740992.0;  // 2^-53
  return static_cast<double>(mix(key ^ number) >> 11U) * kStep;
}

void count_cell(PulseHistogram& histogram, std::uint64_t pulses) {
  if (histogram.size() <= pulses) histogram.resize(pulses + 1);
  ++histogram[pulses];
}

EventCounts events_of(const WritingCounts& counts) {
  EventCounts events;
  events[Event::programming_set] = counts.set_pulses;
  events[Event::programming_reset] = counts.reset_pulses;
  events[Event::programming_verify] = counts.verifications;
  return events;
}

const CellWriting& writing_of(const MachineConfig& config) {
  if (!config.writing)
    throw InputError("platform.larger_networks: reload needs a technology that says how cells are written");
  return *config.writing;
}

}  // namespace

WritingCounts& WritingCounts::operator+=(const WritingCounts& other) {
  cells_set += other.cells_set;
  cells_reset += other.cells_reset;
  set_pulses += other.set_pulses;
  reset_pulses += other.reset_pulses;
  verifications += other.verifications;
  return *this;
}

CellProgrammer::CellProgrammer(const WeightImage& image, const RoundPlan& plan, const MachineConfig& config)
    : image_(image),
      plan_(plan),
      reload_(config.reload),
      writing_(writing_of(config)),
      verify_cycles_(whole_cycles(writing_.verify_ns, config.clock_mhz)),
      row_bytes_(image.cells.bytes_per_wordline()),
      counts_(plan.rounds().size()) {
  set_cycles_ = whole_cycles(writing_.set_ns, config.clock_mhz) + verify_cycles_;
  reset_cycles_ = whole_cycles(writing_.reset_ns, config.clock_mhz) + verify_cycles_;
  std::size_t engines = 0;
  for (const Round& round : plan.rounds()) engines = std::max(engines, round.engines);
  const std::size_t crossbars = engines * static_cast<std::size_t>(image.geometry.crossbars_per_engine);
  content_.assign(crossbars, Bits(image.cells.bytes_per_crossbar()));
  writes_.assign(crossbars, std::vector<std::uint32_t>(image.cells.bytes_per_crossbar() * kByteBits));
}

Cycle CellProgrammer::write(std::size_t round) {
  Cycle slowest = 0;
  for (const LayerMapping& mapping : image_.mappings) {
    if (plan_.round_of(mapping.layer) != static_cast<int>(round)) continue;
    for (const EngineShare& share : mapping.engines) {
      WritingCounts counts;
      slowest = std::max(slowest, write_engine(mapping, share, counts));
      counts_[round] += counts;
      const int tile = plan_.chip_engine(static_cast<int>(share.engine)) / image_.geometry.engines_per_tile;
      events_[mapping.layer][tile] += events_of(counts);
    }
  }
  return slowest;
}

Cycle CellProgrammer::write_engine(const LayerMapping& mapping, const EngineShare& share, WritingCounts& counts) {
  const auto per_engine = static_cast<std::size_t>(image_.geometry.crossbars_per_engine);
  const std::size_t first_on_chip =
      static_cast<std::size_t>(plan_.chip_engine(static_cast<int>(share.engine))) * per_engine;
  Cycle cycles = 0;
  for (const auto& [crossbar, in_use] : cells_in_use(mapping, share)) {
    cycles += write_crossbar(crossbar, first_on_chip + crossbar % per_engine, in_use, counts);
  }
  return cycles;
}

/// By crossbar of the image.
std::map<std::uint32_t, CellProgrammer::Bits> CellProgrammer::cells_in_use(const LayerMapping& mapping,
                                                                           const EngineShare& share) const {
  std::map<std::uint32_t, Bits> in_use;
  for (std::uint32_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
    const OperationUnit& unit = mapping.units[u];
    Bits& bits = in_use[unit.crossbar];
    bits.resize(image_.cells.bytes_per_crossbar());
    for (std::size_t row = 0; row < mapping.rows_in_group(unit.row_group); ++row) {
      std::uint8_t* wordline = bits.data() + (unit.wordline + row) * row_bytes_;
      for (std::size_t column = unit.bitline; column < std::size_t{unit.bitline} + unit.columns; ++column) {
        std::uint8_t& byte = wordline[column / kByteBits];
        byte = static_cast<std::uint8_t>(byte | (1U << (column % kByteBits)));
      }
    }
  }
  return in_use;
}

Cycle CellProgrammer::write_crossbar(std::size_t image_crossbar, std::size_t chip_crossbar, const Bits& in_use,
                                     WritingCounts& counts) {
  const auto rows = static_cast<std::size_t>(image_.geometry.crossbar_rows);
  const auto together = static_cast<std::size_t>(writing_.rows_at_a_time);
  Cycle cycles = 0;
  for (std::size_t first = 0; first < rows; first += together) {
    Slowest slowest;
    std::uint64_t cells = 0;
    for (std::size_t row = first; row < std::min(first + together, rows); ++row) {
      cells += write_row(image_crossbar, chip_crossbar, row, in_use, counts, slowest);
    }
    if (cells > 0) cycles += verify_cycles_ + slowest.set * set_cycles_ + slowest.reset * reset_cycles_;
  }
  return cycles;
}

/// The number of its cells that are in use.
std::uint64_t CellProgrammer::write_row(std::size_t image_crossbar, std::size_t chip_crossbar, std::size_t row,
                                        const Bits& in_use, WritingCounts& counts, Slowest& slowest) {
  const std::uint8_t* wanted = image_.cells.wordline(image_crossbar, row);
  std::uint64_t cells = 0;
  for (std::size_t i = 0; i < row_bytes_; ++i) {
    const std::uint8_t used = in_use[row * row_bytes_ + i];
    if (used == 0) continue;
    cells += ones_in(used);
    std::uint8_t& content = content_[chip_crossbar][row * row_bytes_ + i];
    const unsigned changes = (content ^ wanted[i]) & used;
    for (std::size_t bit = 0; bit < kByteBits; ++bit) {
      if (((changes >> bit) & 1U) == 0) continue;
      switch_cell(chip_crossbar, row, i * kByteBits + bit, ((wanted[i] >> bit) & 1U) != 0, counts, slowest);
    }
    content = static_cast<std::uint8_t>(content ^ changes);
  }
  counts.verifications += cells;
  return cells;
}

void CellProgrammer::switch_cell(std::size_t chip_crossbar, std::size_t row, std::size_t column, bool to_one,
                                 WritingCounts& counts, Slowest& slowest) {
  std::uint32_t& writes = writes_[chip_crossbar][row * row_bytes_ * kByteBits + column];
  const double mean = to_one ? writing_.set_pulses : writing_.reset_pulses;
  const std::uint64_t pulses = pulses_of(chip_crossbar, row, column, writes, mean);
  ++writes;
  ++(to_one ? counts.cells_set : counts.cells_reset);
  (to_one ? counts.set_pulses : counts.reset_pulses) += pulses;
  counts.verifications += pulses;
  std::uint64_t& most = to_one ? slowest.set : slowest.reset;
  most = std::max(most, pulses);
  count_cell(to_one ? by_set_pulses_ : by_reset_pulses_, pulses);
}

std::uint64_t CellProgrammer::pulses_of(std::size_t chip_crossbar, std::size_t row, std::size_t column,
                                        std::uint32_t writes, double mean) const {
  if (reload_.pulses == PulseCount::mean) return static_cast<std::uint64_t>(std::ceil(mean));
  const std::uint64_t cell = key_of({reload_.seed, chip_crossbar, row, column, writes});
  std::uint64_t pulse = 1;
  while (pulse < kMostPulses && random_unit(cell, pulse) * mean >= 1.0) {
    ++pulse;
  }
  return pulse;
}

std::vector<CrossbarWear> CellProgrammer::wear() const {
  std::vector<CrossbarWear> all;
  for (std::size_t crossbar = 0; crossbar < writes_.size(); ++crossbar) {
    const std::vector<std::uint32_t>& writes = writes_[crossbar];
    const std::uint64_t sum = std::accumulate(writes.begin(), writes.end(), std::uint64_t{0});
    if (sum > 0) all.push_back({static_cast<int>(crossbar), sum, *std::max_element(writes.begin(), writes.end())});
  }
  return all;
}

}  // namespace reprise
