#include "tests/image/random_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>
#include <variant>

namespace reprise::test {
namespace {

std::size_t size(int value) {
  return static_cast<std::size_t>(value);
}

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  WeightImage image() {
    image_.engine = chance() ? EngineKind::dense : EngineKind::wpr;
    image_.encoding = chance() ? Encoding::twos_complement : Encoding::differential;
    image_.granularity = chance() ? Granularity::kernel : Granularity::bit_column;
    image_.geometry.crossbar_rows = pick(16, 48);
    image_.geometry.crossbar_columns = pick(16, 48);
    image_.geometry.unit_rows = pick(1, 12);
    image_.geometry.group_rows = image_.geometry.unit_rows;
    image_.geometry.unit_columns = pick(1, 16);
    image_.geometry.crossbars_per_engine = pick(1, 4);
    image_.geometry.engines_per_tile = pick(1, 12);
    image_.provenance = {"reprise 0.1.0", "net.onnx", chance() ? "" : "a: 1\nb: [2, \"\xc3\xa4\"]\n", 0.75, -1.0, 9};
    make_network();
    map_network();
    return image_;
  }

 private:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance() { return pick(0, 1) == 1; }
  template <class T>
  std::vector<T> list(int count, int low, int high) {
    std::vector<T> values;
    for (int i = 0; i < count; ++i) values.push_back(static_cast<T>(pick(low, high)));
    return values;
  }
  FixedPoint factor() { return {pick(-1000000, 1000000), pick(1, 62)}; }
  std::vector<FixedPoint> factors(int count) {
    std::vector<FixedPoint> values;
    for (int i = 0; i < count; ++i) values.push_back(factor());
    return values;
  }

  int any_zero_point() { return chance() ? 0 : pick(0, 255); }
  NetworkDescription& network() { return image_.network; }
  int any_tensor() { return pick(kNetworkInput, static_cast<int>(network().layers.size()) - 1); }
  std::vector<int> alike(int tensor, bool also_channels) {
    std::vector<int> result;
    const Shape& shape = network().shape_of(tensor);
    for (int i = kNetworkInput; i < static_cast<int>(network().layers.size()); ++i) {
      const Shape& other = network().shape_of(i);
      const bool same = other.height == shape.height && other.width == shape.width;
      if (same && (!also_channels || other == shape)) result.push_back(i);
    }
    return result;
  }

  SlidingWindow window(const Shape& in, bool pooling) {
    SlidingWindow w;
    w.kernel_height = pick(1, std::min(3, in.height));
    w.kernel_width = pick(1, std::min(3, in.width));
    w.stride_height = pick(1, 2);
    w.stride_width = pick(1, 2);
    if (!pooling && (w.kernel_height - 1) * 2 < in.height) w.dilation_height = pick(1, 2);
    w.pad_top = pick(0, pooling ? w.kernel_height / 2 : 2);
    w.pad_left = pick(0, pooling ? w.kernel_width / 2 : 2);
    w.pad_bottom = pick(0, pooling ? w.kernel_height / 2 : 2);
    w.pad_right = pick(0, pooling ? w.kernel_width / 2 : 2);
    return w;
  }

  static Shape slide(const SlidingWindow& w, const Shape& in, int channels) {
    const int high = in.height + w.pad_top + w.pad_bottom - (w.kernel_height - 1) * w.dilation_height - 1;
    const int wide = in.width + w.pad_left + w.pad_right - (w.kernel_width - 1) * w.dilation_width - 1;
    return {channels, high / w.stride_height + 1, wide / w.stride_width + 1};
  }

  void add(Operation operation, std::vector<int> inputs, Shape shape, bool keeps_values, bool clamped) {
    Layer layer;
    layer.name = fmt::format("{}_{}", kind_name(operation), network().layers.size());
    layer.operation = std::move(operation);
    layer.quantisation = keeps_values ? network().quantisation_of(inputs.front()) : Quantisation{0.5, any_zero_point()};
    layer.inputs = std::move(inputs);
    layer.shape = shape;
    if (clamped) {
      layer.clamp_low = pick(0, 100);
      layer.clamp_high = pick(layer.clamp_low, 255);
    }
    network().layers.push_back(std::move(layer));
    image_.reference_weights.emplace_back();
  }

