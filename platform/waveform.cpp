#include "platform/waveform.h"

#include <fstream>

#include "support/error.h"

namespace reprise {
namespace {

sc_core::sc_trace_file* open(const std::filesystem::path& file) {
  if (file.extension() != ".vcd") throw InputError(file.string() + ": a waveform is a *.vcd file");
  if (!std::ofstream(file)) throw InputError(file.string() + ": cannot be written");
  sc_core::sc_trace_file* trace = sc_core::sc_create_vcd_trace_file((file.parent_path() / file.stem()).c_str());
  trace->set_time_unit(1.0, sc_core::SC_PS);
  return trace;
}

}  // namespace

WaveRecorder::WaveRecorder(const sc_core::sc_module_name& name, Config config)
    : sc_module(name), config_(std::move(config)), trace_(open(config_.file)) {
  SC_HAS_PROCESS(WaveRecorder);
  SC_METHOD(replay);
  dont_initialize();
  sensitive << wake_;
}

WaveRecorder::~WaveRecorder() {
  sc_core::sc_close_vcd_trace_file(trace_);
}

WaveRecorder::Signal WaveRecorder::add_number(const std::string& name, int width) {
  values_.push_back(0);
  sc_core::sc_trace(trace_, values_.back(), name, width);
  return values_.size() - 1;
}

void WaveRecorder::origin(const sc_core::sc_time& time) {
  origin_ = time;
  ++images_begun_;
}

void WaveRecorder::change(Signal signal, std::uint64_t cycle, std::uint64_t value) {
  push(signal, cycle, value, false);
}

void WaveRecorder::increase(Signal signal, std::uint64_t cycle, std::int64_t difference) {
  push(signal, cycle, static_cast<std::uint64_t>(difference), true);
}

void WaveRecorder::push(Signal signal, std::uint64_t cycle, std::uint64_t value, bool relative) {
  if (images_begun_ > config_.images) return;
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  const sc_core::sc_time time = origin_ + config_.period * static_cast<double>(cycle);
  if (time < now) {
    SC_REPORT_ERROR("/reprise/platform/waveform", "a change in the past");
    return;
  }
  pending_.push({time, sequence_++, signal, value, relative});
  wake_.notify(time - now);
}

void WaveRecorder::replay() {
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  for (; !pending_.empty() && pending_.top().time <= now; pending_.pop()) {
    const Change& change = pending_.top();
    values_[change.signal] = change.value + (change.relative ? values_[change.signal] : 0);
  }
  if (!pending_.empty()) wake_.notify(pending_.top().time - now);
}

}  // namespace reprise
