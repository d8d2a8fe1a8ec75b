#include "platform/waveform.h"

#include <algorithm>
#include <limits>
#include <regex>
#include <set>

#include "support/error.h"
#include "tlm/component_names.h"

namespace reprise {

WaveRecorder::WaveRecorder(Config config) : config_(std::move(config)), file_(config_.file) {}

void WaveRecorder::finish() {
  write_until(std::numeric_limits<std::uint64_t>::max());
  file_.close();
}

bool WaveRecorder::selected(const std::string& name, bool by_default) const {
  if (config_.signals.empty()) return by_default;
  return std::any_of(config_.signals.begin(), config_.signals.end(),
                     [&](const std::string& pattern) { return matches(pattern, name); });
}

WaveRecorder::Signal WaveRecorder::add(const Declaration& declaration, bool by_default) {
  offered_.push_back(declaration.name);
  if (!selected(declaration.name, by_default)) return kNotRecorded;
  declarations_.push_back(declaration);
  values_.push_back(0);
  written_.push_back(0);
  first_changes_.emplace_back();
  is_touched_.push_back(false);
  return file_.add(declaration.name, declaration.width);
}

void WaveRecorder::check_selection() const {
  std::string faults;
  for (const std::string& pattern : config_.signals) {
    const bool found =
        std::any_of(offered_.begin(), offered_.end(), [&](const std::string& name) { return matches(pattern, name); });
    if (!found) faults += (faults.empty() ? "'" : ", '") + pattern + "'";
  }
  if (faults.empty()) return;
  std::set<std::string> names;  // tiles, engines and lanes of a bus with one number for all
  for (const std::string& name : offered_) {
    const bool of_engine = name.rfind("tile", 0) == 0;
    names.insert(of_engine ? std::regex_replace(std::regex_replace(name, std::regex("^tile\\d+\\.pe\\d+"), "tile*.pe*"),
                                                std::regex("_\\d+(?=$|\\.)"), "_*")
                           : name);
  }
  std::string listing;
  for (const std::string& name : names) listing += (listing.empty() ? "" : ", ") + name;
  throw InputError("trace.signals: no signal is named " + faults + "; there are " + listing);
}

void WaveRecorder::origin(const sc_core::sc_time& time) {
  origin_ = time.value();
  image_ = images_begun_++;
  if (in_images()) push(kNotRecorded, config_.first_cycle, 0, false);  // what is there when recording begins
}

void WaveRecorder::change(Signal signal, std::uint64_t cycle, std::uint64_t value) {
  if (is_recorded(signal)) push(signal, cycle, value, false);
}

void WaveRecorder::increase(Signal signal, std::uint64_t cycle, std::int64_t difference) {
  if (is_recorded(signal)) push(signal, cycle, static_cast<std::uint64_t>(difference), true);
}

/// Whether nothing from that cycle on can be recorded.
bool WaveRecorder::is_over(std::uint64_t cycle) const {
  const bool last_image = image_ >= config_.first_image && image_ - config_.first_image + 1 >= config_.images;
  const bool later = image_ >= config_.first_image && image_ - config_.first_image >= config_.images;
  return later || (last_image && config_.last_cycle && cycle > *config_.last_cycle);
}

void WaveRecorder::push(Signal signal, std::uint64_t cycle, std::uint64_t value, bool relative) {
  if (is_over(cycle)) return;
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  const std::uint64_t time = origin_ + (config_.period * static_cast<double>(cycle)).value();
  if (time < now) {
    SC_REPORT_ERROR("/reprise/platform/waveform", "a change in the past");
    return;
  }
  const bool shown = in_images() && cycle >= config_.first_cycle && cycle <= config_.last_cycle.value_or(cycle);
  pending_.push({time, sequence_++, signal, value, relative, shown});
  write_until(now);
}

void WaveRecorder::write_until(std::uint64_t time) {
  while (!pending_.empty() && pending_.top().time < time) {
    const std::uint64_t moment = pending_.top().time;
    bool shown = false;
    for (; !pending_.empty() && pending_.top().time == moment; pending_.pop()) {
      const Change& change = pending_.top();
      shown = shown || change.shown;
      if (!is_recorded(change.signal)) continue;
      std::uint64_t& value = values_[change.signal];
      value = change.value + (change.relative ? value : 0);
      if (!is_touched_[change.signal]) touched_.push_back(change.signal);
      is_touched_[change.signal] = true;
    }
    if (shown) write_changed(moment);
  }
}

void WaveRecorder::write_changed(std::uint64_t time) {
  bool first = true;
  for (Signal signal : touched_) {
    is_touched_[signal] = false;
    if (values_[signal] == written_[signal]) continue;
    if (first) file_.moment(time);
    first = false;
    file_.change(signal, values_[signal]);
    written_[signal] = values_[signal];
    if (!first_changes_[signal]) first_changes_[signal] = time;
  }
  touched_.clear();
}

std::uint64_t text_value(std::string_view text) {
  std::uint64_t value = 0;
  for (char c : text.substr(0, 8)) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

}  // namespace reprise
