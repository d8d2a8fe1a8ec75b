#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "scenarios/expression.h"
#include "scenarios/sqlite.h"
#include "scenarios/sweep_points.h"
#include "support/error.h"
#include "tests/scenarios/workshop.h"

// Sweeps: which points there are, the database, resuming after anything, queries, the search for the best.

namespace {

using namespace reprise;
using namespace reprise::test;
using Catch::Contains;

namespace fs = std::filesystem;

/// A workshop with a scenario of its twelve images, and sweeps over it.
struct SweepWorkshop : Workshop {
  SweepWorkshop() {
    file("base.yaml", "include: [compress.yaml, run.yaml]\nnetwork: " + network_file("lenet5") +
                          "\ndataset: {count: 2}\ncheck: {images: 1}\nreport: {images: 0}\n");
  }

  std::string sweep_file(const std::string& rest) const { return file("sweep.yaml", "scenario: base.yaml\n" + rest); }
  SweepSpace space(const std::string& rest) const { return {sweep_file(rest), {}}; }
};

using Setting = std::pair<std::string, std::string>;

const char* const kSmall = R"(axes:
  - key: mapping.engine
    values: [dense, wpr]
  - key: platform.adc.bits
    range: {from: 4, to: 6, step: 1}
)";

/// The whole content of a database as text, but for the effort.
std::string content(const std::string& folder) {
  const sqlite::Database database(fs::path(folder) / "sweep.db", sqlite::Database::Mode::read);
  std::string text;
  for (const char* table :
       {"sweep ORDER BY key", "points ORDER BY id", "axes ORDER BY position", "settings ORDER BY point, key",
        "metrics ORDER BY point, name", "metric_names ORDER BY name", "layers ORDER BY point, position, metric"}) {
    text += std::string("== ") + table + "\n";
    for (const sqlite::Row& row : database.rows(std::string("SELECT * FROM ") + table)) {
      for (const sqlite::Value& value : row) text += sqlite::text_of(value).value_or("NULL") + "|";
      text += "\n";
    }
  }
  return text;
}

nlohmann::json query(const std::string& folder, std::vector<std::string> options) {
  options.insert(options.begin(), {"query", folder, "--json"});
  const Outcome outcome = run_program(options);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return nlohmann::json::parse(outcome.out);
}

TEST_CASE("a grid has all combinations, the last axis fastest, linked keys change together") {
  const SweepWorkshop workshop;
  const SweepSpace space = workshop.space(R"(axes:
  - keys: [mapping.engine, mapping.granularity]
    values: [[dense, null], [wpr, bit_column]]
  - key: platform.clock_mhz
    range: {from: 0.1, to: 0.3, step: 0.1}
)");
  const std::vector<SweepPoint> points = space.points();
  REQUIRE(points.size() == 6);
  CHECK(points[2].settings ==
        std::vector<Setting>{{"mapping.engine", "dense"}, {"mapping.granularity", "~"}, {"platform.clock_mhz", "0.3"}});
  CHECK(points[3].settings[1].second == "bit_column");
  CHECK(points[3].experiment.scenario.platform.clock_mhz == 0.1);
  CHECK(points[0].experiment.compression.mapping.granularity == Granularity::kernel);
  CHECK(points[3].experiment.compression.mapping.granularity == Granularity::bit_column);
  CHECK(space.keys() == std::vector<std::string>{"mapping.engine", "mapping.granularity", "platform.clock_mhz"});
}

TEST_CASE("ranges: integers stay integers, logarithmic ones have one ratio") {
  const SweepWorkshop workshop;
  const auto values = [&](const std::string& axis) {
    std::vector<std::string> texts;
    for (const SweepPoint& point : workshop.space("axes: [" + axis + "]\n").points()) {
      texts.push_back(point.settings[0].second);
    }
    return texts;
  };
  using Texts = std::vector<std::string>;
  CHECK(values("{key: platform.adc.bits, range: {from: 2, to: 6, step: 2}}") == Texts{"2", "4", "6"});
  CHECK(values("{key: platform.adc.bits, range: {from: 2, to: 7, step: 2}}") == Texts{"2", "4", "6"});
  CHECK(values("{key: platform.clock_mhz, range: {from: 1, to: 100, points: 3, scale: logarithmic}}") ==
        Texts{"1", "10", "100"});
  CHECK(values("{key: platform.clock_mhz, range: {from: 1, to: 2, points: 3}}") == Texts{"1", "1.5", "2"});
}

