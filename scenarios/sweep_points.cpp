#include "scenarios/sweep_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "scenarios/config_files.h"
#include "scenarios/settings_option.h"
#include "support/error.h"

namespace reprise {
namespace {

constexpr std::size_t kMostPoints = 1'000'000;
constexpr int kDigits = 12;  // of numbers in a range: 0.1 * 3 is 0.3

const config::KeyDescription* find_key(const std::string& path) {
  for (const config::KeyDescription& key : config_files().front().keys) {
    if (key.path == path) return &key;
  }
  return nullptr;
}

/// Names of all keys that have values, and words that such values can be.
Vocabulary vocabulary_of_keys() {
  Vocabulary vocabulary;
  const std::set<std::string> named{"name", "name or path"};
  for (const config::KeyDescription& key : config_files().front().keys) {
    if (key.section) continue;
    vocabulary.names.insert(key.path);
    if (named.count(key.type) == 0) continue;
    for (std::size_t begin = 0; begin < key.range.size();) {
      const std::size_t end = std::min(key.range.find(", ", begin), key.range.size());
      vocabulary.words.insert(key.range.substr(begin, end - begin));
      begin = end + 2;
    }
  }
  return vocabulary;
}

void collect_leaves(const config::Node& node, const std::string& path, std::map<std::string, std::string>& leaves) {
  if (node.is_scalar()) leaves[path] = node.scalar;
  if (!node.is_mapping()) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& key = node.keys[i].scalar;
    collect_leaves(node.values[i], path.empty() ? key : path + "." + key, leaves);
  }
}

config::Node number_node(double value, bool integer, const std::string& place) {
  config::Node node;
  node.kind = config::Node::Kind::scalar;
  node.tag = "?";
  node.scalar = integer ? fmt::format("{:.0f}", value) : fmt::format("{:.{}g}", value, kDigits);
  node.place.source = std::make_shared<const config::Source>(config::Source{place, ""});
  return node;
}

void check_range(const RangeConfig& range, const std::string& place) {
  if (range.step && range.points) throw InputError(place + "range: has step and points; expected one of them");
  if (range.from > range.to) throw InputError(place + "range: from is above to; expected from <= to");
  if (range.scale == RangeScale::logarithmic && (range.from <= 0.0 || range.step)) {
    throw InputError(place + "range: a logarithmic one begins above 0, and has points, not a step");
  }
}

double within(const RangeConfig& range, double share) {
  if (range.scale == RangeScale::linear) return range.from + (range.to - range.from) * share;
  return range.from * std::pow(range.to / range.from, share);
}

std::vector<double> numbers_in(const RangeConfig& range, const std::string& place) {
  std::vector<double> numbers;
  if (range.step) {
    const double count = std::floor((range.to - range.from) / *range.step + 1e-9);
    if (count >= static_cast<double>(kMostPoints)) throw InputError(place + "range: more than a million numbers");
    for (int i = 0; i <= static_cast<int>(count); ++i) numbers.push_back(range.from + i * *range.step);
    return numbers;
  }
  if (!range.points) throw InputError(place + "range: neither step nor points; on a grid one of them is needed");
  for (int i = 0; i < *range.points; ++i) numbers.push_back(within(range, i / double(*range.points - 1)));
  return numbers;
}

/// Where on each axis a sample lies, 0..1.
using Shares = std::vector<std::vector<double>>;  // [point][axis]

double fraction(std::uint64_t drawn) {
  return static_cast<double>(drawn) / static_cast<double>(std::uint64_t{1} << 53U);
}

std::vector<std::size_t> permutation(std::size_t count, std::uint64_t seed, std::uint64_t stream) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(draw(seed, stream, a), a) < std::pair(draw(seed, stream, b), b);
  });
  return order;
}

