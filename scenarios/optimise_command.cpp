#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/commands.h"
#include "scenarios/expression.h"
#include "scenarios/sweep_options.h"
#include "scenarios/sweep_report.h"
#include "scenarios/text_table.h"
#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

/// How good a configuration is: first how little it misses the requirements, then what is looked for.
struct Rating {
  double missed = std::numeric_limits<double>::infinity();  ///< 0: meets all of them; infinite: it failed
  double objective = std::numeric_limits<double>::infinity();

  bool operator<(const Rating& other) const {
    return missed != other.missed ? missed < other.missed : objective < other.objective;
  }
};

class Judge {
 public:
  explicit Judge(const SearchConfig& search, const std::string& file)
      : search_(search), objective_(search.metric, file + ": search.metric: ", vocabulary()) {
    for (std::size_t i = 0; i < search.require.size(); ++i) {
      const RequirementConfig& requirement = search.require[i];
      const std::string place = fmt::format("{}: search.require[{}]: ", file, i);
      if (!requirement.at_least && !requirement.at_most) {
        throw InputError(place + "neither at_least nor at_most; expected one of them, or both");
      }
      requirements_.emplace_back(requirement.metric, place, vocabulary());
    }
  }

  Rating rating(const std::map<std::string, double>& metrics) const {
    const std::optional<double> objective = value(objective_, metrics);
    if (!objective || !std::isfinite(*objective)) return {};
    Rating rating{0.0, search_.goal == Goal::minimise ? *objective : -*objective};
    for (std::size_t i = 0; i < requirements_.size(); ++i) {
      const std::optional<double> is = value(requirements_[i], metrics);
      if (!is) return {};
      if (const auto& least = search_.require[i].at_least) rating.missed += share_missing(*least - *is, *least);
      if (const auto& most = search_.require[i].at_most) rating.missed += share_missing(*is - *most, *most);
    }
    return rating;
  }

 private:
  static Vocabulary vocabulary() {
    Vocabulary vocabulary;
    for (const RunMetric& metric : all_metrics()) vocabulary.names.insert(metric.name);
    return vocabulary;
  }
  static std::optional<double> value(const Expression& expression, const std::map<std::string, double>& metrics) {
    return expression.evaluate([&](const std::string& name) {
      const auto found = metrics.find(name);
      return found == metrics.end() ? std::nullopt : std::optional(fmt::format("{}", found->second));
    });
  }
  static double share_missing(double missing, double bound) {
    return std::max(0.0, missing) / std::max(std::abs(bound), 1e-9);
  }

  const SearchConfig& search_;
  Expression objective_;
  std::vector<Expression> requirements_;
};

/// Coordinate descent from random points of the grid: docs/sweeps.md. What the database knows is not simulated again.
class Search {
 public:
  Search(const SweepSpace& space, const SearchConfig& search, SweepDatabase& database, SweepRunner& runner)
      : space_(space),
        search_(search),
        judge_(search, space.file()),
        database_(database),
        runner_(runner),
        sizes_(space.grid()),
        numbers_(database.numbers()) {}

  /// Number of the best point.
  std::int64_t run() {
    for (int descent = 0; descent < search_.restarts && has_budget(); ++descent) {
      if (const auto start = random_start(descent)) descend(*start);
    }
    if (best_ == 0) throw InputError(space_.file() + ": constraints: no point is left");
    return best_;
  }

  bool best_is_good() const { return best_rating_.missed == 0.0; }
  std::size_t points() const { return asked_.size(); }

 private:
  using Choice = SweepSpace::Choice;
  static constexpr int kTries = 1000;

  bool has_budget() const { return asked_.size() < static_cast<std::size_t>(search_.points); }

  std::optional<Choice> random_start(int descent) const {
    for (int attempt = 0; attempt < kTries; ++attempt) {
      Choice choice;
      const auto stream = static_cast<std::uint64_t>(descent) * kTries + static_cast<std::uint64_t>(attempt);
      for (std::size_t axis = 0; axis < sizes_.size(); ++axis) {
        choice.push_back(draw(search_.seed, stream, axis) % sizes_[axis]);
      }
      if (space_.at(choice)) return choice;
    }
    return std::nullopt;
  }

