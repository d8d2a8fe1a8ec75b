#include "tlm/pin_level_engine.h"

#include <string>
#include <utility>

#include "tlm/component_names.h"

namespace reprise {

namespace {

rtl::AdcKind pin_kind(AdcKind kind) {
  switch (kind) {
    case AdcKind::ideal:
      return rtl::AdcKind::ideal;
    case AdcKind::transfer:
      return rtl::AdcKind::transfer;
    default:
      return rtl::AdcKind::linear;
  }
}

rtl::AdcErrors pin_errors(const AdcConfig& adc) {
  rtl::AdcErrors errors;
  errors.curve = adc.curve.value_or(errors.curve);
  errors.gain = adc.gain.value_or(errors.gain);
  errors.offset = adc.offset.value_or(errors.offset);
  errors.inl = adc.inl.value_or(errors.inl);
  if (adc.values) errors.values.assign(adc.values->begin(), adc.values->end());
  if (adc.offsets) {
    errors.offsets = adc.offsets->given.value_or(errors.offsets);
    errors.offset_sigma = adc.offsets->sigma.value_or(0.0);
    errors.offset_seed = adc.offsets->seed;
  }
  errors.noisy = adc.noise.has_value();
  if (adc.noise) errors.noise_sigma = adc.noise->sigma;
  return errors;
}

}  // namespace

rtl::EngineConfig pin_config(const MachineConfig& machine) {
  const PipelineConfig& pipeline = machine.pipeline;
  rtl::EngineConfig config;
  config.fetch_cycles = pipeline.fetch_cycles;
  config.drive_cycles = pipeline.drive_cycles;
  config.read_cycles = pipeline.read_cycles;
  config.convert_cycles = pipeline.convert_cycles;
  config.adcs = pipeline.adcs;
  config.adc_kind = pin_kind(machine.adc.kind);
  config.adc_models = machine.adc_models;
  config.adc_bits = machine.adc.bits;
  config.adc_errors = pin_errors(machine.adc);
  config.shift_add_cycles = pipeline.shift_add_cycles;
  config.scatter_ports = pipeline.scatter_ports;
  config.skip_zero_inputs = pipeline.skip_zero_inputs;
  config.skip_cycles = pipeline.skip_cycles;
  config.input_bytes_per_cycle = pipeline.input_bytes_per_cycle;
  config.filter_cycles = pipeline.filter_cycles;
  return config;
}

EventCounts events_of(const rtl::EngineCounts& counts) {
  EventCounts events;
  events[Event::schedule_read] = counts.schedule_read;
  events[Event::input_register_write] = counts.input_register_write;
  events[Event::input_register_read] = counts.input_register_read;
  events[Event::zero_detector_check] = counts.zero_detector_check;
  events[Event::unit_former_select] = counts.unit_former_select;
  events[Event::dac_drive] = counts.dac_drive;
  events[Event::crossbar_read] = counts.crossbar_read;
  events[Event::sample_hold_sample] = counts.sample_hold_sample;
  events[Event::adc_convert] = counts.adc_convert;
  events[Event::shift_add_add] = counts.shift_add_add;
  events[Event::table_read] = counts.table_read;
  events[Event::accumulator_add] = counts.accumulator_add;
  return events;
}

PinLevelEngine::PinLevelEngine(const sc_core::sc_module_name& name, int number, const WeightImage& image,
                               const LayerMapping& mapping, const EngineShare& share, const MachineConfig& config,
                               EngineSchedule schedule, ActivityObserver* observer)
    : ProcessingEngine(name, number, std::move(schedule)),
      observer_(observer),
      pins_("pins", pin_config(config), image, mapping, share) {
  pins_.clock(clock_);
  pins_.start(start_);
  pins_.busy(busy_);
  pins_.done(done_);
  pins_.cycles(cycles_);
  pins_.window(window_);
  pins_.window_key(window_key_);
  pins_.sums(sums_);
  if (observer_ == nullptr) return;
  probe_ = std::make_unique<PinProbe>(pins_);
  sc_core::sc_trace(probe_.get(), cycles_, std::string(pins_.name()) + ".cycles");  // behind a port
  probe_->select(observer_->add_pins(this->number(), probe_->pins(), true));
}

void PinLevelEngine::run(EngineJob& job) {
  const EngineSchedule::Work before = work();
  job.sums.clear();
  for (std::size_t window = 0; window < job.windows; ++window) {
    const std::uint8_t* rows = job.im2col + window * job.window_rows;
    window_.write(rtl::Bus<std::uint8_t>({rows, rows + job.window_rows}));
    if (!job.noise_keys.empty()) window_key_.write(job.noise_keys[window]);
    job.cycles[window] = run_window();
    job.sums.insert(job.sums.end(), sums_.read().lanes.begin(), sums_.read().lanes.end());
  }
  compare(job, work() - before);
}

Cycle PinLevelEngine::run_window() {
  start_.write(true);
  wait(sc_core::SC_ZERO_TIME);  // what follows from it must be on the wires at the edge
  tick();
  start_.write(false);
  const bool traced = observer_ != nullptr && observer_->wants_pins(number());
  std::vector<PinChange> changes;
  Cycle elapsed = 0;
  if (traced) probe_->sample(elapsed, changes);
  while (busy_.read()) {
    tick();
    ++elapsed;
    if (traced) probe_->sample(elapsed, changes);
  }
  if (traced) observer_->pin_changes(number(), std::move(changes));
  return cycles_.read();
}

/// One period, at the end of which all wires have settled: registers in the first delta cycle after the edge, then
/// zero detection, what it tells the scheduler, and what that tells the control.
void PinLevelEngine::tick() {
  clock_.write(true);
  wait(sc_core::SC_ZERO_TIME);
  clock_.write(false);
  for (int delta = 0; delta < 4; ++delta) wait(sc_core::SC_ZERO_TIME);
}

void PinLevelEngine::compare(const EngineJob& job, const EngineSchedule::Work& work) {
  if (differs_) return;
  const EngineSchedule::Work expected = schedule().work(job.activity->sums(), job.windows);
  std::vector<Cycle> cycles(job.windows);
  schedule().window_cycles(*job.activity, cycles);
  std::string difference;
  for (std::size_t window = 0; window < job.windows && difference.empty(); ++window) {
    if (job.cycles[window] == cycles[window]) continue;
    difference = std::to_string(job.cycles[window]) + " cycles in a window, " + std::to_string(cycles[window]);
  }
  for (std::size_t e = 0; e < kEventCount && difference.empty(); ++e) {
    const auto event = static_cast<Event>(e);
    if (work.events[event] == expected.events[event]) continue;
    difference = std::to_string(work.events[event]) + " events " + event_name(event) + " in a row, " +
                 std::to_string(expected.events[event]);
  }
  if (difference.empty()) return;
  differs_ = true;
  const std::string text =
      std::string(name()) + ": at pin level " + difference + " expected; the results are those of the pin level";
  SC_REPORT_WARNING("/reprise/tlm/pin_level_engine", text.c_str());
}

EngineSchedule::Work PinLevelEngine::work() const {
  const rtl::EngineCounts counts = pins_.counts();
  return {events_of(counts), counts.schedule_read, counts.dropped_activations};
}

}  // namespace reprise
