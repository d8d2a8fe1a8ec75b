#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/events.h"
#include "tlm/machine_config.h"
#include "tlm/rounds.h"
#include "tlm/row_transfer.h"

namespace reprise {

/// What writing cells took.
struct WritingCounts {
  std::uint64_t cells_set = 0;  ///< switched from 0 to 1
  std::uint64_t cells_reset = 0;
  std::uint64_t set_pulses = 0;
  std::uint64_t reset_pulses = 0;
  std::uint64_t verifications = 0;  ///< cells read

  WritingCounts& operator+=(const WritingCounts& other);
};

/// How many cells needed 0, 1, 2, ... pulses when they switched.
using PulseHistogram = std::vector<std::uint64_t>;

/// What the cells of one crossbar went through.
struct CrossbarWear {
  int crossbar = 0;                  ///< of the chip
  std::uint64_t writes = 0;          ///< cells switched
  std::uint64_t most_of_a_cell = 0;  ///< how often one cell was switched
};

/// Writes the weights of a round into the cells of the chip, which keep what they hold.
///
/// Models       docs/machine.md, section 5, Rounds, Writing cells: every cell that is in use by itself.
/// Leaves out   the pins; disturbance of other cells.
/// Timing       what write() says.
/// Events       programming.set, programming.reset, programming.verify.
class CellProgrammer {
 public:
  /// All cells hold 0. `config.writing` is given.
  /// @param image, plan  outlive the programmer
  CellProgrammer(const WeightImage& image, const RoundPlan& plan, const MachineConfig& config);

  /// Writes a round. The cycles until the slowest engine is through.
  Cycle write(std::size_t round);

  /// Of each round, over all times that it was written.
  const std::vector<WritingCounts>& counts() const { return counts_; }
  /// By layer and tile.
  const std::map<int, std::map<int, EventCounts>>& events() const { return events_; }
  const PulseHistogram& cells_by_set_pulses() const { return by_set_pulses_; }
  const PulseHistogram& cells_by_reset_pulses() const { return by_reset_pulses_; }
  /// Of all crossbars in which a cell was switched, ascending.
  std::vector<CrossbarWear> wear() const;

 private:
  /// Of one crossbar, wordline by wordline, padded to bytes like CellArray.
  using Bits = std::vector<std::uint8_t>;
  /// The most pulses that a cell needed.
  struct Slowest {
    std::uint64_t set = 0;
    std::uint64_t reset = 0;
  };

  Cycle write_engine(const LayerMapping& mapping, const EngineShare& share, WritingCounts& counts);
  std::map<std::uint32_t, Bits> cells_in_use(const LayerMapping& mapping, const EngineShare& share) const;
  Cycle write_crossbar(std::size_t image_crossbar, std::size_t chip_crossbar, const Bits& in_use,
                       WritingCounts& counts);
  std::uint64_t write_row(std::size_t image_crossbar, std::size_t chip_crossbar, std::size_t row, const Bits& in_use,
                          WritingCounts& counts, Slowest& slowest);
  void switch_cell(std::size_t chip_crossbar, std::size_t row, std::size_t column, bool to_one, WritingCounts& counts,
                   Slowest& slowest);
  std::uint64_t pulses_of(std::size_t chip_crossbar, std::size_t row, std::size_t column, std::uint32_t writes,
                          double mean) const;

  const WeightImage& image_;
  const RoundPlan& plan_;
  const ReloadConfig reload_;
  const CellWriting writing_;
  Cycle set_cycles_;  ///< a pulse and its verification
  Cycle reset_cycles_;
  Cycle verify_cycles_;
  std::size_t row_bytes_;
  std::vector<Bits> content_;                       ///< by crossbar of the chip
  std::vector<std::vector<std::uint32_t>> writes_;  ///< [crossbar of the chip][cell]
  std::vector<WritingCounts> counts_;
  std::map<int, std::map<int, EventCounts>> events_;
  PulseHistogram by_set_pulses_;
  PulseHistogram by_reset_pulses_;
};

}  // namespace reprise
