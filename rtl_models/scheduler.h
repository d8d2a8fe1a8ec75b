#pragma once

#include <systemc>

#include <cstdint>

#include "rtl_models/activation.h"
#include "rtl_models/bus.h"
#include "rtl_models/engine_program.h"
#include "rtl_models/unit_former.h"

namespace reprise::rtl {

/// Schedule memory and its sequencer: goes through row groups, within them through the input bits 0..7, within a bit
/// through the parts of formed units, within a part through the group's units.
///
/// Models      presents what FETCH takes next; marks a pair of row group and bit that is all zero. Where skipping
///             costs nothing, looks past such pairs at once.
/// Events      schedule.read, one an activation; activations dropped.
class Scheduler final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> begin{"begin"};
  sc_core::sc_in<bool> drop{"drop"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<bool> ended{"ended"};
  sc_core::sc_in<Bus<std::uint8_t>> live{"live"};           ///< a row group: the bits in which any row is 1
  sc_core::sc_in<Bus<std::uint32_t>> selected{"selected"};  ///< as the unit former numbers them
  sc_core::sc_out<Activation> next{"next"};                 ///< not valid: through
  sc_core::sc_out<bool> zero{"zero"};                       ///< the next pair is to be dropped

  SC_HAS_PROCESS(Scheduler);
  Scheduler(const sc_core::sc_module_name& name, const EngineProgram& program, const Forming& forming, bool free_skips);

  std::uint64_t reads() const { return reads_; }
  std::uint64_t dropped_pairs() const { return dropped_pairs_; }
  std::uint64_t dropped_activations() const { return dropped_activations_; }

 private:
  struct Position {
    std::uint32_t group = 0;
    std::uint8_t bit = 0;
    std::uint32_t part = 0;
    std::uint32_t unit = 0;  ///< within the group

    friend bool operator==(const Position& a, const Position& b) {
      return a.group == b.group && a.bit == b.bit && a.part == b.part && a.unit == b.unit;
    }
    friend std::ostream& operator<<(std::ostream& out, const Position& p) {
      return out << p.group << '.' << int{p.bit} << '.' << p.part << '.' << p.unit;
    }
    friend void sc_trace(sc_core::sc_trace_file*, const Position&, const std::string&) {}
  };

  void look();
  void step();
  bool through(const Position& at) const { return at.group == program_.groups.size(); }
  bool is_zero(const Position& at) const;
  std::uint32_t selected_rows(const Position& at) const;
  Position next_pair(Position at) const;
  Position next_unit(Position at) const;
  /// Counts the pairs from one position to another as dropped.
  void count_dropped(Position from, const Position& to);

  const EngineProgram& program_;
  const Forming forming_;
  const bool free_skips_;
  sc_core::sc_signal<Position> position_{"position"};
  Position found_;  ///< at the position, or past the pairs that are skipped for nothing
  std::uint64_t reads_ = 0;
  std::uint64_t dropped_pairs_ = 0;
  std::uint64_t dropped_activations_ = 0;
};

}  // namespace reprise::rtl
