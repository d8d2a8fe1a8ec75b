#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>

#include "compression/image/weight_image.h"
#include "rtl_models/accumulator_bank.h"
#include "rtl_models/adc.h"
#include "rtl_models/crossbar.h"
#include "rtl_models/engine_config.h"
#include "rtl_models/engine_program.h"
#include "rtl_models/input_register.h"
#include "rtl_models/mapping_table.h"
#include "rtl_models/pipeline_control.h"
#include "rtl_models/pipeline_stage.h"
#include "rtl_models/sample_hold.h"
#include "rtl_models/scheduler.h"
#include "rtl_models/shift_add.h"
#include "rtl_models/unit_former.h"
#include "rtl_models/wordline_driver.h"
#include "rtl_models/zero_row_detector.h"

namespace reprise::rtl {

/// Events of one engine since its construction: docs/machine.md, section 6.
struct EngineCounts {
  std::uint64_t schedule_read = 0;
  std::uint64_t input_register_write = 0;
  std::uint64_t input_register_read = 0;
  std::uint64_t zero_detector_check = 0;
  std::uint64_t unit_former_select = 0;
  std::uint64_t dac_drive = 0;
  std::uint64_t crossbar_read = 0;
  std::uint64_t sample_hold_sample = 0;
  std::uint64_t adc_convert = 0;
  std::uint64_t shift_add_add = 0;
  std::uint64_t table_read = 0;
  std::uint64_t accumulator_add = 0;
  std::uint64_t dropped_pairs = 0;
  std::uint64_t dropped_activations = 0;
};

/// Crossbars and one six-stage pipeline that computes an engine's share of a layer, a window at a time.
///
/// Models      docs/machine.md, sections 2 and 3, block by block: this module is only wires.
/// Handshake   while not busy, put the layer's whole im2col vector on `window`, as its input filter lets it through,
///             and raise `start` for a cycle. `busy` is high for exactly the window's cycles, the window must stand as
///             long; then `done` is high for a cycle and `sums` holds the accumulators, without the layer's initial
///             sums, until the next window ends.
/// Waveform    fetch, drive, read, convert, shift_add, scatter: each .busy, .unit (of the engine) and .bit.
class ProcessingEngine final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> start{"start"};
  sc_core::sc_in<Bus<std::uint8_t>> window{"window"};
  /// Of noise: Adc::window_key. To stand as long as the window.
  sc_core::sc_port<sc_core::sc_signal_in_if<std::uint64_t>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> window_key{"window_key"};
  sc_core::sc_out<bool> busy{"busy"};
  sc_core::sc_out<bool> done{"done"};
  sc_core::sc_out<std::uint32_t> cycles{"cycles"};  ///< of the present or last window
  sc_core::sc_out<Bus<std::int32_t>> sums{"sums"};  ///< one an output of the layer

  /// Copies what it needs from the image. Throws InputError where constants or share are out of range.
  ProcessingEngine(const sc_core::sc_module_name& name, const EngineConfig& config, const WeightImage& image,
                   const LayerMapping& mapping, const EngineShare& share);

  const EngineProgram& program() const { return program_; }
  EngineCounts counts() const;
  /// Adds the handshake, the stages and the data between them to a waveform.
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  template <class T>
  using Signal = sc_core::sc_signal<T>;

  void wire_control();
  void wire_stages();
  void wire_front();
  void wire_back();

  const EngineProgram program_;
  const Forming forming_;
  const std::size_t lanes_;  ///< wordlines that a unit may take
  const std::size_t unit_columns_;

  Signal<bool> begin_{"begin"};
  Signal<bool> drop_{"drop"};
  Signal<bool> advance_{"advance"};
  Signal<bool> ended_{"ended"};
  Signal<bool> zero_{"zero"};
  sc_core::sc_vector<Signal<bool>> finished_{"finished", PipelineControl::kStages};
  Signal<Activation> next_{"next"};
  Signal<Activation> fetch_{"fetch"};
  Signal<Activation> drive_{"drive"};
  Signal<Activation> read_{"read"};
  Signal<Activation> convert_{"convert"};
  Signal<Activation> shift_add_{"shift_add"};
  Signal<Activation> scatter_{"scatter"};
  Signal<Bus<std::uint8_t>> bytes_;
  Signal<Bus<std::uint8_t>> live_;
  Signal<Bus<std::uint32_t>> selected_;
  Signal<Bus<Wire>> row_bits_;
  Signal<Bus<Wire>> wordline_;
  sc_core::sc_signal<Bus<std::uint32_t>, sc_core::SC_MANY_WRITERS> bitline_;  ///< the selected crossbar drives
  Signal<Bus<std::uint32_t>> held_;
  Signal<Bus<std::uint32_t>> code_;
  Signal<Bus<std::int32_t>> partial_;
  Signal<Bus<ScatterRequest>> request_;

  PipelineControl control_;
  Scheduler scheduler_;
  InputRegister input_register_;
  ZeroRowDetector detector_;
  UnitFormer former_;
  PipelineStage fetch_stage_;
  PipelineStage drive_stage_;
  PipelineStage read_stage_;
  PipelineStage convert_stage_;
  PipelineStage shift_add_stage_;
  MappingTable mapping_table_;
  WordlineDriver driver_;
  sc_core::sc_vector<Crossbar> crossbars_;
  SampleHold sample_hold_;
  Adc adc_;
  ShiftAdd merger_;
  AccumulatorBank accumulators_;
};

}  // namespace reprise::rtl
