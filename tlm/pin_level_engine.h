#pragma once

#include <systemc>

#include <memory>
#include <vector>

#include "rtl_models/processing_engine.h"
#include "tlm/activity.h"
#include "tlm/machine_config.h"
#include "tlm/pin_probe.h"
#include "tlm/processing_engine.h"

namespace reprise {

/// The constants of section 3 of docs/machine.md, as pin-level blocks take them.
rtl::EngineConfig pin_config(const MachineConfig& machine);

/// What a pin-level engine has counted, by the names of events.
EventCounts events_of(const rtl::EngineCounts& counts);

/// A processing engine at pin level in the place of one at transaction level, with the transactor between them.
///
/// Models       a job becomes windows on the pins of rtl::ProcessingEngine, one after another; their values, cycles and
///              events are the answer.
/// Timing       the pins have a clock of their own that runs in delta cycles: a job takes no simulated time, as at
///              transaction level, and its clock cycles are counted. A window's place in time is the layer
///              controller's affair.
/// Errors       a SystemC warning, once, where cycles or events are not what the transaction level expects; the answer
///              is the pins' all the same.
class PinLevelEngine final : public ProcessingEngine {
 public:
  /// @param number    of the chip; that of `share`, or of a copy of it
  /// @param image     outlives the module
  /// @param observer  is told what the pins do; may be null
  PinLevelEngine(const sc_core::sc_module_name& name, int number, const WeightImage& image, const LayerMapping& mapping,
                 const EngineShare& share, const MachineConfig& config, EngineSchedule schedule,
                 ActivityObserver* observer);

  const rtl::ProcessingEngine& pins() const { return pins_; }
  EngineSchedule::Work work() const override;

 private:
  void run(EngineJob& job) override;
  Cycle run_window();
  void tick();
  void compare(const EngineJob& job, const EngineSchedule::Work& work);

  ActivityObserver* const observer_;
  bool differs_ = false;  ///< said so
  sc_core::sc_signal<bool> clock_{"clock"};
  sc_core::sc_signal<bool> start_{"start"};
  sc_core::sc_signal<bool> busy_{"busy"};
  sc_core::sc_signal<bool> done_{"done"};
  sc_core::sc_signal<std::uint32_t> cycles_{"cycles"};
  sc_core::sc_signal<rtl::Bus<std::uint8_t>> window_{"window"};
  sc_core::sc_signal<std::uint64_t> window_key_{"window_key"};
  sc_core::sc_signal<rtl::Bus<std::int32_t>> sums_{"sums"};
  rtl::ProcessingEngine pins_;
  std::unique_ptr<PinProbe> probe_;  ///< null without an observer
};

}  // namespace reprise
