#include "tests/platform/plain_machine.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace reprise::test {
namespace {

using Time = std::uint64_t;

Time ceiling(Time a, int b) {
  const auto divisor = static_cast<Time>(b);
  return a / divisor + (a % divisor != 0 ? 1 : 0);
}

std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

/// The network's input comes before the first layer.
std::size_t slot(int layer) {
  return index(layer + 1);
}

/// Where one input's rows or columns lie under an output position, along one axis.
struct Reach {
  int first;  ///< not clamped
  int last;
};

Reach sliding(const SlidingWindow& w, int i, bool rows) {
  const int first = rows ? i * w.stride_height - w.pad_top : i * w.stride_width - w.pad_left;
  return {first, first + (rows ? (w.kernel_height - 1) * w.dilation_height : (w.kernel_width - 1) * w.dilation_width)};
}

Reach reach(const Layer& layer, const Shape& input, int i, bool rows) {
  const std::size_t axis = rows ? 1 : 2;
  if (const auto* l = std::get_if<ConvolutionLayer>(&layer.operation)) return sliding(l->window, i, rows);
  if (const auto* l = std::get_if<MaxPoolLayer>(&layer.operation)) return sliding(l->window, i, rows);
  if (const auto* l = std::get_if<AveragePoolLayer>(&layer.operation)) return sliding(l->window, i, rows);
  if (const auto* l = std::get_if<PadLayer>(&layer.operation)) return {i - l->before[axis], i - l->before[axis]};
  if (std::holds_alternative<ReshapeLayer>(layer.operation)) return {0, (rows ? input.height : input.width) - 1};
  if (const auto* l = std::get_if<SliceLayer>(&layer.operation)) {
    return {l->start[axis] + l->step[axis] * i, l->start[axis] + l->step[axis] * i};
  }
  return {i, i};
}

/// -1: none.
int last_needed(const Layer& layer, const Shape& input, int i, bool rows) {
  return std::max(-1, std::min((rows ? input.height : input.width) - 1, reach(layer, input, i, rows).last));
}

/// Rows of an input that are released when output row y is finished.
int released_after(const Layer& layer, const Shape& input, int y) {
  if (y + 1 == layer.shape.height) return input.height;
  return std::max(0, std::min(input.height - 1, reach(layer, input, y + 1, true).first));
}

/// Makes row after row on demand, with the rows themselves in the buffers.
class Demand {
 public:
  explicit Demand(const NetworkDescription& network)
      : network_(network), made_(network.layers.size() + 1), most_(network.layers.size()) {
    for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
      most_[layer].assign(network.layers[layer].inputs.size(), 1);
    }
    for (int layer = static_cast<int>(network.layers.size()) - 1; layer >= kNetworkInput; --layer) {
      make_up_to(layer, network.shape_of(layer).height - 1);
    }
  }

  const std::vector<std::vector<int>>& most() const { return most_; }

 private:
  void make_up_to(int layer, int row) {
    while (made_[slot(layer)] <= row) make(layer, made_[slot(layer)]);
  }

  void make(int number, int row) {
    if (number != kNetworkInput) {
      const Layer& layer = network_.layers[index(number)];
      for (const int input : layer.inputs) {
        make_up_to(input, last_needed(layer, network_.shape_of(input), row, true));
      }
    }
    ++made_[slot(number)];
    for (int consumer = 0; consumer < static_cast<int>(network_.layers.size()); ++consumer)
      store(number, row, consumer);
    if (number != kNetworkInput) release(number, row);
  }

  void store(int producer, int row, int consumer) {
    const Layer& layer = network_.layers[index(consumer)];
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      if (layer.inputs[i] != producer) continue;
      std::set<int>& rows = held_[{consumer, i}];
      if (!released(consumer, i, row)) rows.insert(row);
      int& most = most_[index(consumer)][i];
      most = std::max(most, static_cast<int>(rows.size()));
    }
  }

  bool released(int number, std::size_t input, int row) const {
    const Layer& layer = network_.layers[index(number)];
    const int done = made_[slot(number)];
    return done > 0 && row < released_after(layer, network_.shape_of(layer.inputs[input]), done - 1);
  }

  void release(int number, int y) {
    const Layer& layer = network_.layers[index(number)];
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      std::set<int>& rows = held_[{number, i}];
      rows.erase(rows.begin(), rows.lower_bound(released_after(layer, network_.shape_of(layer.inputs[i]), y)));
    }
  }

  const NetworkDescription& network_;
  std::vector<int> made_;  ///< rows
  std::map<std::pair<int, std::size_t>, std::set<int>> held_;
  std::vector<std::vector<int>> most_;
};