Shares draw_shares(const SampleConfig& sample, std::size_t axes) {
  const auto points = static_cast<std::size_t>(sample.points);
  Shares shares(points, std::vector<double>(axes));
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::vector<std::size_t> cells = permutation(points, sample.seed, 2 * axis);
    for (std::size_t point = 0; point < points; ++point) {
      const double share = fraction(draw(sample.seed, 2 * axis + 1, point));
      shares[point][axis] = sample.method == SampleMethod::random
                                ? share
                                : (static_cast<double>(cells[point]) + share) / static_cast<double>(points);
    }
  }
  return shares;
}

}  // namespace

std::uint64_t draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t number) {
  std::uint64_t state = seed;
  for (const std::uint64_t word : {stream, number, std::uint64_t{0}}) {  // SplitMix64
    state += 0x9e3779b97f4a7c15U + word;
    state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
    state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
    state ^= state >> 31U;
  }
  return state >> 11U;
}

SweepSpace::SweepSpace(const std::string& file, const std::vector<std::string>& settings) : file_(file) {
  config_ = config::load(file, sweep_table(), shipped_layers());
  scenario_ = load_experiment_node(config_.scenario, {});
  if (config_.settings.is_mapping()) config::lay_over(scenario_, config_.settings);
  for (const std::string& setting : settings) config::lay_over(scenario_, config::parse_override(setting));
  Vocabulary vocabulary = vocabulary_of_keys();
  for (std::size_t i = 0; i < config_.axes.size(); ++i) {
    axes_.push_back(axis_of(config_.axes[i], fmt::format("{}: axes[{}]: ", file, i)));
    for (const std::string& key : axes_.back().keys) {
      if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) {
        throw InputError(axes_.back().place + key + ": stands on two axes; expected each key once");
      }
      keys_.push_back(key);
    }
    for (const auto& value : axes_.back().values) {
      for (const config::Node& part : value) vocabulary.words.insert(part.scalar);
    }
  }
  if (axes_.empty()) throw InputError(file + ": axes: empty; expected at least one");
  for (std::size_t i = 0; i < config_.constraints.size(); ++i) {
    constraints_.emplace_back(config_.constraints[i], fmt::format("{}: constraints[{}]: ", file, i), vocabulary);
  }
}

SweepSpace::Axis SweepSpace::axis_of(const AxisConfig& config, const std::string& place) {
  Axis axis;
  axis.place = place;
  if (config.key.has_value() == !config.keys.empty()) throw InputError(place + "expected either key or keys");
  axis.keys = config.key ? std::vector<std::string>{*config.key} : config.keys;
  const bool listed = !config.values.is_null();
  if (listed == config.range.has_value()) throw InputError(place + "expected either values or range");
  if (config.range) {
    if (!config.key) throw InputError(place + "range: belongs to one key; expected values for linked keys");
    check_range(*config.range, place);
    const config::KeyDescription* key = find_key(*config.key);
    axis.range = config.range;
    axis.integer = key != nullptr && key->type == "integer";
    return axis;
  }
  if (!config.values.is_list() || config.values.values.empty()) {
    throw InputError(config.values.place.text() + "values: expected a list with at least one value");
  }
  for (config::Node value : config.values.values) {
    if (config.key) {
      axis.values.push_back({std::move(value)});
    } else if (value.is_list() && value.values.size() == axis.keys.size()) {
      axis.values.push_back(std::move(value.values));
    } else {
      throw InputError(fmt::format("{}values: found {}; expected a list of {}, a value for each of keys",
                                   value.place.text(), value.text(), axis.keys.size()));
    }
  }
  return axis;
}

std::vector<std::size_t> SweepSpace::grid() const {
  std::vector<std::size_t> sizes;
  for (const Axis& axis : axes_) {
    sizes.push_back(axis.range ? numbers_in(*axis.range, axis.place).size() : axis.values.size());
  }
  return sizes;
}