  void add_convolution() {
    const int input = any_tensor();
    const Shape in = network().shape_of(input);
    ConvolutionLayer c;
    c.window = window(in, false);
    c.groups = in.channels % 2 == 0 && chance() ? 2 : 1;
    if (pick(0, 4) == 0) c.groups = in.channels;
    const int outputs = c.groups * pick(1, 4);
    c.bias = list<std::int32_t>(outputs, -100000, 100000);
    c.requantisation = factors(outputs);
    if (chance()) c.negative_requantisation = factors(outputs);
    if (network().quantisation_of(input).zero_point == 0 && chance()) {
      c.filter = InputFilter{pick(1, 12), pick(0, 300), pick(1, 8)};
    }
    add(c, {input}, slide(c.window, in, outputs), false, true);
    const int range = pick(0, 5) == 0 ? 0 : pick(1, 127);
    const int low = range == 127 && image_.encoding == Encoding::twos_complement ? -128 : -range;
    image_.reference_weights.back() = list<std::int8_t>(outputs * in.channels / c.groups * c.window.area(), low, range);
  }

  void add_other(std::size_t kind) {
    const int input = any_tensor();
    const Shape in = network().shape_of(input);
    if (kind == 1 || kind == 2) {
      const SlidingWindow w = window(in, true);
      if (kind == 1) {
        add(MaxPoolLayer{w}, {input}, slide(w, in, in.channels), true, false);
      } else {
        add(AveragePoolLayer{w, chance(), factors(w.area())}, {input}, slide(w, in, in.channels), false, true);
      }
    } else if (kind == 3) {
      const std::vector<int> inputs = alike(input, true);
      ElementwiseLayer e;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        e.multipliers.push_back(list<std::int32_t>(in.channels, -5000, 5000));
      }
      e.offset = list<std::int64_t>(in.channels, -100000, 100000);
      e.shift = pick(1, 62);
      add(e, inputs, in, false, true);
    } else if (kind == 4) {
      const std::vector<int> inputs = alike(input, false);
      int channels = 0;
      for (const int i : inputs) channels += network().shape_of(i).channels;
      add(ConcatLayer{factors(static_cast<int>(inputs.size()))}, inputs, {channels, in.height, in.width}, false, true);
    } else if (kind == 5) {
      LookupLayer l;
      for (std::uint8_t& value : l.table) value = static_cast<std::uint8_t>(pick(0, 255));
      add(l, {input}, in, false, false);
    } else if (kind == 6) {
      const SliceLayer s{{in.channels - 1, 0, in.width / 2}, {1, 2, 1}};
      add(s, {input}, {1, (in.height + 1) / 2, in.width - in.width / 2}, true, false);
    } else if (kind == 7) {
      const PadLayer p{{pick(0, 1), pick(0, 2), 0}, 7};
      add(p, {input}, {in.channels + 1, in.height + 2, in.width + pick(0, 1)}, true, false);
    } else {
      add(ReshapeLayer{}, {input}, {static_cast<int>(in.size()), 1, 1}, true, false);
    }
  }

  void make_network() {
    network().name = "random";
    network().input_shape = {pick(1, 4), pick(1, 8), pick(1, 8)};
    network().input_quantisation = {1.0 / 255, pick(0, 255)};
    network().preprocessing = {1.0 / 255, {0.5}, {0.25}, chance()};
    add_convolution();
    std::vector<std::size_t> kinds{1, 2, 3, 4, 5, 6, 7, 8};
    std::shuffle(kinds.begin(), kinds.end(), random_);
    for (const std::size_t kind : kinds) {
      if (network().layers.size() < 14 && chance()) add_convolution();
      if (total_size() < 3000) add_other(kind);
    }
  }
  std::size_t total_size() {
    std::size_t sum = 0;
    for (const Layer& layer : network().layers) sum = std::max(sum, layer.shape.size());
    return sum;
  }

