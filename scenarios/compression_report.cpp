#include "scenarios/compression_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "compression/image/image_description.h"
#include "compression/mapping/pattern.h"
#include "compression/network/integer_reference.h"
#include "compression/network/row_groups.h"
#include "compression/passes/parallel.h"
#include "scenarios/text_table.h"
#include "support/progress.h"

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f}%", 100.0 * ratio(part, whole));
}

int bits_of(const std::vector<std::int8_t>& patch, std::vector<Piece>& pieces) {
  if (std::all_of(patch.begin(), patch.end(), [](std::int8_t weight) { return weight == 0; })) return 0;
  cut_weights(patch, {Encoding::twos_complement, Granularity::kernel, 8, true, true, false}, pieces);
  return pieces.front().columns;
}

std::array<std::uint64_t, 9> count_patches(const std::vector<std::int8_t>& weights, const MatrixShape& matrix,
                                           int unit_rows) {
  std::array<std::uint64_t, 9> counts{};
  std::vector<std::int8_t> patch;
  std::vector<Piece> pieces;
  for (const RowGroup& group : row_groups(matrix, nullptr, unit_rows)) {
    for (const std::uint32_t output : group.outputs) {
      const auto first =
          static_cast<std::size_t>(output) * matrix.rows_per_group + group.rows.front() % matrix.rows_per_group;
      const auto begin = weights.begin() + static_cast<std::ptrdiff_t>(first);
      patch.assign(begin, begin + static_cast<std::ptrdiff_t>(group.rows.size()));
      ++counts[static_cast<std::size_t>(bits_of(patch, pieces))];
    }
  }
  return counts;
}

CompressionFigures figures_of(const WeightImage& image, const LayerMapping& mapping,
                              const std::vector<std::int8_t>& weights) {
  CompressionFigures figures;
  figures.weights = weights.size();
  figures.weights_kept = static_cast<std::uint64_t>(
      std::count_if(weights.begin(), weights.end(), [](std::int8_t weight) { return weight != 0; }));
  for (const OperationUnit& unit : mapping.units) figures.patterns += unit.columns / unit.slot_columns;
  figures.entries = mapping.entries.size();
  figures.storage = mapping.storage;
  const MatrixShape matrix = matrix_shape(image.network, static_cast<std::size_t>(mapping.layer));
  figures.patches_by_bits = count_patches(weights, matrix, image.geometry.group_rows);
  return figures;
}

using Loads = std::vector<std::vector<RowGroupLoad>>;  // [mapping]

/// Runs a network on one image and counts, by mapping.
std::vector<UnitActivity> activity_of(const WeightImage& image, const IntegerReference& reference,
                                      const NetworkDescription& network, const Loads& loads, const Dataset& dataset,
                                      std::size_t number) {
  const auto input = dataset.quantised(number, network.preprocessing, network.input_quantisation);
  const auto tensors = reference.run(input);
  std::vector<UnitActivity> counts;
  for (std::size_t m = 0; m < loads.size(); ++m) {
    const auto layer = static_cast<std::size_t>(image.mappings[m].layer);
    counts.push_back(count_activity(network, layer, loads[m], input, tensors));
  }
  return counts;
}

void count_activities(const WeightImage& image, const QuantisedNetwork& plain, const QuantisedNetwork& compressed,
                      const Dataset& dataset, CompressionReport& report) {
  Loads dense;
  Loads mapped;
  for (const LayerMapping& mapping : image.mappings) {
    dense.push_back(dense_loads(plain.description, static_cast<std::size_t>(mapping.layer), image.geometry));
    mapped.push_back(loads_of(mapping, image.geometry));
  }
  const IntegerReference before(plain);
  const IntegerReference after(compressed);
  const std::size_t images = report.counted_images;
  std::vector<std::vector<UnitActivity>> counts(2 * images);
  Progress progress("images counted", images);
  in_parallel(2 * images, [&](std::size_t job) {
    const bool is_plain = job % 2 == 0;
    counts[job] = activity_of(image, is_plain ? before : after, (is_plain ? plain : compressed).description,
                              is_plain ? dense : mapped, dataset, job / 2);
    if (!is_plain) progress.advance();
  });
  for (std::size_t job = 0; job < counts.size(); ++job) {
    for (std::size_t m = 0; m < report.layers.size(); ++m) {
      (job % 2 == 0 ? report.layers[m].dense : report.layers[m].activity) += counts[job][m];
    }
  }
}

double mean_bits(const CompressionFigures& figures) {
  std::uint64_t sum = 0;
  for (std::size_t bits = 0; bits < figures.patches_by_bits.size(); ++bits) {
    sum += bits * figures.patches_by_bits[bits];
  }
  const auto& patches = figures.patches_by_bits;
  return ratio(sum, std::accumulate(patches.begin(), patches.end(), std::uint64_t{0}));
}

const std::string& name_of(const WeightImage& image, std::size_t mapping) {
  return image.network.layers[static_cast<std::size_t>(image.mappings[mapping].layer)].name;
}

std::vector<std::string> text_row(const std::string& name, const CompressionFigures& f, std::size_t images) {
  const auto per_image = [&](std::uint64_t count) {
    return images == 0 ? std::string("-") : metric(ratio(count, images));
  };
  return {name,
          grouped(f.weights),
          percent(f.weights_kept, f.weights),
          fmt::format("{:.2f}", mean_bits(f)),
          grouped(f.storage.cells),
          grouped(f.storage.table_bits + f.storage.index_bits),
          grouped(f.storage.net()),
          percent(f.storage.cells, f.storage.dense_cells),
          percent(f.storage.net(), f.storage.dense_cells),
          fmt::format("{:.2f}", ratio(f.entries, f.patterns)),
          per_image(f.activity.activations),
          percent(f.activity.activations, f.dense.activations),
          per_image(f.activity.conversions),
          percent(f.activity.conversions, f.dense.conversions)};
}

