#include <sqlite3.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <tuple>

#include "tests/scenarios/browser.h"
#include "tests/scenarios/workshop.h"

// The pages show what results.json and sweep.db say, everywhere and without a network.

namespace {

using namespace reprise;
using namespace reprise::test;
using nlohmann::json;

const std::vector<std::string> kBitColumns{"--engine", "wpr", "--granularity", "bit_column"};

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// Nothing that a browser would fetch, and no script that ends before its time.
void check_self_contained(const std::string& html) {
  CHECK(count_of(html, "<script") == 3);
  CHECK(count_of(html, "</script") == 3);
  CHECK(count_of(html, "</html>") == 1);
  CHECK(html.find("{{") == std::string::npos);
  CHECK(html.find("Content-Security-Policy\" content=\"default-src 'none';") != std::string::npos);
  CHECK(!std::regex_search(html, std::regex("<(link|img|iframe|object)[ >]|@import|\\ssrc=")));
}

/// What a figure's text says, with its metric prefix, comma or per cent, is its value but for rounding and the unit's
/// own power of ten.
void check_text(const ShownFigure& figure) {
  std::string digits = std::regex_replace(figure.text, std::regex(","), "");
  const double said = std::stod(digits);
  INFO(figure.pointer << ": " << figure.value << " shown as " << figure.text);
  if (figure.value == 0) {
    CHECK(said == 0);
    return;
  }
  const bool share = digits.find('%') != std::string::npos;
  const double powers = share ? -2.0 : std::round(std::log10(figure.value / said));
  const double error = std::abs(said * std::pow(10.0, powers) - figure.value);
  CHECK(error <=
        (share ? 0.00051 : 0.00051 * std::abs(figure.value) + (digits.find('.') == std::string::npos ? 0.5 : 0)));
}

/// Every number of the page against what it was made from.
void check_figures(const RenderedPage& page, const json& data, std::size_t at_least) {
  const std::vector<ShownFigure> figures = figures_of(page);
  std::size_t compared = 0;
  for (const ShownFigure& figure : figures) {
    check_text(figure);
    if (figure.pointer.empty()) continue;
    ++compared;
    INFO(figure.pointer);
    const json::json_pointer pointer(figure.pointer);
    REQUIRE(data.contains(pointer));
    const double expected = data.at(pointer).get<double>();
    CHECK(
        figure.value ==
        Approx(figure.per == "images" ? expected / data["results"]["images"].get<double>() : expected).epsilon(1e-12));
  }
  CHECK(compared >= at_least);
}

/// @returns the page at the last of the widths
RenderedPage check_rendering(const Browser& browser, const std::string& file, const std::string& charts) {
  RenderedPage page;
  for (const auto& [width, scheme, colour] :
       {std::tuple(390, Scheme::dark, "#3fa7b8"), std::tuple(1400, Scheme::light, "#0b7285")}) {
    INFO(width);
    page = browser.render(file, width, scheme);
    CHECK(page.console.empty());
    CHECK(page.state["rendered"] == "yes");
    CHECK(page.state["faults"] == "0");
    CHECK(page.state["overflow"] == "0");
    CHECK(page.state["charts"] == charts);
    CHECK(page.dom.find(std::string("fill=\"") + colour) != std::string::npos);  // in a chart
    for (const char* wrong : {"NaN", "undefined", "[object"}) {
      INFO(wrong);
      CHECK(page.dom.substr(0, page.dom.find("<noscript")).find(wrong) == std::string::npos);
    }
  }
  return page;
}

TEST_CASE("The page of a run holds its results, and can be made again") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", kBitColumns);
  const json results = workshop.run(image, "run");
  const std::string html = read_text(workshop.path("run/report.html"));
  check_self_contained(html);
  const json data = data_of(html);
  CHECK(data["results"] == results);
  CHECK(data["engines_csv"] == read_text(workshop.path("run/engines.csv")));
  CHECK(data["pipeline_csv"] == read_text(workshop.path("run/pipeline.csv")));
  std::filesystem::remove(workshop.path("run/report.html"));
  CHECK(run_program({"report", workshop.path("run")}).code == 0);
  CHECK(read_text(workshop.path("run/report.html")) == html);
  workshop.run(image, "without", {"--no-report"});
  CHECK(!std::filesystem::exists(workshop.path("without/report.html")));
}

