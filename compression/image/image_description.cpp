#include "compression/image/image_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;

/// What the table says about the mapping of one layer, or about all of them.
struct Figures {
  std::uint64_t multiply_accumulates = 0;
  std::uint64_t weights = 0;
  std::uint64_t row_groups = 0;
  std::uint64_t units = 0;
  std::uint64_t engines = 0;
  std::uint64_t crossbars = 0;
  std::uint64_t slots = 0;    ///< patterns stored
  std::uint64_t entries = 0;  ///< patterns that they stand for
  Storage storage;

  std::uint64_t net_bits() const { return storage.net(); }
  double repetition() const { return ratio(entries, slots); }
  double against_dense() const { return ratio(net_bits(), storage.dense_cells); }

  static double ratio(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  }

  Figures& operator+=(const Figures& other) {
    multiply_accumulates += other.multiply_accumulates;
    weights += other.weights;
    row_groups += other.row_groups;
    units += other.units;
    engines += other.engines;
    crossbars += other.crossbars;
    slots += other.slots;
    entries += other.entries;
    storage += other.storage;
    return *this;
  }
};

Figures figures_of(const WeightImage& image, const LayerMapping& mapping) {
  Figures figures;
  std::set<std::uint32_t> crossbars;
  for (const OperationUnit& unit : mapping.units) {
    crossbars.insert(unit.crossbar);
    figures.slots += unit.columns / unit.slot_columns;
  }
  figures.multiply_accumulates = multiply_accumulates(image.network, static_cast<std::size_t>(mapping.layer));
  figures.weights = mapping.storage.dense_cells / 8;
  figures.row_groups = mapping.row_group_count();
  figures.units = mapping.units.size();
  figures.engines = mapping.engines.size();
  figures.crossbars = crossbars.size();
  figures.entries = mapping.entries.size();
  figures.storage = mapping.storage;
  return figures;
}

Figures total_of(const WeightImage& image) {
  Figures total;
  for (const LayerMapping& mapping : image.mappings) total += figures_of(image, mapping);
  return total;
}

const LayerMapping* mapping_of(const WeightImage& image, std::size_t layer) {
  for (const LayerMapping& mapping : image.mappings) {
    if (mapping.layer == static_cast<int>(layer)) return &mapping;
  }
  return nullptr;
}

std::string text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

std::string accuracy_text(double accuracy) {
  return accuracy < 0 ? "not measured" : fmt::format("{:.2f} %", 100 * accuracy);
}

using Row = std::vector<std::string>;

void append(Row& row, const Figures& f) {
  for (const std::uint64_t count : {f.weights, f.row_groups, f.units, f.engines, f.crossbars, f.slots, f.entries}) {
    row.push_back(std::to_string(count));
  }
  row.push_back(fmt::format("{:.2f}", f.repetition()));
  for (const std::uint64_t bits :
       {f.storage.cells, f.storage.table_bits, f.storage.index_bits, f.net_bits(), f.storage.dense_cells}) {
    row.push_back(std::to_string(bits));
  }
  row.push_back(fmt::format("{:.3f}", f.against_dense()));
}

std::vector<Row> table_of(const WeightImage& image) {
  std::vector<Row> table{{"#", "layer", "kind", "shape", "weights", "groups", "units", "engines", "crossbars",
                          "patterns", "entries", "repetition", "cells", "table", "index", "net", "dense", "net/dense"}};
  for (std::size_t i = 0; i < image.network.layers.size(); ++i) {
    const Layer& layer = image.network.layers[i];
    Row row{std::to_string(i), layer.name, kind_name(layer.operation), text(layer.shape)};
    if (const LayerMapping* mapping = mapping_of(image, i)) append(row, figures_of(image, *mapping));
    table.push_back(std::move(row));
  }
  append(table.emplace_back(Row{"", "total", "", ""}), total_of(image));
  return table;
}

/// Columns as wide as their widest cell; the texts of columns 1 to 3 start left, numbers end right.
std::string aligned(const std::vector<Row>& table) {
  std::vector<std::size_t> widths(table.front().size());
  for (const Row& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string result;
  for (const Row& row : table) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool is_text = i >= 1 && i <= 3;
      line += is_text ? fmt::format("{:<{}}  ", row[i], widths[i]) : fmt::format("{:>{}}  ", row[i], widths[i]);
    }
    result += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return result;
}