  // The mapper: slots in order of first use, units filled one after another.

  struct Slot {
    int columns;
    bool is_signed;
    std::vector<unsigned> bits;  // of each row
    std::vector<ScatterEntry> entries;
  };

  /// `count` bits of the weight from bit `first` on; of its positive or negative part with differential encoding.
  unsigned bits_of(int weight, int first, int count, bool negative) const {
    if (image_.encoding == Encoding::differential) weight = std::max(negative ? -weight : weight, 0);
    return (static_cast<unsigned>(weight) >> first) & ((1U << count) - 1U);
  }

  void map_network() {
    for (std::size_t i = 0; i < network().layers.size(); ++i) {
      if (std::holds_alternative<ConvolutionLayer>(network().layers[i].operation)) map_layer(i);
    }
    image_.cells = CellArray(image_.geometry, size(next_engine_ * image_.geometry.crossbars_per_engine));
    for (const auto& [unit, row, column] : set_cells_) {
      image_.cells.set(unit.crossbar, unit.wordline + row, unit.bitline + column);
    }
    if (chance()) image_.reference_weights.clear();
  }

  void map_layer(std::size_t index) {
    const Layer& layer = network().layers[index];
    const auto& c = std::get<ConvolutionLayer>(layer.operation);
    const int group_rows = network().shape_of(layer.inputs[0]).channels / c.groups * c.window.area();
    const int group_outputs = layer.shape.channels / c.groups;
    LayerMapping m;
    m.layer = static_cast<int>(index);
    m.row_group_starts = {0};
    first_engine_ = next_engine_;
    used_ = 0;
    for (int group = 0; group < c.groups; ++group) {
      for (int row = 0; row < group_rows; row += image_.geometry.unit_rows) {
        const int end = std::min(row + image_.geometry.unit_rows, group_rows);
        for (int r = row; r < end; ++r) m.rows.push_back(static_cast<std::uint32_t>(group * group_rows + r));
        m.row_group_starts.push_back(static_cast<std::uint32_t>(m.rows.size()));
        for (auto& [key, slots] : slots_of(index, group * group_outputs, group_outputs, row, end, group_rows)) {
          place(m, slots);
        }
      }
    }
    const int zero = network().quantisation_of(layer.inputs[0]).zero_point;
    const auto& weights = image_.reference_weights[index];
    for (int o = 0; o < layer.shape.channels; ++o) {
      std::int32_t sum = 0;
      for (int r = 0; r < group_rows; ++r) sum += weights[size(o * group_rows + r)];
      m.initial_sums.push_back(c.bias[size(o)] - zero * sum);
    }
    m.storage = storage_of(m, layer.shape.channels, weights.size());
    image_.mappings.push_back(std::move(m));
  }

  using Family = std::map<int, std::vector<Slot>>;  // slots of one width and shift share units

  Family slots_of(std::size_t index, int first_output, int outputs, int row, int end, int group_rows) {
    const bool differential = image_.encoding == Encoding::differential;
    const int width = differential ? 7 : 8;
    const int step = image_.granularity == Granularity::kernel ? std::min(width, image_.geometry.unit_columns) : 1;
    Family families;
    for (int o = first_output; o < first_output + outputs; ++o) {
      for (int part = 0; part < (differential ? 2 : 1); ++part) {
        for (int bit = 0; bit < width; bit += step) {
          const int count = std::min(step, width - bit);
          const bool top = !differential && bit + count == 8;
          Slot slot{count, top && image_.granularity == Granularity::kernel, {}, {}};
          for (int r = row; r < end; ++r) {
            slot.bits.push_back(
                bits_of(image_.reference_weights[index][size(o * group_rows + r)], bit, count, part == 1));
          }
          const bool negative = part == 1 || (top && !slot.is_signed);
          slot.entries = {{static_cast<std::uint32_t>(o), 0, static_cast<std::uint8_t>(bit), negative}};
          store(families[image_.granularity == Granularity::kernel ? bit : 0], std::move(slot));
        }
      }
    }
    return families;
  }