TEST_CASE("A folder without results, or with damaged ones, is refused") {
  const Workshop workshop;
  std::filesystem::create_directories(workshop.path("folder"));
  for (const auto& [name, content, complaint] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"", "", "neither results.json nor sweep.db"},
           {"sweep.db", "not a database, but long enough to be looked at by one who reads them", "sweep.db"},
           {"results.json", "{", "not JSON"},
           {"results.json", "{\"schema_version\": 99}", "schema_version"},
           {"results.json", "{\"schema_version\": 2}", "damaged"}}) {
    INFO(name << " " << content);
    if (!name.empty()) workshop.file("folder/" + name, content);
    const Outcome outcome = run_program({"report", workshop.path("folder")});
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Catch::Contains(complaint));
    CHECK(!std::filesystem::exists(workshop.path("folder/report.html")));
  }
}

TEST_CASE("A browser shows the page of a run: narrow and wide, dark and light, on paper") {
  const auto browser = Browser::find();
  if (!browser) return;
  const Workshop workshop;
  workshop.file("run.yaml", read_text(workshop.path("run.yaml")) + "platform: {links: contended}\n");
  workshop.run(workshop.compress(network_file("lenet5"), "image.h5", kBitColumns), "run");
  const std::string file = workshop.path("run/report.html");
  const RenderedPage page = check_rendering(*browser, file, "9");
  check_figures(page, data_of(read_text(file)), 400);
  browser->print(file, workshop.path("page.pdf"));
  const std::string pdf = read_text(workshop.path("page.pdf"));
  CHECK(pdf.substr(0, 5) == "%PDF-");
  CHECK(pdf.size() > 50'000);
}

TEST_CASE("Runs without what newer ones write down are shown, too") {
  const auto browser = Browser::find();
  if (!browser) return;
  const Workshop workshop;
  json results = workshop.run(workshop.compress(network_file("lenet5"), "image.h5"), "run", {"--no-report"});
  for (const char* key : {"tiles", "repetition"}) results.erase(key);
  for (json& layer : results["layers"]) {
    layer.erase("repetition");
    layer.erase("energy_by_component_pj");
  }
  std::filesystem::create_directories(workshop.path("older"));
  workshop.file("older/results.json", results.dump());
  REQUIRE(run_program({"report", workshop.path("older")}).code == 0);
  check_rendering(*browser, workshop.path("older/report.html"), "4");
}

TEST_CASE("Runs are compared on a page") {
  const Workshop workshop;
  const std::string dense = workshop.compress(network_file("lenet5"), "dense.h5");
  const std::string wpr = workshop.compress(network_file("lenet5"), "wpr.h5", kBitColumns);
  workshop.run(dense, "one");
  workshop.run(wpr, "two");
  const Outcome outcome =
      run_program({"compare", workshop.path("one"), workshop.path("two"), "--html", workshop.path("page.html")});
  REQUIRE(outcome.code == 0);
  const std::string html = read_text(workshop.path("page.html"));
  check_self_contained(html);
  const json data = data_of(html);
  CHECK(data["runs"][1]["name"] == "two");
  CHECK(data["runs"][1]["results"] == json::parse(read_text(workshop.path("two/results.json"))));
  CHECK(data["quantities"].size() > 20);
  const auto browser = Browser::find();
  if (!browser) return;
  check_figures(check_rendering(*browser, workshop.path("page.html"), "5"), data, 40);
}

/// A sweep over two axes with two metrics, as `reprise sweep` would leave it.
class SweepDatabase {
 public:
  explicit SweepDatabase(const std::string& file) {
    REQUIRE(sqlite3_open(file.c_str(), &database_) == SQLITE_OK);
    execute(
        "CREATE TABLE sweep(key TEXT PRIMARY KEY, value TEXT);"
        "CREATE TABLE points(id INTEGER PRIMARY KEY, state TEXT, error TEXT, seed INTEGER, version TEXT,"
        " configuration TEXT);"
        "CREATE TABLE axes(position INTEGER PRIMARY KEY, key TEXT UNIQUE);"
        "CREATE TABLE settings(point INTEGER, key TEXT, value TEXT);"
        "CREATE TABLE metrics(point INTEGER, name TEXT, value REAL);"
        "CREATE TABLE metric_names(name TEXT PRIMARY KEY, unit TEXT, meaning TEXT);"
        "CREATE TABLE effort(point INTEGER PRIMARY KEY, seconds REAL, memory_mib REAL);"
        "INSERT INTO axes VALUES (0, 'platform.adc.bits'), (1, 'mapping.engine');"
        "INSERT INTO metric_names VALUES ('energy_pj', 'pJ', 'of an image'),"
        " ('accuracy', '0..1', 'of the </script> outputs');"
        "INSERT INTO sweep VALUES ('scenario', 'run.yaml');");
  }
  ~SweepDatabase() { sqlite3_close(database_); }
  SweepDatabase(const SweepDatabase&) = delete;
  SweepDatabase& operator=(const SweepDatabase&) = delete;

  void add(int id, double energy, double accuracy) {
    const std::string point = std::to_string(id);
    execute("INSERT INTO points VALUES (" + point + ", 'done', NULL, 1, '0.1', 'bits: " + std::to_string(id % 4) +
            "\nengine: <dense>');INSERT INTO settings VALUES (" + point + ", 'platform.adc.bits', '" +
            std::to_string(id % 4) + "'), (" + point + ", 'mapping.engine', '<dense>');INSERT INTO metrics VALUES (" +
            point + ", 'energy_pj', " + std::to_string(energy) + "), (" + point + ", 'accuracy', " +
            std::to_string(accuracy) + ");INSERT INTO effort VALUES (" + point + ", 1.5, 100)");
  }
  void add_failure(int id) {
    const std::string point = std::to_string(id);
    execute("INSERT INTO points VALUES (" + point + ", 'failed', 'too few tiles', 1, '0.1', 'bits: 4')");
  }

 private:
  void execute(const std::string& statements) {
    char* message = nullptr;
    const int code = sqlite3_exec(database_, statements.c_str(), nullptr, nullptr, &message);
    INFO((message == nullptr ? "" : message));
    REQUIRE(code == SQLITE_OK);
  }
  sqlite3* database_ = nullptr;
};

/// The points that no other beats: less energy, more accuracy.
std::set<int> front_of(const std::vector<std::pair<double, double>>& points) {
  std::set<int> front;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto beats = [&](const auto& other) {
      return other.first <= points[i].first && other.second >= points[i].second && other != points[i];
    };
    if (std::none_of(points.begin(), points.end(), beats)) front.insert(static_cast<int>(i) + 1);
  }
  return front;
}

