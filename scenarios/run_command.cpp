#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <type_traits>

#include "compression/image/image_file.h"
#include "compression/network/integer_reference.h"
#include "compression/passes/accuracy.h"
#include "platform/simulation.h"
#include "platform/statistics_merge.h"
#include "platform/wave_conversion.h"
#include "scenarios/commands.h"
#include "scenarios/compression_job.h"
#include "scenarios/effort.h"
#include "scenarios/experiment.h"
#include "scenarios/occupancy.h"
#include "scenarios/results.h"
#include "scenarios/run_report.h"
#include "scenarios/settings_option.h"
#include "scenarios/technology_library.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/log.h"
#include "support/phase_clock.h"
#include "support/processes.h"
#include "support/progress.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string scenario;
  std::string output;
  std::optional<std::string> image;
  std::optional<std::uint64_t> count;
  std::vector<std::string> settings;
  std::optional<std::string> effort;
  bool json = false;
  bool report = true;
  unsigned jobs = 1;
};

Experiment effective_experiment(const Options& options) {
  Experiment experiment = read_experiment(load_experiment_node(options.scenario, options.settings));
  Scenario& scenario = experiment.scenario;
  if (options.image) {
    if (experiment.network) throw InputError("--image: stands beside network; expected one of them");
    scenario.image = fs::absolute(*options.image).string();
  }
  if (options.count) scenario.dataset.count = *options.count;
  if (scenario.image.empty() && !experiment.network) {
    throw InputError(options.scenario + ": image: missing; expected a path here or --image IMAGE.h5, or network");
  }
  if (scenario.dataset.images.empty())
    throw InputError(options.scenario + ": dataset.images: missing; expected a path");
  return experiment;
}

Dataset load_for(const WeightImage& image, const Scenario& scenario) {
  Dataset dataset = load_dataset(scenario.dataset);
  const Shape& wanted = image.network.input_shape;
  if (dataset.shape() != wanted) {
    const Shape& is = dataset.shape();
    throw InputError(
        fmt::format("{}: the images are {} x {} x {} (channels x height x width); the network '{}' takes "
                    "{} x {} x {}",
                    scenario.dataset.images, is.channels, is.height, is.width, image.network.name, wanted.channels,
                    wanted.height, wanted.width));
  }
  return dataset;
}

int adc_bits(const AdcConfig& adc, const Geometry& geometry) {
  if (adc.kind != AdcKind::ideal) return adc.bits;
  int bits = 1;
  while ((1 << bits) <= geometry.unit_rows) ++bits;
  return bits;
}

/// Follows the outputs of a run: classes against labels, the first ones bit for bit against the reference.
class OutputCheck {
 public:
  OutputCheck(const WeightImage& image, const Dataset& dataset, int check_images, bool lossless)
      : image_(image), dataset_(dataset) {
    outcome_.labelled = dataset.has_labels();
    outcome_.lossless = lossless;
    to_check_ = std::min<std::size_t>(dataset.size(), static_cast<std::size_t>(check_images));
    if (to_check_ > 0) reference_.emplace(QuantisedNetwork{image.network, image.reference_weights, {}});
  }

  std::vector<std::uint8_t> input(std::size_t number) const {
    return dataset_.quantised(number, image_.network.preprocessing, image_.network.input_quantisation);
  }

  void take(std::size_t number, const std::vector<std::uint8_t>& output) {
    if (number < to_check_) compare(number, output);
    if (outcome_.labelled && static_cast<int>(top1(output)) == dataset_.label(number)) ++outcome_.correct;
    ++outcome_.images;
  }

  const RunOutcome& outcome() const { return outcome_; }

 private:
  void compare(std::size_t number, const std::vector<std::uint8_t>& output) {
    const std::vector<std::uint8_t> expected = reference_->output(input(number));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (output[i] == expected[i]) continue;
      throw CheckError(
          fmt::format("image {}, output {}: simulated {}, integer reference {}", number, i, output[i], expected[i]));
    }
    ++outcome_.checked;
  }

  const WeightImage& image_;
  const Dataset& dataset_;
  std::size_t to_check_ = 0;
  std::optional<IntegerReference> reference_;
  RunOutcome outcome_;
};

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) {
    throw InputError(fmt::format("{}: cannot make the output folder: {}", folder.string(), error.message()));
  }
}