Json json_of(const Figures& f) {
  return {{"multiply_accumulates", f.multiply_accumulates},
          {"weights", f.weights},
          {"row_groups", f.row_groups},
          {"units", f.units},
          {"engines", f.engines},
          {"crossbars", f.crossbars},
          {"patterns", f.slots},
          {"entries", f.entries},
          {"repetition", f.repetition()},
          {"cells", f.storage.cells},
          {"table_bits", f.storage.table_bits},
          {"index_bits", f.storage.index_bits},
          {"net_bits", f.net_bits()},
          {"dense_bits", f.storage.dense_cells},
          {"net_to_dense", f.against_dense()}};
}

Json json_of(const Shape& shape) {
  return {shape.channels, shape.height, shape.width};
}

Json accuracy_json(double accuracy) {
  return accuracy < 0 ? Json() : Json(accuracy);
}

Json json_of(const Geometry& g) {
  return {{"crossbar_rows", g.crossbar_rows},
          {"crossbar_columns", g.crossbar_columns},
          {"unit_rows", g.unit_rows},
          {"unit_columns", g.unit_columns},
          {"group_rows", g.group_rows},
          {"crossbars_per_engine", g.crossbars_per_engine},
          {"engines_per_tile", g.engines_per_tile}};
}

Json json_of(const InputFilter& f) {
  return {{"block_rows", f.block_rows}, {"least_sum", f.least_sum}, {"planes", f.planes}};
}

Json layers_json(const WeightImage& image) {
  Json layers = Json::array();
  for (std::size_t i = 0; i < image.network.layers.size(); ++i) {
    const Layer& layer = image.network.layers[i];
    Json entry{{"name", layer.name},
               {"kind", kind_name(layer.operation)},
               {"inputs", layer.inputs},
               {"shape", json_of(layer.shape)}};
    const auto* convolution = std::get_if<ConvolutionLayer>(&layer.operation);
    if (convolution != nullptr && convolution->filter) entry["input_filter"] = json_of(*convolution->filter);
    if (const LayerMapping* mapping = mapping_of(image, i)) entry["mapping"] = json_of(figures_of(image, *mapping));
    layers.push_back(std::move(entry));
  }
  return layers;
}

}  // namespace

std::string describe_image(const WeightImage& image) {
  const Provenance& from = image.provenance;
  const Geometry& g = image.geometry;
  const Figures total = total_of(image);
  std::string description;
  const auto line = [&](const char* name, const std::string& value) {
    description += fmt::format("{:<12}{}\n", name, value);
  };
  line("network",
       fmt::format("{} from {}, {} layers, input {}, {} multiply-accumulates", image.network.name, from.network_file,
                   image.network.layers.size(), text(image.network.input_shape), total.multiply_accumulates));
  line("written by", from.program_version);
  line("accuracy", fmt::format("float {}, integer reference {} ({} images)", accuracy_text(from.float_accuracy),
                               accuracy_text(from.reference_accuracy), from.evaluation_images));
  line("engine", fmt::format("{}, {} granularity, {} encoding", to_string(image.engine), to_string(image.granularity),
                             to_string(image.encoding)));
  const std::string formed = g.forms_units() ? fmt::format(", formed in groups of {} rows", g.group_rows) : "";
  line("geometry",
       fmt::format("crossbars of {}x{} cells, operation units of {}x{}{}, {} crossbars an engine, {} engines "
                   "a tile",
                   g.crossbar_rows, g.crossbar_columns, g.unit_rows, g.unit_columns, formed, g.crossbars_per_engine,
                   g.engines_per_tile));
  return description + '\n' + aligned(table_of(image));
}

std::string describe_image_json(const WeightImage& image) {
  const Provenance& from = image.provenance;
  const Json description{{"network", image.network.name},
                         {"network_file", from.network_file},
                         {"program_version", from.program_version},
                         {"configuration", from.configuration},
                         {"float_accuracy", accuracy_json(from.float_accuracy)},
                         {"reference_accuracy", accuracy_json(from.reference_accuracy)},
                         {"evaluation_images", from.evaluation_images},
                         {"engine", to_string(image.engine)},
                         {"granularity", to_string(image.granularity)},
                         {"encoding", to_string(image.encoding)},
                         {"geometry", json_of(image.geometry)},
                         {"input_shape", json_of(image.network.input_shape)},
                         {"layers", layers_json(image)},
                         {"total", json_of(total_of(image))}};
  return description.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace reprise