TEST_CASE("The page of a sweep shows its points and the front") {
  const Workshop workshop;
  std::filesystem::create_directories(workshop.path("sweep"));
  std::vector<std::pair<double, double>> points;
  {
    SweepDatabase database(workshop.path("sweep/sweep.db"));
    std::mt19937 random(7);
    std::uniform_real_distribution<double> share(0.0, 1.0);
    for (int id = 1; id <= 300; ++id) {
      points.emplace_back(std::round(1e9 * (0.2 + share(random))), std::round(1e6 * share(random)) / 1e6);
      database.add(id, points.back().first, points.back().second);
    }
    database.add_failure(301);
  }
  REQUIRE(run_program({"report", workshop.path("sweep")}).code == 0);
  const std::string html = read_text(workshop.path("sweep/report.html"));
  check_self_contained(html);
  const json data = data_of(html);
  REQUIRE(data["points"].size() == 301);
  CHECK(data["axes"] == json{"platform.adc.bits", "mapping.engine"});
  CHECK(data["points"][4]["settings"]["platform.adc.bits"] == "1");
  CHECK(data["points"][4]["metrics"]["energy_pj"] == points[4].first);
  CHECK(data["points"][300]["error"] == "too few tiles");
  CHECK(data["lines"].size() == 6);
  CHECK(data["lines"][data["points"][4]["configuration"][1].get<std::size_t>()] == "engine: <dense>");
  const auto browser = Browser::find();
  if (!browser) return;
  const RenderedPage page = check_rendering(*browser, workshop.path("sweep/report.html"), "2");
  check_figures(page, data, 600);
  std::set<int> front;
  const std::size_t at = page.dom.find("data-front=\"");
  REQUIRE(at != std::string::npos);
  std::istringstream ids(page.dom.substr(at + 12, page.dom.find('"', at + 12) - at - 12));
  for (int id = 0; ids >> id;) front.insert(id);
  CHECK(front == front_of(points));
}

}  // namespace
