#include "scenarios/scenario.h"

#include "platform/platform_config.h"
#include "scenarios/technology_library.h"

namespace reprise {
namespace {

const config::Table<CheckConfig>& check_table() {
  static const auto table =
      config::Table<CheckConfig>("Comparison with the integer reference.")
          .number("images", &CheckConfig::images, 0, 1'000'000'000,
                  "so many images, from the first, are compared bit for bit with the integer reference")
          .unit("images");
  return table;
}

const config::Table<TraceConfig>& trace_table() {
  using T = TraceConfig;
  constexpr std::uint64_t kMostCycles = 1'000'000'000;
  static const auto table =
      config::Table<T>("Waveforms and timelines.")
          .flag("waveform", &T::waveform, "write `waves.vcd`, and `waves.gtkw` that shows it in GTKWave")
          .choice("format", &T::format, {{"vcd", WaveFormat::vcd}, {"fst", WaveFormat::fst}},
                  "`fst`: `waves.fst` as well, some ten times smaller, where GTKWave's `vcd2fst` is installed")
          .texts("signals", &T::signals,
                 "patterns (`*`, `?`) of the signals in it; `[]`: all but the stages of engines at transaction level")
          .number("first_image", &T::first_image, 0, 1'000'000'000, "the first image recorded, from 0")
          .unit("images")
          .number("images", &T::images, 1, 1'000'000, "so many images are recorded")
          .unit("images")
          .number("first_cycle", &T::first_cycle, 0, kMostCycles,
                  "of each of these images, the first cycle in the waveform")
          .unit("cycles")
          .number("last_cycle", &T::last_cycle, 0, kMostCycles, "the last one")
          .unit("cycles")
          .flag("timeline", &T::timeline, "write `timeline.json`");
  return table;
}

std::vector<std::string> technology_names() {
  std::vector<std::string> names;
  for (const auto& entry : known_technologies()) names.push_back(entry.first);
  return names;
}

}  // namespace

const config::Table<Scenario>& scenario_table() {
  static const auto table =
      config::Table<Scenario>("One experiment: a weight image, a machine, images to run.")
          .file("image", &Scenario::image, "weight image; may be left to `--image`")
          .section("dataset", &Scenario::dataset, dataset_table(), "images to run, and their labels")
          .section("platform", &Scenario::platform, machine_table(), "the machine's constants")
          .name_or_file("technology", &Scenario::technology, technology_names(),
                        "what each event and component costs; what has a `.` or `/` in it is a path")
          .choice("adc_law", &Scenario::adc_law, {{"ppsim", AdcLawChoice::ppsim}, {"saberi", AdcLawChoice::saberi}},
                  "law of the converters' energy; absent: the technology's")
          .section("check", &Scenario::check, check_table(), "comparison with the integer reference")
          .section("trace", &Scenario::trace, trace_table(), "waveforms");
  return table;
}

}  // namespace reprise