/// The waveform and the timeline, which appear when the run is over.
class Traces {
 public:
  Traces(const TraceConfig& config, const fs::path& folder) {
    request_.signals = config.signals;
    request_.first_image = config.first_image;
    request_.images = config.images;
    request_.first_cycle = config.first_cycle;
    request_.last_cycle = config.last_cycle;
    if (config.timeline) request_.timeline = timeline_.emplace(folder / "timeline.json").temporary();
    if (!config.waveform) return;
    request_.waveform = waves_.emplace(folder / "waves.vcd").temporary();
    request_.view = view_.emplace(folder / "waves.gtkw").temporary();
    request_.shown_file = "waves.vcd";
    if (config.format != WaveFormat::fst) return;
    if (can_convert_to_fst()) {
      packed_.emplace(folder / "waves.fst");
      request_.shown_file = "waves.fst";
    } else {
      log_warn("no waves.fst: the program vcd2fst, of the package gtkwave, is missing");
    }
  }

  const TraceRequest& request() const { return request_; }

  void commit() {
    if (packed_) convert_to_fst(*request_.waveform, packed_->temporary());
    for (std::optional<AtomicFile>* file : {&timeline_, &waves_, &view_, &packed_}) {
      if (*file) (*file)->commit();
    }
  }

 private:
  TraceRequest request_;
  std::optional<AtomicFile> timeline_;
  std::optional<AtomicFile> waves_;
  std::optional<AtomicFile> view_;
  std::optional<AtomicFile> packed_;
};

/// What there is to simulate, and what follows it.
struct Batch {
  const WeightImage& image;
  const MachineConfig& machine;
  OutputCheck& check;
  PhaseClock& clock;
  std::size_t images = 0;
  TraceRequest trace;
};

/// Images `first` to `end` - 1 of the data set; `step` is called for each when it is through.
SimulationStatistics simulate_images(const Batch& batch, std::size_t first, std::size_t end,
                                     const std::function<void()>& step) {
  SimulationRequest request{batch.image,
                            batch.machine,
                            end - first,
                            [&](std::size_t number) {
                              if (number < 2) batch.clock.start(number == 0 ? "first image" : "other images");
                              return batch.check.input(first + number);
                            },
                            [&](std::size_t number, const std::vector<std::uint8_t>& output) {
                              batch.check.take(first + number, output);
                              step();
                            },
                            batch.trace,
                            nullptr};
  request.machine.first_image = first;
  batch.clock.start("elaboration");
  return simulate(request);
}

/// What a process hands back.
std::string pack_share(const RunOutcome& outcome, const SimulationStatistics& statistics) {
  return std::string(reinterpret_cast<const char*>(&outcome), sizeof outcome) + pack(statistics);
}

/// In processes, each with a simulation of its own of as many images as the others, or one less.
SimulationStatistics simulate_in_processes(const Batch& batch, unsigned jobs, RunOutcome& outcome, Progress& progress) {
  static_assert(std::is_trivially_copyable_v<RunOutcome>);
  const auto first_of = [&](std::size_t job) { return batch.images * job / jobs; };
  const std::vector<std::string> shares = run_in_processes(
      jobs,
      [&](unsigned job, const std::function<void()>& step) {
        const SimulationStatistics share = simulate_images(batch, first_of(job), first_of(job + 1), step);
        return pack_share(batch.check.outcome(), share);
      },
      [&] { progress.advance(); });
  std::optional<SimulationStatistics> all;
  for (const std::string& share : shares) {
    RunOutcome part;
    std::memcpy(&part, share.data(), sizeof part);
    outcome.images += part.images;
    outcome.correct += part.correct;
    outcome.checked += part.checked;
    const SimulationStatistics statistics = unpack_statistics(share.substr(sizeof part));
    if (all) {
      append(*all, statistics);
    } else {
      all = statistics;
    }
  }
  return *all;
}

/// Refuses what separate simulations would not give alike.
void check_jobs(const Options& options, const Scenario& scenario, const WeightImage& image) {
  if (options.jobs == 1) return;
  if (RoundPlan(image, scenario.platform).reloads()) {
    throw InputError(
        fmt::format("--jobs {}: in rounds each image finds the cells as the one before has left them; "
                    "expected --jobs 1",
                    options.jobs));
  }
  if (scenario.platform.images_in_flight > 1) {
    throw InputError(
        fmt::format("--jobs {}: images in flight meet in one machine; expected "
                    "platform.images_in_flight: 1 or --jobs 1",
                    options.jobs));
  }
  if (scenario.trace.waveform || scenario.trace.timeline) {
    throw InputError(
        fmt::format("--jobs {}: waveforms and timelines are of one simulation; expected --jobs 1", options.jobs));
  }
}

SimulationStatistics simulate_all(const Batch& batch, unsigned jobs, RunOutcome& outcome) {
  Progress progress("images", batch.images);
  const auto processes = static_cast<unsigned>(std::min<std::size_t>(jobs, batch.images));
  if (processes > 1) {
    batch.clock.start("images");
    outcome = batch.check.outcome();
    return simulate_in_processes(batch, processes, outcome, progress);
  }
  SimulationStatistics statistics = simulate_images(batch, 0, batch.images, [&] { progress.advance(); });
  outcome = batch.check.outcome();
  return statistics;
}