class PlainMachine {
 public:
  PlainMachine(const WeightImage& image, const MachineConfig& machine)
      : image_(image), net_(image.network), machine_(machine), layers_(static_cast<int>(net_.layers.size())) {
    for (const LayerMapping& mapping : image.mappings) mapping_[mapping.layer] = &mapping;
    depths_ = plain_least_depths(net_);
    home_[kNetworkInput] = 0;
    home_[layers_] = 0;  // the output buffer
    statistics_.layers.resize(net_.layers.size());
    statistics_.tiles = 1;
    for (int layer = 0; layer < layers_; ++layer) place(layer);
  }

  void run(const Tensors& tensors) {
    tensors_ = &tensors;
    service_.assign(net_.layers.size(), {});
    finish_.assign(net_.layers.size() + 1, {});
    for (int layer = 0; layer < layers_; ++layer) {
      for (int y = 0; y < at(layer).shape.height; ++y) {
        for (int x = 0; x < at(layer).shape.width; ++x) {
          service_[index(layer)].push_back(run_window(layer, y, x));
        }
      }
    }
    Time done = finish(kNetworkInput, static_cast<int>(net_.input_shape.pixels()) - 1);
    for (int layer = 0; layer < layers_; ++layer) done = std::max(done, run_times(layer));
    for (int layer = kNetworkInput; layer < layers_; ++layer) pass_rows_on(layer);
    const int last_window = static_cast<int>(at(layers_ - 1).shape.pixels()) - 1;
    done = std::max(done, arrival(layers_ - 1, last_window, layers_));
    const Time bytes = at(layers_ - 1).shape.size();
    statistics_.input_output[Event::dma_transfer] += bytes + net_.input_shape.size();
    statistics_.image_cycles.push_back(done + static_cast<Time>(machine_.memory_cycles) +
                                       ceiling(bytes, machine_.bus_bytes_per_cycle));
  }

  SimulationStatistics take() { return std::move(statistics_); }

 private:
  const Layer& at(int layer) const { return net_.layers[index(layer)]; }
  LayerStatistics& of(int layer) { return statistics_.layers[index(layer)]; }
  EventCounts& home_events(int layer) {
    return layer == kNetworkInput || layer == layers_ ? statistics_.input_output : of(layer).events[home_[layer]];
  }
  int tile_of(const EngineShare& share) const {
    return static_cast<int>(share.engine) / image_.geometry.engines_per_tile;
  }

  void place(int layer) {
    home_[layer] = home_[at(layer).inputs.front()];
    if (mapping_.count(layer) != 0) {
      const LayerMapping& mapping = *mapping_[layer];
      if (!mapping.engines.empty()) home_[layer] = tile_of(mapping.engines.front());
      of(layer).engines = mapping.engines.size();
      for (const EngineShare& share : mapping.engines) {
        statistics_.tiles = std::max(statistics_.tiles, tile_of(share) + 1);
      }
    }
    of(layer).home_tile = home_[layer];
    for (std::size_t i = 0; i < at(layer).inputs.size(); ++i) {
      const int height = net_.shape_of(at(layer).inputs[i]).height;
      int& depth = depths_[index(layer)][i];
      depth = machine_.buffer_rows ? *machine_.buffer_rows : std::min(height, depth + machine_.buffer_extra_rows);
    }
  }

  // Sections 2 to 4 and 6: one window.

  Time run_window(int layer, int y, int x) {
    ++of(layer).activity.windows;
    if (mapping_.count(layer) != 0) return run_weights(layer, y, x);
    Time taps = 1;
    if (const auto* l = std::get_if<MaxPoolLayer>(&at(layer).operation)) taps = static_cast<Time>(l->window.area());
    if (const auto* l = std::get_if<AveragePoolLayer>(&at(layer).operation)) taps = static_cast<Time>(l->window.area());
    if (std::holds_alternative<ElementwiseLayer>(at(layer).operation)) taps = at(layer).inputs.size();
    const Time operations = static_cast<Time>(at(layer).shape.channels) * taps;
    home_events(layer)[Event::vector_op] += operations;
    home_events(layer)[Event::buffer_read] += operations;
    return std::max<Time>(1, ceiling(operations, machine_.vector_lanes));
  }

