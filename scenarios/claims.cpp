#include "scenarios/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/text_table.h"

namespace reprise {
namespace {

const char* metric_name(Metric metric) {
  switch (metric) {
    case Metric::performance:
      return "performance";
    case Metric::energy:
      return "energy, ppsim";
    case Metric::energy_saberi:
      return "energy, saberi";
    case Metric::activations:
      return "activations";
    case Metric::cells:
      return "cells";
    case Metric::net_storage:
      return "cells and tables";
    default:
      return "crossbars";
  }
}

bool is_ratio(Metric metric) {
  return metric == Metric::performance || metric == Metric::crossbars;
}

std::string figure(Metric metric, double value) {
  return is_ratio(metric) ? fmt::format("{:.2f}x", value) : fmt::format("{:+.1f}%", -100.0 * value);
}

double quantity(Metric metric, const Measurement& of) {
  switch (metric) {
    case Metric::performance:
      return of.cycles;
    case Metric::energy:
      return of.energy_pj;
    case Metric::energy_saberi:
      return of.energy_saberi_pj;
    case Metric::activations:
      return of.activations;
    case Metric::cells:
      return of.cells;
    case Metric::net_storage:
      return of.net_bits;
    default:
      return of.crossbars;
  }
}

std::vector<Claim> all_claims() {
  std::vector<Claim> all;
  const auto against = [&](const char* id, const char* engine, const char* baseline,
                           const std::vector<std::pair<Metric, double>>& figures) {
    for (const auto& [metric, reported] : figures) all.push_back({id, engine, baseline, metric, reported});
  };
  const auto energy = [](double reported) {
    return std::vector<std::pair<Metric, double>>{{Metric::energy, reported}, {Metric::energy_saberi, reported}};
  };
  const auto joined = [](std::vector<std::pair<Metric, double>> a, const std::vector<std::pair<Metric, double>>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  against("S1", "pattern_pruned", "dense", {{Metric::net_storage, 0.55}, {Metric::activations, 0.63}});
  for (const char* baseline : {"sre_static", "sre"}) {
    against("S2, S3", "mixed_ou", baseline,
            joined(joined({{Metric::performance, 1.74}}, energy(0.62)), {{Metric::crossbars, 5.84}}));
    against("S4", "wpr", baseline,
            joined(joined({{Metric::performance, 1.73}}, energy(0.5653)),
                   {{Metric::cells, 0.5295}, {Metric::net_storage, 0.5295}}));
    for (const char* engine : {"reprise", "reprise_formed"}) {
      against("S5", engine, baseline,
              joined(joined({{Metric::performance, 2.74}}, energy(0.72)),
                     {{Metric::cells, 0.70}, {Metric::net_storage, 0.70}}));
    }
  }
  for (const char* engine : {"reprise", "reprise_formed"}) {
    against("S5", engine, "sre_static-sequential", {{Metric::performance, 2.74}});
    against("S5", engine, "sre-sequential", {{Metric::performance, 2.74}});
  }
  against("S5", "reprise", "reprise-sequential", {{Metric::performance, 0.0}});
  against("S5", "reprise_formed", "reprise_formed-sequential", {{Metric::performance, 0.0}});
  return all;
}

double points_lost(const Measurement& of) {
  return 100.0 * (of.trained_accuracy - of.accuracy);
}

std::string points_lost_text(const Measurement& of) {
  return of.synthetic ? "-" : fmt::format("{:.2f}", points_lost(of));
}

bool is_synthetic(const std::map<std::string, Measurement>& runs) {
  return !runs.empty() && runs.begin()->second.synthetic;
}

using Networks = std::vector<const std::map<std::string, Measurement>*>;

/// What means are of: the trained networks, or all where none is trained.
Networks counted(const Measurements& measurements) {
  Networks trained;
  Networks all;
  for (const auto& [network, runs] : measurements) {
    all.push_back(&runs);
    if (!is_synthetic(runs)) trained.push_back(&runs);
  }
  return trained.empty() ? all : trained;
}

/// Those that lose at most a point of top-1 on the claim's engine, as far as there is an accuracy to lose.
Networks within_a_point(const Claim& claim, Networks networks) {
  constexpr double kMostPoints = 1.0;
  const auto is_over = [&](const std::map<std::string, Measurement>* runs) {
    const Measurement& engine = runs->at(claim.engine);
    return !engine.synthetic && points_lost(engine) > kMostPoints + 1e-9;
  };
  networks.erase(std::remove_if(networks.begin(), networks.end(), is_over), networks.end());
  return networks;
}

double mean_of(const Claim& claim, const Networks& networks) {
  double sum = 0.0;
  for (const auto* runs : networks) {
    const double value = measured(claim, *runs);
    sum += is_ratio(claim.metric) ? std::log(value) : value;
  }
  sum /= static_cast<double>(networks.size());
  return is_ratio(claim.metric) ? std::exp(sum) : sum;
}

bool is_missed(const Claim& claim, const Measurements& measurements) {
  return mean(claim, measurements) < claim.reported;
}

/// A figure is reached where all networks together reach it and none loses more than a point for it.
std::string verdict(const Claim& claim, const Measurements& measurements) {
  const Networks all = counted(measurements);
  if (claim.reported == 0.0 || is_synthetic(*all.front())) return "";
  if (is_missed(claim, measurements)) return "missed";
  return within_a_point(claim, all).size() == all.size() ? "reached" : "over 1 point lost";
}

std::string reported_text(const Claim& claim) {
  return claim.reported == 0.0 ? "-" : figure(claim.metric, claim.reported);
}

/// Counts of the engine over those of the baseline, and what its energy is spent on.
std::string responsible(const Claim& claim, const std::map<std::string, Measurement>& runs) {
  const Measurement& engine = runs.at(claim.engine);
  const Measurement& base = runs.at(claim.baseline);
  return fmt::format(
      "activations {:.2f}, conversions {:.2f}, cells {:.2f}, tables and indices {:.1f}% of its bits; converters "
      "{:.0f}% of "
      "its energy, then {} {:.0f}%",
      engine.activations / base.activations, engine.conversions / base.conversions, engine.cells / base.cells,
      100.0 * (1.0 - engine.cells / engine.net_bits), 100.0 * engine.adc_share, engine.largest,
      100.0 * engine.largest_share);
}

std::string markdown_row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::vector<std::string> claim_row(const Claim& claim, const Measurements& measurements) {
  std::vector<std::string> row{claim.id, claim.engine, claim.baseline, metric_name(claim.metric), reported_text(claim)};
  for (const auto& [network, runs] : measurements) row.push_back(figure(claim.metric, measured(claim, runs)));
  const Networks within = within_a_point(claim, counted(measurements));
  row.push_back(figure(claim.metric, mean(claim, measurements)));
  row.push_back(within.empty() || is_synthetic(*within.front()) ? "-" : figure(claim.metric, mean_of(claim, within)));
  row.push_back(verdict(claim, measurements));
  return row;
}

std::vector<std::string> claim_header(const Measurements& measurements) {
  std::vector<std::string> header{"", "engine", "against", "figure", "reported"};
  for (const auto& [network, runs] : measurements) header.push_back(network);
  header.insert(header.end(), {"mean", "within a point", ""});
  return header;
}

std::string rule(std::size_t columns) {
  std::string line = "|";
  for (std::size_t i = 0; i < columns; ++i) line += "---|";
  return line + "\n";
}

/// What is responsible where an engine misses figures against a baseline.
std::string missed_figures(const Measurements& measurements) {
  std::string text =
      "\n## Where a figure is missed\n\nThe engine's counts over those of its baseline, and what it pays for.\n\n";
  for (auto claim = claims().begin(); claim != claims().end();) {
    const auto same = [&](const Claim& other) {
      return other.engine == claim->engine && other.baseline == claim->baseline;
    };
    const auto next = std::find_if_not(claim, claims().end(), same);
    std::vector<std::string> missed;
    for (auto one = claim; one != next; ++one) {
      if (is_missed(*one, measurements)) missed.emplace_back(metric_name(one->metric));
    }
    if (!missed.empty()) {
      text +=
          fmt::format("* {} {} against {}: {}\n", claim->id, claim->engine, claim->baseline, fmt::join(missed, "; "));
      for (const auto& [network, runs] : measurements) {
        text += fmt::format("  * {}: {}\n", network, responsible(*claim, runs));
      }
    }
    claim = next;
  }
  return text;
}

std::string engines_table(const std::map<std::string, Measurement>& runs) {
  const std::vector<std::string> header{"run",         "top-1",       "lost",  "cycles",      "nJ, ppsim", "nJ, saberi",
                                        "activations", "conversions", "cells", "net storage", "crossbars"};
  std::string text = markdown_row(header) + rule(header.size());
  for (const auto& [name, of] : runs) {
    text += markdown_row(
        {name, of.synthetic ? "-" : fmt::format("{:.2f}", 100.0 * of.accuracy), points_lost_text(of),
         grouped(static_cast<unsigned long long>(std::llround(of.cycles))), fmt::format("{:.0f}", of.energy_pj / 1e3),
         fmt::format("{:.0f}", of.energy_saberi_pj / 1e3), metric(of.activations), metric(of.conversions),
         fmt::format("{:.1f}%", 100.0 * of.cells / of.dense_bits),
         fmt::format("{:.1f}%", 100.0 * of.net_bits / of.dense_bits), fmt::format("{:.0f}", of.crossbars)});
  }
  return text;
}

/// Where the cycles of runs go that are also made layer after layer. Causes that none of them has are left out.
std::string causes_table(const std::map<std::string, Measurement>& runs) {
  constexpr double kShown = 0.0005;
  const std::string suffix = "-sequential";
  std::vector<std::string> names;
  std::vector<std::string> header{"share of cycles, %"};
  for (const auto& [name, of] : runs) {
    if (runs.count(name + suffix) == 0) continue;
    names.insert(names.end(), {name, name + suffix});
  }
  header.insert(header.end(), names.begin(), names.end());
  if (names.empty()) return "";
  std::string text =
      "\nWhere the cycles of engines and vector units go, with layers at once and one after another:\n\n" +
      markdown_row(header) + rule(header.size());
  for (std::size_t cause = 0; cause < runs.at(names.front()).causes.size(); ++cause) {
    std::vector<std::string> row{runs.at(names.front()).causes[cause].first};
    double largest = 0.0;
    for (const std::string& name : names) {
      const double share = runs.at(name).causes.at(cause).second;
      largest = std::max(largest, share);
      row.push_back(fmt::format("{:.1f}", 100.0 * share));
    }
    if (largest >= kShown) text += markdown_row(row);
  }
  return text;
}

}  // namespace

const std::vector<Claim>& claims() {
  static const std::vector<Claim> all = all_claims();
  return all;
}

double measured(const Claim& claim, const std::map<std::string, Measurement>& runs) {
  const double base = quantity(claim.metric, runs.at(claim.baseline));
  const double engine = quantity(claim.metric, runs.at(claim.engine));
  return is_ratio(claim.metric) ? base / engine : 1.0 - engine / base;
}

double mean(const Claim& claim, const Measurements& measurements) {
  return mean_of(claim, counted(measurements));
}

std::string claims_text(const Measurements& measurements) {
  TextTable table(claim_header(measurements));
  for (const Claim& claim : claims()) table.add(claim_row(claim, measurements));
  std::vector<std::string> header{"points of top-1 lost"};
  for (const auto& [network, runs] : measurements) header.push_back(network);
  TextTable lost(header);
  for (const EngineSetup& setup : engine_setups()) {
    std::vector<std::string> row{setup.name};
    for (const auto& [network, runs] : measurements) {
      row.push_back(points_lost_text(runs.at(setup.name)));
    }
    lost.add(row);
  }
  return table.str() + '\n' + lost.str();
}

std::string claims_json(const Measurements& measurements) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Claim& claim : claims()) {
    nlohmann::ordered_json by_network = nlohmann::ordered_json::object();
    for (const auto& [network, runs] : measurements) by_network[network] = measured(claim, runs);
    all.push_back({{"claim", claim.id},
                   {"engine", claim.engine},
                   {"against", claim.baseline},
                   {"figure", metric_name(claim.metric)},
                   {"reported", claim.reported},
                   {"measured", by_network},
                   {"mean", mean(claim, measurements)}});
  }
  return all.dump(2) + "\n";
}