/// Before the run, which may take hours.
void check_effort_file(const Options& options) {
  if (!options.effort) return;
  const fs::path file = fs::absolute(*options.effort);
  if (fs::is_directory(file.parent_path()) && !fs::is_directory(file)) return;
  throw InputError(
      fmt::format("--effort {}: cannot be written; expected a file in a folder that is there", *options.effort));
}

void run(const Options& options) {
  check_effort_file(options);
  PhaseClock clock;
  const Experiment experiment = effective_experiment(options);
  Scenario scenario = experiment.scenario;
  Technology technology = find_technology(scenario.technology);
  if (scenario.adc_law) technology.adc.law = *scenario.adc_law;
  const fs::path folder = options.output;
  if (experiment.network) {
    clock.start("compression");
    make_folder(folder);
    scenario.image = fs::absolute(folder / "image.h5").lexically_normal().string();
    const CompressionJob job{*experiment.network, experiment.compression, scenario.image, {}};
    // In a process of its own: one that has used several threads cannot be copied safely, as --jobs does.
    run_in_processes(
        1,
        [&job](unsigned, const std::function<void()>&) {
          make_image_once(job);
          return std::string();
        },
        [] {});
  }
  clock.start("loading");
  WeightImage image = read_image(scenario.image);
  check_jobs(options, scenario, image);
  const bool lossless = is_lossless(scenario.platform.adc, image.geometry.unit_rows);
  const int check_images = lossless ? scenario.check.images : 0;
  if (check_images > 0 && image.reference_weights.empty()) {
    throw InputError(scenario.image + ": has no reference weights to compare with; expected check.images: 0");
  }
  if (!lossless) {
    log_info("converters do not tell all sums of {} rows: outputs are not compared with the integer reference",
             image.geometry.unit_rows);
  }
  const Dataset dataset = load_for(image, scenario);
  const int bits = adc_bits(scenario.platform.adc, image.geometry);
  check_coverage(technology, bits);  // before the run

  make_folder(folder);
  OutputCheck check(image, dataset, check_images, lossless);
  image.reference_weights = {};  // the check has its own, and the machine must not have any
  Traces traces(scenario.trace, folder);
  MachineConfig machine = scenario.platform;
  machine.writing = cell_writing(technology);
  RunOutcome outcome;
  const SimulationStatistics statistics =
      simulate_all({image, machine, check, clock, dataset.size(), traces.request()}, options.jobs, outcome);

  clock.start("results");
  const Costs costs = make_costs(technology, bits, image, scenario.platform, statistics);
  const nlohmann::ordered_json results = make_results(scenario, image, statistics, costs, outcome);
  traces.commit();
  write_file_atomically(folder / "layers.csv", layers_csv(results));
  write_file_atomically(folder / "engines.csv", engines_csv(image, statistics));
  write_file_atomically(folder / "pipeline.csv", pipeline_csv(image, statistics));
  write_file_atomically(folder / "results.json", results.dump(2) + "\n");
  if (options.report) write_run_report(folder);
  if (options.effort) write_file_atomically(*options.effort, effort_json(clock.stop()));
  std::cout << (options.json ? results.dump(2) + "\n" : summary(results));
  log_info("wrote {}", folder.string());
}

}  // namespace

void add_run_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", "Simulate a scenario: accuracy, cycles, energy, waveforms");
  command->add_option("scenario", options->scenario, "What to run, YAML")->required()->type_name("SCENARIO.yaml");
  command
      ->add_option("-o,--output", options->output,
                   "Folder for results.json, tables, report.html, waveforms and timeline")
      ->required()
      ->type_name("DIR");
  command->add_option("--image", options->image, "Weight image, in place of `image`")->type_name("IMAGE.h5");
  command->add_option("--count", options->count, "Number of images, in place of dataset.count")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}, "1..1000000000"));
  add_settings_option(*command, options->settings);
  command->add_option("--effort", options->effort, "Write what it took: seconds by phase and memory, JSON")
      ->type_name("FILE.json");
  command->add_flag("--json", options->json, "results.json in place of the summary");
  command->add_flag("!--no-report", options->report, "Without report.html");
  command->add_option("--jobs", options->jobs, "Processes that share the images; results do not depend on it")
      ->check(CLI::Range(1U, 1024U, "1..1024"));
  command->footer("Example: reprise run lenet5.yaml --image lenet5.h5 --count 100 -o results");
  command->callback([options] { run(*options); });
}

}  // namespace reprise