TEST_CASE("constraints leave points out, a key that is not there does, too") {
  const SweepWorkshop workshop;
  const std::string axes = R"(axes:
  - {key: hardware.operation_unit.rows, values: [4, 9, 16]}
  - {key: mapping.engine, values: [dense, wpr]}
)";
  CHECK(workshop.space(axes + "constraints: [2^platform.adc.bits > hardware.operation_unit.rows]\n").points().size() ==
        4);
  CHECK(workshop.space(axes + "constraints: [mapping.engine == wpr || hardware.operation_unit.rows < 5]\n")
            .points()
            .size() == 4);
  CHECK(workshop.space(axes + "constraints: [mapping.engine != sre && platform.pipeline.skip_zero_inputs]\n")
            .points()
            .size() == 6);
  CHECK_THROWS_WITH(workshop.space(axes + "constraints: [platform.buffer_rows > 0]\n").points(),
                    Contains("no point is left"));
  CHECK_THROWS_WITH(workshop.space(axes + "constraints: [platform.adc.bit > 0]\n"),
                    Contains("constraints[0]: platform.adc.bit: unknown name; did you mean platform.adc.bits?"));
  CHECK_THROWS_WITH(workshop.space(axes + "constraints: ['(1']\n"), Contains("expected a formula such as"));
}

TEST_CASE("samples: the seed decides, a Latin hypercube covers each axis evenly") {
  const SweepWorkshop workshop;
  const std::string axes = R"(axes:
  - {key: platform.clock_mhz, range: {from: 100, to: 200}}
  - {key: platform.router_cycles, range: {from: 0, to: 9}}
  - {key: mapping.engine, values: [dense, wpr]}
)";
  const auto points = [&](const std::string& sample) { return workshop.space(axes + "sample: " + sample).points(); };
  const std::vector<SweepPoint> latin = points("{method: latin_hypercube, points: 20, seed: 3}");
  REQUIRE(latin.size() == 20);
  std::map<int, int> clocks;
  std::map<int, int> cycles;
  std::map<std::string, int> engines;
  for (const SweepPoint& point : latin) {
    ++clocks[static_cast<int>((point.experiment.scenario.platform.clock_mhz - 100.0) / 5.0)];
    ++cycles[point.experiment.scenario.platform.router_cycles];
    ++engines[point.settings[2].second];
  }
  CHECK(clocks.size() == 20);
  CHECK(cycles.size() == 10);
  for (const auto& [value, count] : cycles) CHECK(count == 2);
  CHECK(engines["dense"] == 10);
  const auto texts = [](const std::vector<SweepPoint>& drawn) {
    std::string text;
    for (const SweepPoint& point : drawn) text += point.configuration;
    return text;
  };
  CHECK(texts(latin) == texts(points("{method: latin_hypercube, points: 20, seed: 3}")));
  CHECK(texts(latin) != texts(points("{method: latin_hypercube, points: 20, seed: 4}")));
  const std::vector<SweepPoint> random = points("{method: random, points: 20, seed: 3}");
  CHECK(random.size() == 20);
  CHECK(texts(random) != texts(latin));
  const SweepSpace coin =
      workshop.space("axes: [{key: mapping.engine, values: [dense, wpr]}]\nsample: {method: random, points: 50}\n");
  CHECK(coin.points().size() == 2);
}

TEST_CASE("wrong sweeps are refused with their place") {
  const SweepWorkshop workshop;
  const auto refused = [&](const std::string& rest, const std::string& message) {
    CHECK_THROWS_WITH(workshop.space(rest).points(), Contains(message));
  };
  refused("axes: []\n", "axes: empty");
  refused("axes: [{values: [1]}]\n", "axes[0]: expected either key or keys");
  refused("axes: [{key: a}]\n", "axes[0]: expected either values or range");
  refused("axes: [{key: platform.adc.bits, values: []}]\n", "expected a list with at least one value");
  refused("axes: [{key: platform.adc.bitz, values: [4]}]\n", "unknown key; did you mean bits?");
  refused("axes: [{key: platform.adc.bits, values: [4, 99]}]\n",
          "sweep.yaml:2:45: platform.adc.bits: 99 is out of range");
  refused("axes: [{keys: [a, b], values: [[1]]}]\n", "expected a list of 2");
  refused("axes: [{key: a, values: [1]}, {key: a, values: [2]}]\n", "stands on two axes");
  refused("axes: [{key: platform.adc.bits, range: {from: 1, to: 2}}]\n", "neither step nor points");
  refused("axes: [{key: platform.adc.bits, range: {from: 3, to: 2, step: 1}}]\n", "from is above to");
  refused("axes: [{key: platform.clock_mhz, range: {from: 0, to: 2, points: 3, scale: logarithmic}}]\n", "above 0");
  refused("axis: []\n", "axis: unknown key; did you mean axes?");
}

