#pragma once

#include <systemc>

#include "rtl_models/activation.h"

namespace reprise::rtl {

/// One of the stages FETCH, DRIVE, READ, CONVERT and SHIFT_ADD: the register with its activation and a timer.
///
/// Models      takes over its neighbour's activation when the pipe advances; is finished in the last of its cycles.
/// Leaves out  what the stage does: the block of that stage works beside it, on the same edges.
/// Timing      constant, also for an empty stage.
class PipelineStage final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<Activation> in{"in"};
  sc_core::sc_out<Activation> out{"out"};
  sc_core::sc_out<bool> finished{"finished"};

  SC_HAS_PROCESS(PipelineStage);
  PipelineStage(const sc_core::sc_module_name& name, int cycles);

 private:
  void step();

  const int cycles_;
  int remaining_ = 0;
};

}  // namespace reprise::rtl
