#pragma once

#include <systemc>

#include <cstdint>

#include "rtl_models/activation.h"

namespace reprise::rtl {

/// Moves the six stages on in lock step, from the start of a window to its last SCATTER.
///
/// Models      load, fill, steps, stand-still at dropped pairs, drain; the start/busy/done handshake.
/// Timing      busy is high for exactly the cycles of docs/machine.md, section 3. `start` counts in a cycle that is
///             not busy; the next may follow in the cycle of `done`, the first after busy.
class PipelineControl final : public sc_core::sc_module {
 public:
  static constexpr unsigned kStages = 6;

  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> start{"start"};
  sc_core::sc_vector<sc_core::sc_in<bool>> finished{"finished", kStages};      ///< FETCH to SCATTER
  sc_core::sc_vector<sc_core::sc_in<Activation>> stage{"stage", kStages - 1};  ///< FETCH to SHIFT_ADD
  sc_core::sc_in<Activation> next{"next"};  ///< what FETCH would take; not valid: the schedule is through
  sc_core::sc_in<bool> zero{"zero"};        ///< all rows of the next pair are zero: drop it
  sc_core::sc_out<bool> busy{"busy"};
  sc_core::sc_out<bool> done{"done"};               ///< for one cycle, after busy
  sc_core::sc_out<std::uint32_t> cycles{"cycles"};  ///< busy cycles of the present or last window

  // What happens at the next edge, at most one of them.
  sc_core::sc_out<bool> begin{"begin"};      ///< a window begins
  sc_core::sc_out<bool> drop{"drop"};        ///< a pair is dropped, the pipe stands still
  sc_core::sc_out<bool> advance{"advance"};  ///< all stages move on
  sc_core::sc_out<bool> ended{"ended"};      ///< the window ends

  SC_HAS_PROCESS(PipelineControl);
  PipelineControl(const sc_core::sc_module_name& name, int load_cycles, int skip_cycles);

 private:
  void decide();
  void step();
  bool all_finished() const;
  bool empty() const;

  const int load_cycles_;
  const int skip_cycles_;
  sc_core::sc_signal<int> hold_{"hold", 0};  ///< cycles still to stand still, this one included
};

}  // namespace reprise::rtl