TEST_CASE("formulas: arithmetic, words, what is missing") {
  const Vocabulary vocabulary{{"a.b", "engine"}, {"wpr", "dense"}};
  const auto value = [&](const std::string& text, const std::map<std::string, std::string>& values) {
    return Expression(text, "", vocabulary).evaluate([&](const std::string& name) {
      const auto found = values.find(name);
      return found == values.end() ? std::nullopt : std::optional(found->second);
    });
  };
  CHECK(value("2 * a.b + 1", {{"a.b", "3"}}) == 7.0);
  CHECK(value("engine == wpr && a.b < 4", {{"a.b", "3"}, {"engine", "wpr"}}) == 1.0);
  CHECK(value("engine == wpr", {{"engine", "dense"}}) == 0.0);
  CHECK(value("engine != dense", {{"engine", "other"}}) == 1.0);
  CHECK(value("a.b == true", {{"a.b", "true"}}) == 1.0);
  CHECK_FALSE(value("a.b", {}).has_value());
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const double x = static_cast<double>(random() % 1000) / 8.0;
    const double y = static_cast<double>(random() % 1000) / 8.0;
    const std::string text = std::to_string(x) + " * a.b >= " + std::to_string(y);
    CHECK(value(text, {{"a.b", "2"}}) == (x * 2 >= y ? 1.0 : 0.0));
  }
}

TEST_CASE("a sweep fills its database, queries show it") {
  const SweepWorkshop workshop;
  const std::string file = workshop.sweep_file(std::string("name: small\n") + kSmall);
  const std::string folder = workshop.path("sweep");
  const Outcome outcome = run_program({"sweep", file, "-o", folder, "-j", "2"});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.out, Contains("6 points, 6 done, 0 failed"));
  std::size_t images = 0;
  for (const auto& entry : fs::directory_iterator(folder + "/images"))
    images += entry.path().extension() == ".h5" ? 1 : 0;
  CHECK(images == 2);  // shared by three points each

  const auto results = nlohmann::json::parse(read_text(folder + "/points/000005/results.json"));
  const auto rows = query(folder, {"--where", "point == 5", "--columns",
                                   "mapping.engine,platform.adc.bits,cycles,energy_pj,cells,accuracy"});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].at("mapping.engine") == "wpr");
  CHECK(rows[0].at("platform.adc.bits") == "5");
  CHECK(rows[0].at("cycles") == results.at("cycles_per_image").at("mean"));
  CHECK(rows[0].at("energy_pj") == results.at("energy_pj").at("total").get<double>() / 2.0);
  CHECK(rows[0].at("cells") == results.at("storage").at("cells"));
  CHECK(rows[0].at("accuracy") == results.at("accuracy").at("simulated"));

  const sqlite::Database database(folder + "/sweep.db", sqlite::Database::Mode::read);
  const auto layers = database.rows("SELECT sum(value) FROM layers WHERE point = 5 AND metric = 'activations'");
  CHECK(std::get<double>(layers[0][0]) == results.at("work").at("activations").get<double>() / 2.0);
  const auto configuration = database.rows("SELECT configuration FROM points WHERE id = 5");
  const std::string again = workshop.file("again.yaml", std::get<std::string>(configuration[0][0]));
  REQUIRE(run_program({"run", again, "-o", workshop.path("again")}).code == 0);
  auto repeated = nlohmann::json::parse(read_text(workshop.path("again/results.json")));
  for (const char* part : {"cycles_per_image", "energy_pj", "layers", "events"})
    CHECK(repeated.at(part) == results.at(part));

  const auto sorted = query(folder, {"--where", "state == done && mapping.engine == dense", "--sort",
                                     "platform.adc.bits:desc", "--columns", "point"});
  CHECK(sorted.dump() == R"([{"point":3},{"point":2},{"point":1}])");
  CHECK(run_program({"query", folder, "--columns", "point,state", "--where", "point < 3", "--csv"}).out ==
        "point,state\n1,done\n2,done\n");
  CHECK_THAT(run_program({"query", folder}).out, Contains("platform.adc.bits") && Contains("energy_pj"));
  CHECK_THAT(run_program({"query", folder, "--columns", "energi_pj"}).err, Contains("did you mean energy_pj?"));
  CHECK(run_program({"query", folder, "--where", "cycles >"}).code == 2);
  CHECK(run_program({"query", folder, "--sort", "cycles:up"}).code == 2);
  CHECK(run_program({"query", workshop.path("nowhere")}).code == 2);
}