  void store(std::vector<Slot>& slots, Slot slot) const {
    if (image_.engine == EngineKind::wpr) {
      if (std::all_of(slot.bits.begin(), slot.bits.end(), [](unsigned bits) { return bits == 0; })) return;
      for (Slot& other : slots) {
        if (other.bits != slot.bits) continue;
        other.entries.push_back(slot.entries.front());
        return;
      }
    }
    slots.push_back(std::move(slot));
  }

  void place(LayerMapping& m, const std::vector<Slot>& slots) {
    const Geometry& g = image_.geometry;
    for (std::size_t next = 0; next < slots.size();) {
      const auto per_unit = static_cast<std::size_t>(g.unit_columns / slots[next].columns);
      const std::size_t end = std::min(slots.size(), next + per_unit);
      OperationUnit unit = next_unit(m);
      unit.columns = static_cast<std::uint8_t>(slots[next].columns * static_cast<int>(end - next));
      unit.slot_columns = static_cast<std::uint8_t>(slots[next].columns);
      unit.signed_slots = slots[next].is_signed;
      unit.first_entry = static_cast<std::uint32_t>(m.entries.size());
      for (std::size_t k = 0; next < end; ++next, ++k) {
        for (ScatterEntry entry : slots[next].entries) {
          entry.slot = static_cast<std::uint8_t>(k);
          m.entries.push_back(entry);
        }
        for (std::size_t row = 0; row < slots[next].bits.size(); ++row) {
          for (std::size_t j = 0; j < unit.slot_columns; ++j) {
            if ((slots[next].bits[row] >> j & 1U) != 0) set_cells_.emplace_back(unit, row, k * unit.slot_columns + j);
          }
        }
      }
      m.units.push_back(unit);
    }
  }

  /// The next place on the grid, counted within the layer; opens an engine where needed.
  OperationUnit next_unit(LayerMapping& m) {
    const Geometry& g = image_.geometry;
    const int per_crossbar = g.units_per_crossbar();
    const int per_engine = per_crossbar * g.crossbars_per_engine;
    const int place = used_++;
    const int engine = first_engine_ + place / per_engine;
    if (place % per_engine == 0) {
      m.engines.push_back({static_cast<std::uint32_t>(engine), static_cast<std::uint32_t>(m.units.size()), 0});
      next_engine_ = engine + 1;
    }
    ++m.engines.back().unit_count;
    const int columns = g.crossbar_columns / g.unit_columns;
    OperationUnit unit;
    unit.row_group = static_cast<std::uint32_t>(m.row_group_starts.size() - 2);
    unit.crossbar = static_cast<std::uint32_t>(engine * g.crossbars_per_engine + place % per_engine / per_crossbar);
    unit.wordline = static_cast<std::uint16_t>(place % per_crossbar / columns * g.unit_rows);
    unit.bitline = static_cast<std::uint16_t>(place % per_crossbar % columns * g.unit_columns);
    return unit;
  }

  /// Only kernels in two's complement can be: all rows are there, and unless one is dropped or shared, so are all
  /// outputs in their order.
  bool is_regular(const LayerMapping& m, int outputs) const {
    if (image_.granularity != Granularity::kernel || image_.encoding != Encoding::twos_complement) return false;
    if (image_.geometry.unit_columns < 8) return false;
    const int groups = std::get<ConvolutionLayer>(image_.network.layers[size(m.layer)].operation).groups;
    const std::size_t entries = (m.row_group_starts.size() - 1) * size(outputs / groups);
    std::size_t slots = 0;
    for (const OperationUnit& unit : m.units) slots += unit.columns / 8;
    return m.entries.size() == entries && slots == entries;
  }