std::string accuracy_lines(const WeightImage& image, const CompressionReport& report) {
  std::string text;
  const auto shown = [](double share) { return fmt::format("{:.2f}%", 100.0 * share); };
  if (image.provenance.evaluation_images > 0) {
    text +=
        fmt::format("accuracy on {} evaluation images: trained {}, compressed {}\n", image.provenance.evaluation_images,
                    shown(image.provenance.float_accuracy), shown(image.provenance.reference_accuracy));
  }
  if (const auto& v = report.validation) {
    text += fmt::format("accuracy on {} validation images: trained {}, in 8 bits {}, compressed {}\n", v->images,
                        shown(v->trained.accuracy), shown(v->plain.accuracy), shown(v->compressed.accuracy));
  }
  return text;
}

Json json_of(const UnitActivity& activity) {
  return {{"activations", activity.activations},
          {"activations_dropped", activity.dropped},
          {"conversions", activity.conversions}};
}

void add_figures(const CompressionFigures& figures, Json& json) {
  json["weights_kept"] = figures.weights_kept;
  json["patches_by_bits"] = figures.patches_by_bits;
  json["mean_bits"] = mean_bits(figures);
  json["dense"] = json_of(figures.dense);
  json["compressed"] = json_of(figures.activity);
}

Json json_of(const Score& score) {
  return {{"accuracy", score.accuracy}, {"expected", score.expected}};
}

}  // namespace

CompressionFigures& CompressionFigures::operator+=(const CompressionFigures& other) {
  weights += other.weights;
  weights_kept += other.weights_kept;
  patterns += other.patterns;
  entries += other.entries;
  storage += other.storage;
  dense += other.dense;
  activity += other.activity;
  for (std::size_t bits = 0; bits < patches_by_bits.size(); ++bits)
    patches_by_bits[bits] += other.patches_by_bits[bits];
  return *this;
}

CompressionReport make_report(const WeightImage& image, const QuantisedNetwork& plain,
                              const QuantisedNetwork& compressed, const Dataset& dataset, std::size_t images) {
  CompressionReport report;
  for (const LayerMapping& mapping : image.mappings) {
    report.layers.push_back(figures_of(image, mapping, compressed.weights[static_cast<std::size_t>(mapping.layer)]));
  }
  report.counted_images = std::min(images, dataset.size());
  count_activities(image, plain, compressed, dataset, report);
  for (const CompressionFigures& figures : report.layers) report.total += figures;
  return report;
}

std::string report_text(const WeightImage& image, const CompressionReport& report) {
  TextTable table({"layer", "weights", "kept", "bits", "cells", "table, index", "net bits", "cells/dense", "net/dense",
                   "repetition", "activations", "/dense", "conversions", "/dense"});
  for (std::size_t m = 0; m < report.layers.size(); ++m) {
    table.add(text_row(name_of(image, m), report.layers[m], report.counted_images));
  }
  table.add(text_row("total", report.total, report.counted_images));
  const CompressionFigures& total = report.total;
  std::string text = fmt::format("{} on the engine {}; activations and conversions are means of {} images\n\n{}\n",
                                 image.network.name, to_string(image.engine), report.counted_images, table.str());
  const auto& patches = total.patches_by_bits;
  const std::uint64_t all = std::accumulate(patches.begin(), patches.end(), std::uint64_t{0});
  text += "patches by bits:";
  for (std::size_t bits = 0; bits < patches.size(); ++bits)
    text += fmt::format("  {}: {}", bits, percent(patches[bits], all));
  text += "\n" + accuracy_lines(image, report) + "time:";
  for (const PhaseClock::Phase& phase : report.phases) text += fmt::format(" {} {:.1f} s,", phase.name, phase.seconds);
  return text + fmt::format(" memory at most {:.0f} MiB\n", peak_memory_mib());
}

std::string report_json(const WeightImage& image, const CompressionReport& report) {
  Json json = Json::parse(describe_image_json(image));
  for (std::size_t m = 0; m < report.layers.size(); ++m) {
    add_figures(report.layers[m], json["layers"][static_cast<std::size_t>(image.mappings[m].layer)]["mapping"]);
  }
  add_figures(report.total, json["total"]);
  json["counted_images"] = report.counted_images;
  if (const auto& v = report.validation) {
    json["validation"] = {{"images", v->images},
                          {"trained", json_of(v->trained)},
                          {"plain", json_of(v->plain)},
                          {"compressed", json_of(v->compressed)}};
  }
  return json.dump(2) + "\n";
}

std::string report_csv(const WeightImage& image, const CompressionReport& report) {
  std::string text =
      "layer,weights,weights_kept,mean_bits,dense_cells,cells,table_bits,index_bits,patterns,entries,dense_activations,"
      "activations,dense_conversions,conversions\n";
  for (std::size_t m = 0; m < report.layers.size(); ++m) {
    const CompressionFigures& f = report.layers[m];
    text += fmt::format("\"{}\",{},{},{:.3f},{},{},{},{},{},{},{},{},{},{}\n", name_of(image, m), f.weights,
                        f.weights_kept, mean_bits(f), f.storage.dense_cells, f.storage.cells, f.storage.table_bits,
                        f.storage.index_bits, f.patterns, f.entries, f.dense.activations, f.activity.activations,
                        f.dense.conversions, f.activity.conversions);
  }
  return text;
}

}  // namespace reprise
