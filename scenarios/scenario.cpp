#include "scenarios/scenario.h"

#include "platform/platform_config.h"

namespace reprise {
namespace {

const config::Table<CheckConfig>& check_table() {
  static const auto table =
      config::Table<CheckConfig>("Comparison with the integer reference.")
          .number("images", &CheckConfig::images, 0, 1'000'000'000, "compare the first so many images bit for bit");
  return table;
}

const config::Table<TraceConfig>& trace_table() {
  static const auto table = config::Table<TraceConfig>("Waveforms.")
                                .flag("waveform", &TraceConfig::waveform,
                                      "write waves.vcd: busy engines, windows of layers, fill of layer buffers")
                                .number("images", &TraceConfig::images, 1, 1'000'000, "only the first so many images");
  return table;
}

}  // namespace

const config::Table<Scenario>& scenario_table() {
  static const auto table =
      config::Table<Scenario>("One experiment: a weight image, a machine, images to run.")
          .file("image", &Scenario::image, "weight image, as `reprise compress` writes it")
          .section("dataset", &Scenario::dataset, dataset_table(), "images to run, and their labels")
          .section("platform", &Scenario::platform, machine_table(), "the machine's constants")
          .file("technology", &Scenario::technology,
                "technology file: what each event costs; default: the one that comes with the program")
          .section("check", &Scenario::check, check_table(), "comparison with the integer reference")
          .section("trace", &Scenario::trace, trace_table(), "waveforms");
  return table;
}

}  // namespace reprise
