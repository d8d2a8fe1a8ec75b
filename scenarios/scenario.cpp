#include "scenarios/scenario.h"

#include "platform/platform_config.h"
#include "scenarios/technology_library.h"

namespace reprise {
namespace {

const config::Table<CheckConfig>& check_table() {
  static const auto table =
      config::Table<CheckConfig>("Comparison with the integer reference.")
          .number("images", &CheckConfig::images, 0, 1'000'000'000, "compare the first so many images bit for bit");
  return table;
}

const config::Table<TraceConfig>& trace_table() {
  using T = TraceConfig;
  constexpr std::uint64_t kMostCycles = 1'000'000'000;
  static const auto table =
      config::Table<T>("Waveforms and timelines.")
          .flag("waveform", &T::waveform, "write waves.vcd, and waves.gtkw that shows it in GTKWave")
          .choice("format", &T::format, {{"vcd", WaveFormat::vcd}, {"fst", WaveFormat::fst}},
                  "fst: waves.fst as well, by vcd2fst")
          .texts("signals", &T::signals, "patterns of the signals in it; none: those by default")
          .number("first_image", &T::first_image, 0, 1'000'000'000, "the first image recorded, from 0")
          .number("images", &T::images, 1, 1'000'000, "so many images are recorded")
          .number("first_cycle", &T::first_cycle, 0, kMostCycles, "of each image, of waveforms")
          .number("last_cycle", &T::last_cycle, 0, kMostCycles, "of each image, of waveforms; absent: to the end")
          .flag("timeline", &T::timeline, "write timeline.json, Chrome trace events");
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
          .file("image", &Scenario::image, "weight image, as `reprise compress` writes it")
          .section("dataset", &Scenario::dataset, dataset_table(), "images to run, and their labels")
          .section("platform", &Scenario::platform, machine_table(), "the machine's constants")
          .name_or_file("technology", &Scenario::technology, technology_names(), "what each event and component costs")
          .choice("adc_law", &Scenario::adc_law, {{"ppsim", AdcLawChoice::ppsim}, {"saberi", AdcLawChoice::saberi}},
                  "law of the converters' energy; absent: the technology's")
          .section("check", &Scenario::check, check_table(), "comparison with the integer reference")
          .section("trace", &Scenario::trace, trace_table(), "waveforms");
  return table;
}

}  // namespace reprise