  void descend(Choice choice) {
    std::vector<Rating> ratings = evaluate({choice});
    if (ratings.empty()) return;
    Rating rating = ratings.front();
    for (std::size_t unchanged = 0, axis = 0; unchanged < sizes_.size() && has_budget();
         axis = (axis + 1) % sizes_.size()) {
      std::vector<Choice> line;
      for (std::size_t value = 0; value < sizes_[axis]; ++value) {
        line.push_back(choice);
        line.back()[axis] = value;
      }
      ratings = evaluate(line);
      ++unchanged;
      for (std::size_t value = 0; value < ratings.size(); ++value) {
        if (!(ratings[value] < rating)) continue;
        rating = ratings[value];
        choice = line[value];
        unchanged = 1;  // this axis is at its best now
      }
    }
  }

  /// Scores of points, as far as the budget reaches; excluded ones are as bad as failed ones.
  std::vector<Rating> evaluate(const std::vector<Choice>& choices) {
    std::vector<std::int64_t> numbers;  // 0: excluded
    std::vector<SweepPoint> added;
    SweepRunner::Points pending;
    for (const Choice& choice : choices) {
      std::optional<SweepPoint> point = space_.at(choice);
      if (!point) {
        numbers.push_back(0);
        continue;
      }
      const auto [known, is_new] =
          numbers_.emplace(point->configuration, static_cast<std::int64_t>(numbers_.size()) + 1);
      const std::int64_t number = known->second;
      if (asked_.count(number) == 0 && !has_budget()) {
        if (is_new) numbers_.erase(known);
        break;
      }
      asked_.insert(number);
      numbers.push_back(number);
      if (is_new) added.push_back(*point);
      if (is_new || is_pending(number)) pending.emplace(number, std::move(*point));
    }
    if (!added.empty()) database_.add(added);
    if (!pending.empty()) runner_.run(pending);
    std::vector<Rating> ratings;
    for (const std::int64_t number : numbers) ratings.push_back(rating_of(number));
    return ratings;
  }

  bool is_pending(std::int64_t number) const {
    return database_.states().at(static_cast<std::size_t>(number - 1)) == PointState::pending;
  }

  Rating rating_of(std::int64_t number) {
    if (number == 0) return {};
    const auto metrics = database_.metrics(number);
    const Rating rating = metrics ? judge_.rating(*metrics) : Rating{};
    if (best_ == 0 || rating < best_rating_) {
      best_ = number;
      best_rating_ = rating;
    }
    return rating;
  }

  const SweepSpace& space_;
  const SearchConfig& search_;
  const Judge judge_;
  SweepDatabase& database_;
  SweepRunner& runner_;
  const std::vector<std::size_t> sizes_;
  std::map<std::string, std::int64_t> numbers_;  ///< by configuration
  std::set<std::int64_t> asked_;                 ///< points that this search has looked at
  std::int64_t best_ = 0;
  Rating best_rating_;
};

void print_best(const SweepOptions& options, const SweepDatabase& database, std::int64_t best, std::size_t points) {
  const auto settings = database.settings(best);
  const auto metrics = database.metrics(best).value_or(std::map<std::string, double>{});
  if (options.json) {
    const nlohmann::ordered_json json{{"points", points}, {"best", best}, {"settings", settings}, {"metrics", metrics}};
    std::cout << json.dump(2) << "\n";
    return;
  }
  TextTable table({fmt::format("best of {} points: {}", points, best), ""});
  for (const auto& [key, value] : settings) table.add({key, value});
  for (const auto& [name, value] : metrics) table.add({name, fmt::format("{:.6g}", value)});
  std::cout << table.str();
}

void optimise(const SweepOptions& options) {
  const SweepSpace space(options.file, options.settings);
  if (!space.config().search) {
    throw InputError(options.file + ": search: missing; expected what to look for, search: {metric: energy_pj}");
  }
  const SearchConfig& search = *space.config().search;
  const OpenedSweep opened(options, space);
  SweepDatabase& database = *opened.database;
  const InterruptGuard guard;
  SweepRunner runner(opened.folder, database, executor_of(options, opened.folder));
  Search descents(space, search, database, runner);
  const std::int64_t best = descents.run();
  database.note("best_point", std::to_string(best));
  write_sweep_report(opened.folder);
  print_best(options, database, best, descents.points());
  if (!descents.best_is_good()) {
    throw CheckError(fmt::format("no configuration met search.require; point {} comes nearest", best));
  }
}

}  // namespace

void add_optimise_command(CLI::App& app) {
  const auto options = std::make_shared<SweepOptions>();
  CLI::App* command = app.add_subcommand("optimise", "Look for the best configuration that meets requirements");
  add_sweep_options(*command, *options);
  command->footer("Example: reprise optimise lenet5.yaml -o search -j 2");
  command->callback([options] { optimise(*options); });
}

}  // namespace reprise
