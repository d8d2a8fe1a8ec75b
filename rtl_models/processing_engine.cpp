#include "rtl_models/processing_engine.h"

#include <string>

namespace reprise::rtl {
namespace {

EngineProgram checked_program(const EngineConfig& config, const WeightImage& image, const LayerMapping& mapping,
                              const EngineShare& share) {
  check(config);
  return engine_program(image, mapping, share);
}

int wait_cycles(const EngineProgram& program, const EngineConfig& config) {
  return program.filtered ? config.filter_cycles : 0;
}

int load_cycles(const EngineProgram& program, const EngineConfig& config) {
  return wait_cycles(program, config) + ceil_div(static_cast<int>(program.rows.size()), config.input_bytes_per_cycle);
}

}  // namespace

ProcessingEngine::ProcessingEngine(const sc_core::sc_module_name& name, const EngineConfig& config,
                                   const WeightImage& image, const LayerMapping& mapping, const EngineShare& share)
    : sc_module(name),
      program_(checked_program(config, image, mapping, share)),
      forming_{image.geometry.forms_units(), static_cast<std::uint32_t>(image.geometry.unit_rows),
               config.skip_zero_inputs},
      lanes_(static_cast<std::size_t>(image.geometry.group_rows)),
      unit_columns_(static_cast<std::size_t>(image.geometry.unit_columns)),
      bytes_("bytes", Bus<std::uint8_t>(program_.rows.size())),
      live_("live", Bus<std::uint8_t>(program_.groups.size())),
      selected_("selected", Bus<std::uint32_t>(8 * program_.groups.size())),
      row_bits_("row_bits", Bus<Wire>(lanes_)),
      wordline_("wordline", Bus<Wire>(lanes_)),
      bitline_("bitline", Bus<std::uint32_t>(unit_columns_)),
      held_("held", Bus<std::uint32_t>(unit_columns_)),
      code_("code", Bus<std::uint32_t>(unit_columns_)),
      partial_("partial", Bus<std::int32_t>(unit_columns_)),
      request_("request", Bus<ScatterRequest>(static_cast<std::size_t>(config.scatter_ports))),
      control_("control", load_cycles(program_, config), config.skip_cycles),
      scheduler_("scheduler", program_, forming_, config.skip_cycles == 0),
      input_register_("input_register", program_.rows, image.geometry.group_rows, forming_,
                      config.input_bytes_per_cycle, wait_cycles(program_, config)),
      detector_("zero_row_detector", program_.groups, config.skip_zero_inputs),
      former_("unit_former", program_.groups, forming_),
      fetch_stage_("fetch_stage", config.fetch_cycles),
      drive_stage_("drive_stage", config.drive_cycles),
      read_stage_("read_stage", config.read_cycles),
      convert_stage_("convert_stage", ceil_div(image.geometry.unit_columns, config.adcs) * config.convert_cycles),
      shift_add_stage_("shift_add_stage", config.shift_add_cycles),
      mapping_table_("mapping_table", program_, config.scatter_ports),
      driver_("wordline_driver"),
      crossbars_("crossbar"),
      sample_hold_("sample_hold"),
      adc_("adc", config, {share.engine, image.geometry.unit_rows, image.geometry.unit_columns}),
      merger_("merger"),
      accumulators_("accumulator_bank", program_.outputs) {
  const auto crossbars = static_cast<std::size_t>(image.geometry.crossbars_per_engine);
  crossbars_.init(crossbars, [&](const char* crossbar, std::size_t index) {
    return new Crossbar(crossbar, image.geometry, index, image.cells, share.engine * crossbars + index);
  });
  wire_control();
  wire_stages();
  wire_front();
  wire_back();
}

void ProcessingEngine::wire_control() {
  control_.clock(clock);
  control_.start(start);
  control_.next(next_);
  control_.zero(zero_);
  control_.busy(busy);
  control_.done(done);
  control_.cycles(cycles);
  control_.begin(begin_);
  control_.drop(drop_);
  control_.advance(advance_);
  control_.ended(ended_);
  control_.finished(finished_);
  scheduler_.clock(clock);
  scheduler_.begin(begin_);
  scheduler_.drop(drop_);
  scheduler_.advance(advance_);
  scheduler_.ended(ended_);
  scheduler_.live(live_);
  scheduler_.selected(selected_);
  scheduler_.next(next_);
  scheduler_.zero(zero_);
}

void ProcessingEngine::wire_stages() {
  PipelineStage* const stages[] = {&fetch_stage_, &drive_stage_, &read_stage_, &convert_stage_, &shift_add_stage_};
  Signal<Activation>* const tokens[] = {&next_, &fetch_, &drive_, &read_, &convert_, &shift_add_};
  for (unsigned s = 0; s + 1 < PipelineControl::kStages; ++s) {
    stages[s]->clock(clock);
    stages[s]->advance(advance_);
    stages[s]->in(*tokens[s]);
    stages[s]->out(*tokens[s + 1]);
    stages[s]->finished(finished_[s]);
    control_.stage[s](*tokens[s + 1]);
  }
  mapping_table_.clock(clock);
  mapping_table_.advance(advance_);
  mapping_table_.ended(ended_);
  mapping_table_.in(shift_add_);
  mapping_table_.scatter(scatter_);
  mapping_table_.request(request_);
  mapping_table_.finished(finished_[PipelineControl::kStages - 1]);
}

void ProcessingEngine::wire_front() {
  input_register_.clock(clock);
  input_register_.begin(begin_);
  input_register_.advance(advance_);
  input_register_.window(window);
  input_register_.next(next_);
  input_register_.bytes(bytes_);
  input_register_.row_bits(row_bits_);
  detector_.clock(clock);
  detector_.begin(begin_);
  detector_.bytes(bytes_);
  detector_.live(live_);
  former_.clock(clock);
  former_.begin(begin_);
  former_.bytes(bytes_);
  former_.selected(selected_);
  driver_.clock(clock);
  driver_.advance(advance_);
  driver_.drive(drive_);
  driver_.row_bits(row_bits_);
  driver_.wordline(wordline_);
  for (Crossbar& crossbar : crossbars_) {
    crossbar.clock(clock);
    crossbar.advance(advance_);
    crossbar.read(read_);
    crossbar.wordline(wordline_);
    crossbar.bitline(bitline_);
  }
}

void ProcessingEngine::wire_back() {
  sample_hold_.clock(clock);
  sample_hold_.advance(advance_);
  sample_hold_.read(read_);
  sample_hold_.bitline(bitline_);
  sample_hold_.held(held_);
  adc_.clock(clock);
  adc_.advance(advance_);
  adc_.convert(convert_);
  adc_.held(held_);
  adc_.code(code_);
  adc_.window_key(window_key);
  merger_.clock(clock);
  merger_.advance(advance_);
  merger_.shift_add(shift_add_);
  merger_.code(code_);
  merger_.partial(partial_);
  accumulators_.clock(clock);
  accumulators_.begin(begin_);
  accumulators_.ended(ended_);
  accumulators_.scatter(scatter_);
  accumulators_.partial(partial_);
  accumulators_.request(request_);
  accumulators_.sums(sums);
}

EngineCounts ProcessingEngine::counts() const {
  EngineCounts counts;
  counts.schedule_read = scheduler_.reads();
  counts.input_register_write = input_register_.writes();
  counts.input_register_read = input_register_.reads();
  counts.zero_detector_check = detector_.checks();
  counts.unit_former_select = former_.selections();
  counts.dac_drive = driver_.drives();
  for (const Crossbar& crossbar : crossbars_) counts.crossbar_read += crossbar.reads();
  counts.sample_hold_sample = sample_hold_.samples();
  counts.adc_convert = adc_.conversions();
  counts.shift_add_add = merger_.adds();
  counts.table_read = mapping_table_.bits_read();
  counts.accumulator_add = accumulators_.adds();
  counts.dropped_pairs = scheduler_.dropped_pairs();
  counts.dropped_activations = scheduler_.dropped_activations();
  return counts;
}

void ProcessingEngine::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + ".";
  sc_trace(file, busy, prefix + "busy");
  sc_trace(file, cycles, prefix + "cycles");
  sc_trace(file, drop_, prefix + "drop");
  sc_trace(file, advance_, prefix + "advance");
  sc_trace(file, fetch_, prefix + "fetch");
  sc_trace(file, drive_, prefix + "drive");
  sc_trace(file, read_, prefix + "read");
  sc_trace(file, convert_, prefix + "convert");
  sc_trace(file, shift_add_, prefix + "shift_add");
  sc_trace(file, scatter_, prefix + "scatter");
  sc_trace(file, row_bits_, prefix + "row_bits");
  sc_trace(file, wordline_, prefix + "wordline");
  sc_trace(file, bitline_, prefix + "bitline");
  sc_trace(file, held_, prefix + "held");
  sc_trace(file, code_, prefix + "code");
  sc_trace(file, partial_, prefix + "partial");
  sc_trace(file, request_, prefix + "request");
}

}  // namespace reprise::rtl