  Storage storage_of(const LayerMapping& m, int outputs, std::size_t weights) const {
    Storage s;
    s.dense_cells = weights * 8;
    std::map<std::uint32_t, unsigned> units;
    for (const OperationUnit& unit : m.units) {
      s.cells += unit.columns * (m.row_group_starts[unit.row_group + 1] - m.row_group_starts[unit.row_group]);
      ++units[unit.row_group];
    }
    if (image_.engine == EngineKind::dense || is_regular(m, outputs)) return s;
    unsigned most = 0;
    for (const auto& [group, count] : units) most = std::max(most, count);
    unsigned bits = 1;
    for (int reach = 1; reach < outputs; reach *= 2) ++bits;
    if (image_.granularity == Granularity::bit_column) bits += 3;
    if (image_.encoding == Encoding::differential) bits += 1;
    s.table_bits = bits * m.entries.size();
    unsigned index_bits = 0;
    while ((1U << index_bits) <= most) ++index_bits;
    s.index_bits = (m.row_group_starts.size() - 1) * index_bits;
    return s;
  }

  std::mt19937 random_;
  WeightImage image_;
  int first_engine_ = 0;  // of the layer being mapped
  int next_engine_ = 0;
  int used_ = 0;  // places of the layer
  std::vector<std::tuple<OperationUnit, std::size_t, std::size_t>> set_cells_;
};

// Equality, field by field.

auto fields(const Quantisation& q) {
  return std::tie(q.scale, q.zero_point);
}
auto fields(const InputFilter& f) {
  return std::tie(f.block_rows, f.least_sum, f.planes);
}
auto fields(const FixedPoint& f) {
  return std::tie(f.multiplier, f.shift);
}
auto fields(const ScatterEntry& e) {
  return std::tie(e.output, e.slot, e.shift, e.negative);
}
auto fields(const OperationUnit& u) {
  return std::tie(u.row_group, u.crossbar, u.wordline, u.bitline, u.columns, u.slot_columns, u.signed_slots,
                  u.first_entry);
}
auto fields(const EngineShare& e) {
  return std::tie(e.engine, e.first_unit, e.unit_count);
}
auto fields(const Storage& s) {
  return std::tie(s.dense_cells, s.cells, s.table_bits, s.index_bits);
}
auto fields(const Provenance& p) {
  return std::tie(p.program_version, p.network_file, p.configuration, p.float_accuracy, p.reference_accuracy,
                  p.evaluation_images);
}
auto fields(const Geometry& g) {
  return std::tie(g.crossbar_rows, g.crossbar_columns, g.unit_rows, g.unit_columns, g.group_rows,
                  g.crossbars_per_engine, g.engines_per_tile);
}
auto fields(const Preprocessing& p) {
  return std::tie(p.scale, p.mean, p.standard_deviation, p.reverse_channels);
}
auto fields(const SlidingWindow& w) {
  return std::tie(w.kernel_height, w.kernel_width, w.stride_height, w.stride_width, w.dilation_height, w.dilation_width,
                  w.pad_top, w.pad_left, w.pad_bottom, w.pad_right);
}

bool same(const Layer& a, const Layer& b);
bool same(const LayerMapping& a, const LayerMapping& b);
template <class T>
bool same(const T& a, const T& b) {
  return fields(a) == fields(b);
}
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T& x, const T& y) { return same(x, y); });
}

struct SameOperation {
  const Operation& other;
  template <class T>
  const T& b() const {
    return std::get<T>(other);
  }
  bool operator()(const ConvolutionLayer& a) const {
    const auto& c = b<ConvolutionLayer>();
    return same(a.window, c.window) && a.groups == c.groups && a.bias == c.bias &&
           same(a.requantisation, c.requantisation) && same(a.negative_requantisation, c.negative_requantisation) &&
           a.filter.has_value() == c.filter.has_value() && (!a.filter || same(*a.filter, *c.filter));
  }
  bool operator()(const MaxPoolLayer& a) const { return same(a.window, b<MaxPoolLayer>().window); }
  bool operator()(const AveragePoolLayer& a) const {
    const auto& c = b<AveragePoolLayer>();
    return same(a.window, c.window) && a.count_padding == c.count_padding && same(a.requantisation, c.requantisation);
  }
  bool operator()(const ElementwiseLayer& a) const {
    const auto& c = b<ElementwiseLayer>();
    return a.multipliers == c.multipliers && a.offset == c.offset && a.shift == c.shift;
  }
  bool operator()(const ConcatLayer& a) const { return same(a.requantisation, b<ConcatLayer>().requantisation); }
  bool operator()(const LookupLayer& a) const { return a.table == b<LookupLayer>().table; }
  bool operator()(const SliceLayer& a) const {
    return a.start == b<SliceLayer>().start && a.step == b<SliceLayer>().step;
  }
  bool operator()(const PadLayer& a) const {
    return a.before == b<PadLayer>().before && a.value == b<PadLayer>().value;
  }
  bool operator()(const ReshapeLayer&) const { return true; }
};