TEST_CASE("a folder with a sweep: only --resume goes on, only with the same settings, only one at a time") {
  const SweepWorkshop workshop;
  const std::string folder = workshop.path("sweep");
  const std::string one = "axes: [{key: mapping.engine, values: [dense]}]\n";
  const std::string file = workshop.sweep_file(one);
  REQUIRE(run_program({"sweep", file, "-o", folder}).code == 0);
  const std::string before = content(folder);
  CHECK_THAT(run_program({"sweep", file, "-o", folder}).err, Contains("holds a sweep already; expected --resume"));
  CHECK(run_program({"sweep", file, "-o", folder, "--resume"}).code == 0);
  CHECK(content(folder) == before);
  const auto refused = [&](const std::string& rest, const std::string& message) {
    const Outcome outcome = run_program({"sweep", workshop.sweep_file(rest), "-o", folder, "--resume"});
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Contains(message));
    CHECK(content(folder) == before);
  };
  refused("axes: [{key: mapping.engine, values: [wpr]}]\n", "with other settings, from point 1 on");
  refused("axes: [{key: mapping.engine, values: [dense, wpr]}]\n", "a sweep of 1 points, not of 2");
  refused("axes: [{key: platform.adc.bits, values: [4]}]\n", "a sweep over mapping.engine, not over platform.adc.bits");
  const std::string locked = "flock '" + folder + "/lock' -c 'sleep 20' & echo $! > '" + workshop.path("pid") + "'";
  REQUIRE(std::system(locked.c_str()) == 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  CHECK_THAT(run_program({"sweep", workshop.sweep_file(one), "-o", folder, "--resume"}).err,
             Contains("another sweep is at work"));
  CHECK(std::system(("kill $(cat '" + workshop.path("pid") + "')").c_str()) == 0);
}

TEST_CASE("points that fail are kept with their error and log, the others go on") {
  const SweepWorkshop workshop;
  const std::string file = workshop.sweep_file(R"(axes:
  - {key: hardware.crossbar.rows, values: [128, 4]}
  - {key: dataset.first, values: [0, 100]}
)");
  const std::string folder = workshop.path("sweep");
  const Outcome outcome = run_program({"sweep", file, "-o", folder});
  CHECK(outcome.code == 4);
  CHECK_THAT(outcome.out, Contains("4 points, 1 done, 3 failed"));
  const auto rows = query(folder, {"--columns", "state,error"});
  CHECK(rows[0].at("state") == "done");
  CHECK_THAT(rows[1].at("error").get<std::string>(), Contains("exit code 2") && Contains("points/000002/log.txt"));
  CHECK_THAT(rows[2].at("error").get<std::string>(),
             Contains("compression: exit code 2") && Contains("hardware.operation_unit.rows"));
  CHECK(rows[2].at("error") == rows[3].at("error"));
  CHECK(fs::exists(folder + "/points/000002/log.txt"));
  CHECK(run_program({"sweep", file, "-o", folder, "--resume"}).code == 4);
  CHECK(run_program({"sweep", file, "-o", folder, "--resume", "--retry-failed"}).code == 4);
}

/// A sweep in a process of its own.
class RunningSweep {
 public:
  RunningSweep(const std::string& file, const std::string& folder) : pid_(fork()) {
    if (pid_ != 0) return;
    const std::string program = program_file();
    const std::string log = folder + ".log";
    if (std::freopen(log.c_str(), "w", stderr) == nullptr) _exit(126);
    execl(program.c_str(), "reprise", "sweep", file.c_str(), "-o", folder.c_str(), "--resume", "-j", "2", nullptr);
    _exit(127);
  }