  Time run_weights(int layer, int y, int x) {
    const LayerMapping& mapping = *mapping_[layer];
    const std::vector<std::uint8_t> window = filtered(layer, im2col(layer, y, x));
    Time longest = 0;
    for (const EngineShare& share : mapping.engines) {
      longest = std::max(longest, run_engine(layer, mapping, share, window));
    }
    std::set<std::pair<std::uint32_t, std::uint32_t>> adders;  // output, engine
    for (const EngineShare& share : mapping.engines) {
      for (std::uint32_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
        for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
          adders.insert({mapping.entries[e].output, share.engine});
        }
      }
    }
    std::set<std::uint32_t> outputs;
    for (const auto& adder : adders) outputs.insert(adder.first);
    home_events(layer)[Event::merge_add] += adders.size() - outputs.size();
    home_events(layer)[Event::requantise_op] += static_cast<Time>(at(layer).shape.channels);
    count_products(layer, mapping);
    Time levels = 0;
    for (std::size_t left = mapping.engines.size(); left > 1; left = (left + 1) / 2) ++levels;
    return longest + levels * static_cast<Time>(machine_.pipeline.merge_cycles) +
           ceiling(static_cast<Time>(at(layer).shape.channels), machine_.pipeline.output_lanes);
  }

  /// In the order of rows of docs/weight_image.md. Counts what is read from the buffer.
  std::vector<std::uint8_t> im2col(int layer, int y, int x) {
    const int from = at(layer).inputs.front();
    const Shape& input = net_.shape_of(from);
    const SlidingWindow& w = std::get<ConvolutionLayer>(at(layer).operation).window;
    std::vector<std::uint8_t> window;
    for (int c = 0; c < input.channels; ++c) {
      for (int ky = 0; ky < w.kernel_height; ++ky) {
        for (int kx = 0; kx < w.kernel_width; ++kx) {
          const int row = y * w.stride_height - w.pad_top + ky * w.dilation_height;
          const int column = x * w.stride_width - w.pad_left + kx * w.dilation_width;
          if (row < 0 || row >= input.height || column < 0 || column >= input.width) {
            window.push_back(static_cast<std::uint8_t>(net_.quantisation_of(from).zero_point));
          } else {
            const int position = (c * input.height + row) * input.width + column;
            window.push_back((*tensors_)[slot(from)][index(position)]);
            ++home_events(layer)[Event::buffer_read];
          }
        }
      }
    }
    return window;
  }

  bool has_filter(int layer) const { return std::get<ConvolutionLayer>(at(layer).operation).filter.has_value(); }

  /// What the layer's input filter lets through, row by row and bit by bit.
  std::vector<std::uint8_t> filtered(int layer, std::vector<std::uint8_t> window) {
    if (!has_filter(layer)) return window;
    const auto& convolution = std::get<ConvolutionLayer>(at(layer).operation);
    home_events(layer)[Event::input_filter_check] += window.size();
    const std::size_t rows = window.size() / index(convolution.groups);
    std::map<std::pair<std::size_t, std::size_t>, std::vector<std::size_t>> blocks;  // by group and number
    for (std::size_t row = 0; row < window.size(); ++row) {
      blocks[{row / rows, row % rows / index(convolution.filter->block_rows)}].push_back(row);
    }
    for (const auto& [place, block] : blocks) {
      int sum = 0;
      int leading = 0;
      for (const std::size_t row : block) {
        sum += window[row];
        for (int bit = leading; bit < 8; ++bit) leading = (window[row] >> bit & 1) != 0 ? bit : leading;
      }
      for (const std::size_t row : block) {
        for (int bit = 0; bit < 8; ++bit) {
          const bool stays = sum >= convolution.filter->least_sum && bit >= leading - convolution.filter->planes + 1;
          if (!stays) window[row] = static_cast<std::uint8_t>(window[row] & ~(1 << bit));
        }
      }
    }
    return window;
  }

  Time run_engine(int layer, const LayerMapping& mapping, const EngineShare& share,
                  const std::vector<std::uint8_t>& window) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> units;  // by row group
    for (std::uint32_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      units[mapping.units[u].row_group].push_back(u);
    }
    EngineRun run{of(layer), of(layer).events[tile_of(share)], {}, 0, 0};
    for (const auto& [group, members] : units) {
      run.loaded += mapping.rows_in_group(group);
      for (int bit = 0; bit < 8; ++bit) run_pair(mapping, group, members, bit, window, run);
    }
    run.events[Event::input_register_write] += run.loaded;
    const int filter_cycles = has_filter(layer) ? machine_.pipeline.filter_cycles : 0;
    return static_cast<Time>(filter_cycles) + ceiling(run.loaded, machine_.pipeline.input_bytes_per_cycle) +
           run.standstill + drain(run.scatter);
  }

  struct EngineRun {
    LayerStatistics& layer;
    EventCounts& events;
    std::vector<Time> scatter;  ///< cycles, of each activation
    Time loaded;
    Time standstill;
  };

  void run_pair(const LayerMapping& mapping, std::uint32_t group, const std::vector<std::uint32_t>& units, int bit,
                const std::vector<std::uint8_t>& window, EngineRun& run) {
    const Geometry& geometry = image_.geometry;
    const bool formed = geometry.group_rows != geometry.unit_rows;
    const Time all = mapping.rows_in_group(group);
    Time ones = 0;
    for (std::uint32_t r = mapping.row_group_starts[group]; r < mapping.row_group_starts[group + 1]; ++r) {
      if (((window[mapping.rows[r]] >> bit) & 1) != 0) ++ones;
    }
    if (machine_.pipeline.skip_zero_inputs) {
      ++run.events[Event::zero_detector_check];
      if (formed) run.events[Event::unit_former_select] += all;
      if (ones == 0) {
        run.standstill += static_cast<Time>(machine_.pipeline.skip_cycles);
        run.layer.dropped_activations += units.size();
        return;
      }
    }
    Time left = formed && machine_.pipeline.skip_zero_inputs ? ones : all;
    while (left > 0) {
      const Time rows = formed ? std::min<Time>(left, static_cast<Time>(geometry.unit_rows)) : left;
      for (const std::uint32_t u : units) activate(mapping, u, rows, run);
      left -= rows;
    }
  }

  void activate(const LayerMapping& mapping, std::uint32_t u, Time rows, EngineRun& run) {
    const Time columns = mapping.units[u].columns;
    const Time entries = mapping.entries_end(u) - mapping.entries_begin(u);
    ++run.layer.activations;
    ++run.events[Event::schedule_read];
    run.events[Event::input_register_read] += rows;
    run.events[Event::dac_drive] += rows;
    run.events[Event::crossbar_read] += rows * columns;
    run.events[Event::sample_hold_sample] += columns;
    run.events[Event::adc_convert] += columns;
    run.events[Event::shift_add_add] += columns;
    run.events[Event::table_read] += entries * entry_bits(mapping);
    run.events[Event::accumulator_add] += entries;
    run.scatter.push_back(ceiling(entries, machine_.pipeline.scatter_ports));
  }

  /// docs/weight_image.md, section 6: all rows and outputs in their order, in whole weights.
  bool is_regular(const LayerMapping& mapping) const {
    const Layer& layer = image_.network.layers[index(mapping.layer)];
    const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
    const std::size_t rows = index(image_.network.shape_of(layer.inputs[0]).channels * convolution.window.area());
    std::vector<std::uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0U);
    if (mapping.rows != all) return false;
    const std::size_t groups = index(convolution.groups);
    std::vector<std::vector<std::uint32_t>> outputs(mapping.row_group_count());
    for (std::size_t u = 0; u < mapping.units.size(); ++u) {
      if (mapping.units[u].slot_columns != 8 || !mapping.units[u].signed_slots) return false;
      if (mapping.entries_end(u) - mapping.entries_begin(u) != mapping.units[u].columns / 8U) return false;
      for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
        if (mapping.entries[e].shift != 0 || mapping.entries[e].negative) return false;
        outputs[mapping.units[u].row_group].push_back(mapping.entries[e].output);
      }
    }
    for (std::size_t g = 0; g < outputs.size(); ++g) {
      std::vector<std::uint32_t> expected(mapping.initial_sums.size() / groups);
      const std::size_t group = mapping.row_group_starts[g] / (rows / groups);
      std::iota(expected.begin(), expected.end(), static_cast<std::uint32_t>(group * expected.size()));
      if (outputs[g] != expected) return false;
    }
    return true;
  }

  Time entry_bits(const LayerMapping& mapping) const {
    if (image_.engine == EngineKind::dense || is_regular(mapping)) return 0;
    Time bits = 0;
    for (std::size_t outputs = mapping.initial_sums.size(); outputs > 1; outputs = (outputs + 1) / 2) ++bits;
    const bool shared = image_.engine == EngineKind::wpr || image_.engine == EngineKind::reprise;
    const bool narrow = image_.engine == EngineKind::mixed_ou || image_.engine == EngineKind::reprise;
    const bool columns = image_.granularity == Granularity::bit_column;
    bool shift = columns;
    bool sign = image_.encoding == Encoding::differential;
    for (const ScatterEntry& entry : mapping.entries) {
      if (narrow && entry.shift != 0) shift = true;
      if (!columns && entry.negative) sign = true;
    }
    return bits + (shared ? 1 : 0) + (shift ? 3 : 0) + (sign ? 1 : 0);
  }

  /// Steps until the last activation has left the sixth stage.
  Time drain(const std::vector<Time>& scatter) const {
    const PipelineConfig& p = machine_.pipeline;
    const Time convert =
        ceiling(static_cast<Time>(image_.geometry.unit_columns), p.adcs) * static_cast<Time>(p.convert_cycles);
    const Time others =
        static_cast<Time>(std::max({p.fetch_cycles, p.drive_cycles, p.read_cycles, p.shift_add_cycles}));
    const Time step = std::max(convert, others);
    Time cycles = 0;
    for (std::size_t first = 0; !scatter.empty() && first < scatter.size() + 5; ++first) {
      cycles += first < 5 ? step : std::max(step, scatter[first - 5]);
    }
    return cycles;
  }

  /// Every cell column of every row of every weight, one by one.
  void count_products(int layer, const LayerMapping& mapping) {
    ProductCounts& products = of(layer).products;
    std::set<std::tuple<std::uint32_t, std::uint32_t, int>> stored;  // im2col row, output, column of the weight
    for (std::size_t u = 0; u < mapping.units.size(); ++u) {
      const OperationUnit& unit = mapping.units[u];
      const auto* rows = &mapping.rows[mapping.row_group_starts[unit.row_group]];
      std::set<int> slots;
      for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
        const ScatterEntry& entry = mapping.entries[e];
        const bool first = slots.insert(entry.slot).second;
        const int side = entry.negative && image_.encoding == Encoding::differential ? 7 : 0;
        for (int j = 0; j < unit.slot_columns; ++j) {
          for (std::uint32_t r = 0; r < mapping.rows_in_group(unit.row_group); ++r) {
            ++(first ? products.computed : products.reused);
            stored.insert({rows[r], entry.output, side + entry.shift + j});
          }
        }
      }
    }
    const auto& convolution = std::get<ConvolutionLayer>(at(layer).operation);
    const int columns = image_.encoding == Encoding::differential ? 14 : 8;
    const auto outputs = static_cast<std::uint32_t>(mapping.initial_sums.size());
    const auto groups = static_cast<std::uint32_t>(convolution.groups);
    const auto rows =
        static_cast<std::uint32_t>(net_.shape_of(at(layer).inputs[0]).channels * convolution.window.area()) / groups;
    for (std::uint32_t output = 0; output < outputs; ++output) {
      const std::uint32_t first_row = output / (outputs / groups) * rows;
      for (std::uint32_t row = first_row; row < first_row + rows; ++row) {
        for (int column = 0; column < columns; ++column) products.zero += 1 - stored.count({row, output, column});
      }
    }
  }

  // Section 5: times.

  struct Window {
    Time previous, ready, credit;
    Time start() const { return std::max({previous, ready, credit}); }
  };

  Window window(int layer, int i) {
    const int width = net_.shape_of(layer).width;
    return {finish(layer, i - 1), ready(layer, i), credit(layer, i / width)};
  }

  /// Of window i, or for the network's input of pixel i.
  Time finish(int layer, int i) {
    constexpr Time kAsked = ~Time{0};
    if (i < 0) return 0;
    const auto known = finish_[slot(layer)].find(i);
    if (known != finish_[slot(layer)].end()) {
      if (known->second == kAsked) throw std::logic_error("a window waits for itself");
      return known->second;
    }
    finish_[slot(layer)][i] = kAsked;
    const Time time = layer == kNetworkInput ? input_row(i / net_.input_shape.width)
                                             : window(layer, i).start() + service_[index(layer)][index(i)];
    finish_[slot(layer)][i] = time;
    return time;
  }

  Time input_row(int row) {
    const Shape& shape = net_.input_shape;
    return std::max(finish(kNetworkInput, row * shape.width - 1), credit(kNetworkInput, row)) +
           static_cast<Time>(machine_.memory_cycles) +
           ceiling(static_cast<Time>(shape.width * shape.channels), machine_.bus_bytes_per_cycle);
  }

  Time ready(int layer, int i) {
    Time latest = 0;
    for (const int input : at(layer).inputs) {
      const Shape& shape = net_.shape_of(input);
      const int row = last_needed(at(layer), shape, i / at(layer).shape.width, true);
      const int column = last_needed(at(layer), shape, i % at(layer).shape.width, false);
      if (row >= 0 && column >= 0) latest = std::max(latest, arrival(input, row * shape.width + column, layer));
    }
    return latest;
  }

  Time hops(int from, int to) const {
    const int columns = machine_.mesh.columns;
    const int a = home_.at(from);
    const int b = home_.at(to);
    return static_cast<Time>(std::abs(a % columns - b % columns) + std::abs(a / columns - b / columns) + 1);
  }

  Time arrival(int producer, int position, int consumer) {
    return finish(producer, position) + hops(producer, consumer) * static_cast<Time>(machine_.router_cycles) +
           ceiling(static_cast<Time>(net_.shape_of(producer).channels), machine_.link_bytes_per_cycle);
  }

  Time credit(int producer, int row) {
    Time latest = 0;
    for (int consumer = 0; consumer < layers_; ++consumer) {
      for (std::size_t i = 0; i < at(consumer).inputs.size(); ++i) {
        const int freed = row - depths_[index(consumer)][i];
        if (at(consumer).inputs[i] == producer && freed >= 0) latest = std::max(latest, release(consumer, i, freed));
      }
    }
    return latest;
  }

  Time release(int consumer, std::size_t input, int row) {
    int y = 0;
    while (row >= released_after(at(consumer), net_.shape_of(at(consumer).inputs[input]), y)) ++y;
    return finish(consumer, (y + 1) * at(consumer).shape.width - 1);
  }

  /// When the layer has finished its last window.
  Time run_times(int layer) {
    LayerActivity& activity = of(layer).activity;
    const int windows = static_cast<int>(at(layer).shape.pixels());
    activity.first_start = window(layer, 0).start();
    for (int i = 0; i < windows; ++i) {
      const Window w = window(layer, i);
      const Time arrived = std::max(w.previous, w.ready);
      activity.waited_for_input += arrived - w.previous;
      activity.waited_for_credit += w.start() - arrived;
      activity.busy_cycles += service_[index(layer)][index(i)];
    }
    return activity.last_finish = finish(layer, windows - 1);
  }

  void pass_rows_on(int producer) {
    const Time bytes = net_.shape_of(producer).size();
    const auto pass = [&](int consumer) {
      home_events(producer)[Event::router_hop] += bytes * hops(producer, consumer);
      home_events(consumer)[Event::buffer_write] += bytes;
    };
    for (int consumer = 0; consumer < layers_; ++consumer) {
      for (const int input : at(consumer).inputs) {
        if (input == producer) pass(consumer);
      }
    }
    if (producer == layers_ - 1) pass(layers_);
  }

  const WeightImage& image_;
  const NetworkDescription& net_;
  const MachineConfig& machine_;
  const int layers_;
  std::map<int, const LayerMapping*> mapping_;
  std::map<int, int> home_;
  std::vector<std::vector<int>> depths_;
  const Tensors* tensors_ = nullptr;
  std::vector<std::vector<Time>> service_;
  std::vector<std::map<int, Time>> finish_;
  SimulationStatistics statistics_;
};

}  // namespace

SimulationStatistics plain_statistics(const WeightImage& image, const MachineConfig& machine,
                                      const std::vector<Tensors>& images) {
  PlainMachine plain(image, machine);
  for (const Tensors& tensors : images) plain.run(tensors);
  return plain.take();
}

std::vector<std::vector<int>> plain_least_depths(const NetworkDescription& network) {
  return Demand(network).most();
}

}  // namespace reprise::test
