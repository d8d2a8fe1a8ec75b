#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>

#include <cstddef>
#include <memory>

#include "tlm/engine_schedule.h"
#include "tlm/stage_timeline.h"
#include "tlm/transport.h"

namespace reprise {

/// Windows of one output row for one engine, riding on a generic payload (TLM_WRITE_COMMAND).
struct EngineJob : tlm::tlm_extension<EngineJob> {
  std::size_t windows = 0;
  const InputActivity* activity = nullptr;  ///< of these windows
  /// Of all of the engine's windows until now, these included. It goes on with later jobs: the engine counts by it when
  /// it is asked, not before.
  const ActivityTotals* so_far = nullptr;
  std::size_t window_rows = 0;            ///< bytes of an im2col vector
  const std::uint8_t* im2col = nullptr;   ///< [window][row] as filtered; null where nobody asked for it
  std::vector<std::uint64_t> noise_keys;  ///< of the windows; empty where there is no noise, or no im2col
  std::vector<Cycle> cycles;              ///< answer: of each window
  std::vector<std::int32_t> sums;         ///< answer: [window][output], or empty where the layer controller multiplies

  tlm::tlm_extension_base* clone() const override { return new EngineJob(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const EngineJob&>(other); }
};

/// Crossbars and one six-stage pipeline, at transaction level.
///
/// Models       cycles and events of its operation units, exactly, by counting input bits.
/// Leaves out   values: the layer controller multiplies for all its engines at once.
/// Timing       docs/machine.md, section 3.
/// Events       docs/machine.md, section 6.
class ProcessingEngine : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<ProcessingEngine, 32, ExtensionProtocol<EngineJob>> socket{"socket"};

  ProcessingEngine(const sc_core::sc_module_name& name, int number, EngineSchedule schedule);

  /// Fetches from memory what a job needs of the engine behind a socket: no cache holds all engines of a layer. A hint,
  /// of no effect where it is no engine.
  static void fetch(const tlm::tlm_fw_transport_if<ExtensionProtocol<EngineJob>>* target);

  /// Lets the observer know what is in the stages, if it wants to.
  void trace_stages(StageTimeline timeline, ActivityObserver& observer);

  int number() const { return number_; }      ///< of the chip
  virtual EngineSchedule::Work work() const;  ///< of its windows until now
  CycleCounts causes() const;                 ///< where their cycles went

 protected:
  /// Fills in the job's answers. May block.
  virtual void run(EngineJob& job);
  const EngineSchedule& schedule() const { return schedule_; }

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);

  /// In an engine: of what the socket shows, and of the members below.
  struct Places {
    std::ptrdiff_t interface = 0;
    std::ptrdiff_t members = 0;
  };
  static Places places_;

  // Engines are thousands, each with little to do: what a job needs lies side by side.
  const ActivityTotals* so_far_ = nullptr;
  Cycle cycles_ = 0;                         ///< of all windows
  std::unique_ptr<StageTimeline> timeline_;  ///< where stages are traced
  ActivityObserver* observer_ = nullptr;
  const EngineSchedule schedule_;
  const int number_;
};

}  // namespace reprise