  bool has_ended() { return ended_ || (ended_ = waitpid(pid_, &status_, WNOHANG) == pid_); }
  void stop(int signal) {
    if (has_ended()) return;
    kill(pid_, signal);
    waitpid(pid_, &status_, 0);
    ended_ = true;
  }
  int code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_); }

 private:
  pid_t pid_;
  int status_ = 0;
  bool ended_ = false;
};

/// Kills a sweep so many times at random moments, then lets it end.
void check_killed_sweeps(int kills) {
  const SweepWorkshop workshop;
  const std::string file = workshop.sweep_file(kSmall);
  const std::string undisturbed = workshop.path("undisturbed");
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(run_program({"sweep", file, "-o", undisturbed, "-j", "2"}).code == 0);
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  std::mt19937 random(static_cast<unsigned>(kills));
  int killed = 0;
  for (int round = 0; killed < kills; ++round) {
    const std::string folder = workshop.path("killed" + std::to_string(round));
    for (bool ended = false; !ended;) {
      RunningSweep sweep(file, folder);
      std::this_thread::sleep_for(whole * (random() % 600 + 1) / 1000);
      ended = sweep.has_ended();
      if (killed >= kills) {
        while (!sweep.has_ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ended = true;
      } else if (!ended) {
        sweep.stop(SIGKILL);
        ++killed;
      }
      if (ended) CHECK(sweep.code() == 0);
    }
    CHECK(content(folder) == content(undisturbed));
  }
}

TEST_CASE("a sweep that is killed at random moments and resumed ends as an undisturbed one") {
  check_killed_sweeps(3);
}

TEST_CASE("twenty kills", "[.][long]") {
  check_killed_sweeps(20);
}

TEST_CASE("Ctrl-C ends a sweep with code 130, it can be resumed, and no point is left at work") {
  const SweepWorkshop workshop;
  const std::string file = workshop.sweep_file(kSmall);
  const std::string folder = workshop.path("sweep");
  RunningSweep sweep(file, folder);
  while (!fs::exists(folder + "/images") && !sweep.has_ended())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  sweep.stop(SIGINT);
  CHECK(sweep.code() == 130);
  CHECK(std::system(("pgrep -f '[r]eprise (run|compress) .*" + folder + "' > /dev/null").c_str()) != 0);
  CHECK(run_program({"sweep", file, "-o", folder, "--resume"}).code == 0);
}

TEST_CASE("optimise finds the best of a grid that it can see whole, and resumes for free") {
  const SweepWorkshop workshop;
  const std::string axes = R"(axes:
  - {key: hardware.operation_unit.rows, values: [4, 9]}
  - {key: platform.pipeline.scatter_ports, values: [1, 4]}
)";
  const std::string search = R"(search:
  metric: energy_pj * time_us
  require: [{metric: cells, at_least: 1}]
  restarts: 2
  points: 10
)";
  const std::string file = workshop.sweep_file(axes + search);
  const std::string folder = workshop.path("search");
  const Outcome outcome = run_program({"optimise", file, "-o", folder, "--json"});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const auto best = nlohmann::json::parse(outcome.out);
  REQUIRE(
      run_program({"sweep", workshop.file("grid.yaml", "scenario: base.yaml\n" + axes), "-o", workshop.path("grid")})
          .code == 0);
  double least = 1e300;
  for (const auto& row : query(workshop.path("grid"), {"--columns", "energy_pj,time_us"})) {
    least = std::min(least, row.at("energy_pj").get<double>() * row.at("time_us").get<double>());
  }
  const auto& metrics = best.at("metrics");
  CHECK(metrics.at("energy_pj").get<double>() * metrics.at("time_us").get<double>() == Approx(least));
  const std::string before = content(folder);
  CHECK(run_program({"optimise", file, "-o", folder, "--resume", "--json"}).out == outcome.out);
  CHECK(content(folder) == before);

  const std::string never = workshop.file("never.yaml", "scenario: base.yaml\n" + axes +
                                                            "search: {metric: cycles, require: [{metric: cells, "
                                                            "at_most: 10}], restarts: 1, points: 2}\n");
  const Outcome none = run_program({"optimise", never, "-o", workshop.path("never")});
  CHECK(none.code == 4);
  CHECK_THAT(none.err, Contains("no configuration met search.require"));
  CHECK(query(workshop.path("never"), {"--columns", "point"}).size() == 2);
  CHECK(run_program({"optimise", workshop.path("grid.yaml"), "-o", workshop.path("x")}).code == 2);
}

}  // namespace
