#include "scenarios/sweep_config.h"

namespace reprise {
namespace {

constexpr double kLimit = 1e300;
constexpr int kMostPoints = 1'000'000;

const config::Table<RangeConfig>& range_table() {
  using R = RangeConfig;
  static const auto table =
      config::Table<R>("Numbers from one to another, both included.")
          .number("from", &R::from, -kLimit, kLimit, "the first number")
          .required()
          .number("to", &R::to, -kLimit, kLimit, "the last one")
          .required()
          .number("step", &R::step, 1e-12, kLimit, "from one to the next; of a linear range on a grid")
          .number("points", &R::points, 2, kMostPoints, "in place of `step`: so many, evenly spaced")
          .choice("scale", &R::scale, {{"linear", RangeScale::linear}, {"logarithmic", RangeScale::logarithmic}},
                  "`logarithmic`: neighbours have one ratio");
  return table;
}

const config::Table<AxisConfig>& axis_table() {
  using A = AxisConfig;
  static const auto table =
      config::Table<A>("Keys whose values change together.")
          .text("key", &A::key, "key of a scenario, such as `platform.adc.bits` or `network`")
          .texts("keys", &A::keys, "in place of `key`: linked keys; then each of `values` is a list with a value a key")
          .anything("values", &A::values, "a list", "list of the values; `null` is the default of the key")
          .section("range", &A::range, range_table(), "in place of `values`: numbers");
  return table;
}

const config::Table<SampleConfig>& sample_table() {
  using S = SampleConfig;
  static const auto table =
      config::Table<S>("Which points are taken.")
          .choice("method", &S::method,
                  {{"grid", SampleMethod::grid},
                   {"random", SampleMethod::random},
                   {"latin_hypercube", SampleMethod::latin_hypercube}},
                  "every combination, random ones, or random ones that cover each axis evenly")
          .number("points", &S::points, 1, kMostPoints, "points that are drawn; equal ones are taken once")
          .number("seed", &S::seed, 0, 1'000'000'000'000, "of the draws");
  return table;
}

const config::Table<RequirementConfig>& requirement_table() {
  using R = RequirementConfig;
  static const auto table = config::Table<R>("What a configuration must reach.")
                                .text("metric", &R::metric, "name of a metric, or a formula over metrics")
                                .required()
                                .number("at_least", &R::at_least, -kLimit, kLimit, "the least that is good enough")
                                .number("at_most", &R::at_most, -kLimit, kLimit, "the most that is good enough");
  return table;
}

const config::Table<SearchConfig>& search_table() {
  using S = SearchConfig;
  static const auto table =
      config::Table<S>("What to look for.")
          .text("metric", &S::metric, "name of a metric, or a formula over metrics: `energy_pj * time_us`")
          .required()
          .choice("goal", &S::goal, {{"minimise", Goal::minimise}, {"maximise", Goal::maximise}}, "which end is best")
          .list("require", &S::require, requirement_table(), "what a configuration must reach to be taken at all")
          .number("restarts", &S::restarts, 1, 10'000, "descents, each from a random point")
          .number("points", &S::points, 1, kMostPoints, "points that are simulated at most")
          .number("seed", &S::seed, 0, 1'000'000'000'000, "of the random points");
  return table;
}

}  // namespace

const config::Table<SweepConfig>& sweep_table() {
  using S = SweepConfig;
  static const auto table =
      config::Table<S>("Many experiments: a scenario and the keys that change.")
          .text("name", &S::name, "shown in reports")
          .file("scenario", &S::scenario, "the scenario that all points share")
          .required()
          .anything("settings", &S::settings, "a mapping", "keys of the scenario, laid over that file")
          .list("axes", &S::axes, axis_table(), "what changes; the last one fastest")
          .required()
          .section("sample", &S::sample, sample_table(), "of the combinations, all or some")
          .texts("constraints", &S::constraints,
                 "formulas over keys; points for which one is 0 are left out ([sweeps.md](sweeps.md#formulas))")
          .section("search", &S::search, search_table(), "what `reprise optimise` looks for");
  return table;
}

}  // namespace reprise