std::string claims_csv(const Measurements& measurements) {
  std::string text = "claim,engine,against,figure,reported,network,measured\n";
  for (const Claim& claim : claims()) {
    const auto line = [&](const std::string& network, double value) {
      text += fmt::format("\"{}\",{},{},\"{}\",{:.4f},{},{:.4f}\n", claim.id, claim.engine, claim.baseline,
                          metric_name(claim.metric), claim.reported, network, value);
    };
    for (const auto& [network, runs] : measurements) line(network, measured(claim, runs));
    line("mean", mean(claim, measurements));
  }
  return text;
}

std::string reproduction_page(const Measurements& measurements) {
  const std::vector<std::string> header = claim_header(measurements);
  std::string page =
      "# Reported and measured\n\n"
      "Made by `reprise reproduce`. All engines run on the same number of processing engines, four times what `dense` "
      "needs, with copies of the layers that take longest. Performance is cycles of an image. Means are geometric of "
      "ratios and arithmetic of shares, over the networks that were trained, and beside it over those of them that "
      "lose "
      "at most a point of top-1 on the engine; a figure is *reached* where the mean of all is as good as reported and "
      "no trained network loses more than a point for it. Synthetic networks have no accuracy, so they reach "
      "nothing.\n\n" +
      markdown_row(header) + rule(header.size());
  for (const Claim& claim : claims()) page += markdown_row(claim_row(claim, measurements));
  page += missed_figures(measurements);
  for (const auto& [network, runs] : measurements) {
    page += fmt::format("\n## {}\n\n", network) + engines_table(runs) + causes_table(runs);
  }
  return page;
}

}  // namespace reprise