bool same(const Layer& a, const Layer& b) {
  return a.name == b.name && a.inputs == b.inputs && a.shape == b.shape && same(a.quantisation, b.quantisation) &&
         a.clamp_low == b.clamp_low && a.clamp_high == b.clamp_high && a.operation.index() == b.operation.index() &&
         std::visit(SameOperation{b.operation}, a.operation);
}

bool same(const LayerMapping& a, const LayerMapping& b) {
  return a.layer == b.layer && a.rows == b.rows && a.row_group_starts == b.row_group_starts && same(a.units, b.units) &&
         same(a.entries, b.entries) && same(a.engines, b.engines) && a.initial_sums == b.initial_sums &&
         same(a.storage, b.storage);
}

}  // namespace

WeightImage random_image(std::uint32_t seed) {
  return Generator(seed).image();
}

WeightImage tiny_image() {
  ConvolutionLayer convolution;
  convolution.bias = {100, 200};
  convolution.requantisation = {{1, 1}, {3, 2}};
  Layer layer;
  layer.name = "conv";
  layer.operation = convolution;
  layer.inputs = {kNetworkInput};
  layer.shape = {2, 1, 1};

  WeightImage image;
  image.engine = EngineKind::wpr;
  image.provenance = {"reprise 0.1.0", "tiny.onnx", "mapping: {engine: wpr}\n", 0.9125, 0.91, 10000};
  image.network.name = "tiny";
  image.network.input_shape = {2, 1, 1};
  image.network.input_quantisation = {1.0, 10};
  image.network.preprocessing = {1.0, {0.0}, {1.0}, false};
  image.network.layers = {layer};
  LayerMapping mapping;
  mapping.rows = {0, 1};
  mapping.row_group_starts = {0, 2};
  mapping.units = {{0, 1, 18, 40, 8, 8, true, 0}};
  mapping.entries = {{0, 0, 0, false}, {1, 0, 0, false}};
  mapping.engines = {{0, 0, 1}};
  mapping.initial_sums = {80, 180};  // less 10 x (3 - 1)
  mapping.storage = {32, 16, 4, 1};
  image.mappings = {mapping};
  image.cells = CellArray(image.geometry, 8);
  for (std::size_t bit = 0; bit < 2; ++bit) image.cells.set(1, 18, 40 + bit);  // 3
  for (std::size_t bit = 0; bit < 8; ++bit) image.cells.set(1, 19, 40 + bit);  // -1
  image.reference_weights = {{3, -1, 3, -1}};
  return image;
}

std::string first_difference(const WeightImage& a, const WeightImage& b) {
  if (!same(a.provenance, b.provenance)) return "provenance";
  if (a.engine != b.engine || a.encoding != b.encoding || a.granularity != b.granularity) return "engine";
  if (!same(a.geometry, b.geometry)) return "geometry";
  if (a.network.name != b.network.name || a.network.input_shape != b.network.input_shape) return "network input";
  if (!same(a.network.input_quantisation, b.network.input_quantisation)) return "input quantisation";
  if (!same(a.network.preprocessing, b.network.preprocessing)) return "preprocessing";
  if (!same(a.network.layers, b.network.layers)) return "layers";
  if (!same(a.mappings, b.mappings)) return "mappings";
  if (a.cells.crossbars() != b.cells.crossbars() || a.cells.bytes() != b.cells.bytes()) return "cells";
  if (a.reference_weights != b.reference_weights) return "reference weights";
  return "";
}

}  // namespace reprise::test