std::optional<SweepPoint> SweepSpace::at(const Choice& choice) const {
  Values values;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const Axis& axis = axes_[i];
    values.push_back(axis.range ? std::vector<config::Node>{number_node(
                                      numbers_in(*axis.range, axis.place).at(choice[i]), axis.integer, axis.place)}
                                : axis.values.at(choice[i]));
  }
  return point(values);
}

std::optional<SweepPoint> SweepSpace::point(const Values& values) const {
  SweepPoint point;
  config::Node node = scenario_;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    for (std::size_t k = 0; k < axes_[i].keys.size(); ++k) {
      config::Node value = values[i][k];
      point.settings.emplace_back(axes_[i].keys[k], value.is_scalar() ? value.scalar : value.text());
      if (value.is_null()) value.kind = config::Node::Kind::removed;
      config::lay_over(node, config::under_path(axes_[i].keys[k], std::move(value)));
    }
  }
  point.experiment = read_experiment(std::move(node));
  if (point.experiment.scenario.image.empty() && !point.experiment.network) {
    throw InputError(config_.scenario + ": neither network nor image; expected one of them, there or on an axis");
  }
  if (point.experiment.scenario.dataset.images.empty()) {
    throw InputError(config_.scenario + ": dataset.images: missing; expected a path");
  }
  point.configuration = dump_experiment(point.experiment);
  point.seed = seed_of(point.experiment);
  if (!is_allowed(point)) return std::nullopt;
  return point;
}

bool SweepSpace::is_allowed(const SweepPoint& point) const {
  if (constraints_.empty()) return true;
  std::map<std::string, std::string> leaves;
  collect_leaves(config::parse_node(point.configuration, {"effective configuration", ""}), "", leaves);
  const auto value_of = [&](const std::string& name) {
    const auto found = leaves.find(name);
    return found == leaves.end() ? std::nullopt : std::optional(found->second);
  };
  return std::all_of(constraints_.begin(), constraints_.end(), [&](const Expression& constraint) {
    const std::optional<double> value = constraint.evaluate(value_of);
    return value && *value != 0.0;
  });
}

std::vector<SweepPoint> SweepSpace::points() const {
  std::vector<SweepPoint> points = config_.sample.method == SampleMethod::grid ? grid_points() : drawn_points();
  if (points.empty()) throw InputError(file_ + ": constraints: no point is left");
  return points;
}

std::vector<SweepPoint> SweepSpace::grid_points() const {
  const std::vector<std::size_t> sizes = grid();
  std::size_t count = 1;
  for (const std::size_t size : sizes) {
    if (count > kMostPoints / size) throw InputError(file_ + ": more than a million points");
    count *= size;
  }
  std::vector<SweepPoint> points;
  Choice choice(sizes.size(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t rest = i;
    for (std::size_t axis = sizes.size(); axis-- > 0;) {
      choice[axis] = rest % sizes[axis];
      rest /= sizes[axis];
    }
    if (auto point = at(choice)) points.push_back(std::move(*point));
  }
  return points;
}

std::vector<SweepPoint> SweepSpace::drawn_points() const {
  std::vector<SweepPoint> points;
  std::set<std::string> taken;
  for (const std::vector<double>& shares : draw_shares(config_.sample, axes_.size())) {
    Values values;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const Axis& axis = axes_[i];
      if (!axis.range) {
        const auto number = static_cast<std::size_t>(shares[i] * static_cast<double>(axis.values.size()));
        values.push_back(axis.values[std::min(number, axis.values.size() - 1)]);
      } else if (axis.integer && axis.range->scale == RangeScale::linear) {
        const double number = axis.range->from + std::floor(shares[i] * (axis.range->to - axis.range->from + 1.0));
        values.push_back({number_node(std::min(number, axis.range->to), true, axis.place)});
      } else {
        values.push_back({number_node(within(*axis.range, shares[i]), axis.integer, axis.place)});
      }
    }
    auto drawn = point(values);
    if (drawn && taken.insert(drawn->configuration).second) points.push_back(std::move(*drawn));
  }
  return points;
}

}  // namespace reprise
