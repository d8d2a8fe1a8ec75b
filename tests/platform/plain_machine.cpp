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
    place_copies();
    depths_ = plain_least_depths(net_);
    home_[kNetworkInput] = 0;
    home_[layers_] = 0;  // the output buffer
    statistics_.layers.resize(net_.layers.size());
    statistics_.tiles = 1;
    for (int layer = 0; layer < layers_; ++layer) place(layer);
    for (int layer = kNetworkInput; layer < layers_; ++layer) {
      for (int row = 0; row < net_.shape_of(layer).height; ++row)
        rows_in_step_[step(layer, row)].push_back({layer, row});
    }
  }

  /// Images that are in flight together, each from its start on.
  void run(const std::vector<Tensors>& images, const std::vector<Time>& starts) {
    starts_ = starts;
    service_.assign(net_.layers.size(), {});
    windows_.assign(net_.layers.size(), {});
    input_.clear();
    step_begin_.clear();
    for (const Tensors& tensors : images) {
      tensors_ = &tensors;
      for (int layer = 0; layer < layers_; ++layer) run_windows(layer);
    }
    for (int image = 0; image < static_cast<int>(images.size()); ++image) {
      statistics_.image_starts.push_back(starts[index(image)]);
      statistics_.image_cycles.push_back(written(image) - starts[index(image)]);
      for (int layer = kNetworkInput; layer < layers_; ++layer) pass_rows_on(layer);
      statistics_.input_output[Event::dma_transfer] += at(layers_ - 1).shape.size() + net_.input_shape.size();
    }
    const Time end = written(static_cast<int>(images.size()) - 1);
    statistics_.elapsed_cycles += end;
    for (int layer = 0; layer < layers_; ++layer) account(layer, end);
  }

  SimulationStatistics take() { return std::move(statistics_); }

 private:
  const Layer& at(int layer) const { return net_.layers[index(layer)]; }
  LayerStatistics& of(int layer) { return statistics_.layers[index(layer)]; }
  EventCounts& home_events(int layer) {
    return layer == kNetworkInput || layer == layers_ ? statistics_.input_output : of(layer).events[home_[layer]];
  }
  int tile_of(int engine) const { return engine / image_.geometry.engines_per_tile; }
  int windows_of(int layer) const { return static_cast<int>(at(layer).shape.pixels()); }
  int copies_of(int layer) const { return static_cast<int>(copies_[index(layer)].size()); }
  Time lanes_of(int layer) const { return std::max<Time>(1, copies_[index(layer)][0].size()); }

  // Replication.

  void place_copies() {
    int next = 0;
    copies_.assign(net_.layers.size(), {{}});
    for (const auto& [layer, mapping] : mapping_) {
      for (const EngineShare& share : mapping->engines) {
        copies_[index(layer)][0].push_back(static_cast<int>(share.engine));
        next = std::max(next, static_cast<int>(share.engine) + 1);
      }
    }
    const std::vector<int> numbers = numbers_of_copies(next);
    for (int layer = 0; layer < layers_; ++layer) {
      while (copies_of(layer) < numbers[index(layer)]) {
        std::vector<int> copy(copies_[index(layer)][0].size());
        for (int& engine : copy) engine = next++;
        copies_[index(layer)].push_back(copy);
      }
    }
  }

  std::vector<int> numbers_of_copies(int engines) const {
    std::vector<int> numbers(net_.layers.size(), 1);
    const ReplicationConfig& replication = machine_.replication;
    if (replication.kind == ReplicationKind::given_explicitly) {
      for (int layer = 0; layer < layers_; ++layer) {
        const auto given = replication.copies.find(at(layer).name);
        if (given != replication.copies.end()) numbers[index(layer)] = given->second;
      }
    }
    if (replication.kind == ReplicationKind::balanced) balance(numbers, engines);
    return numbers;
  }

  void balance(std::vector<int>& numbers, int engines) const {
    int chip = machine_.mesh.columns * machine_.mesh.rows * image_.geometry.engines_per_tile - engines;
    int budget = chip;
    if (machine_.replication.engines) {
      budget = *machine_.replication.engines;
      for (const auto& copies : copies_) budget -= static_cast<int>(copies[0].size());
    }
    const Time input = static_cast<Time>(net_.input_shape.height) *
                       memory(static_cast<Time>(net_.input_shape.width) * static_cast<Time>(net_.input_shape.channels));
    for (;;) {
      double longest = static_cast<double>(input);
      int which = kNetworkInput;
      for (int layer = 0; layer < layers_; ++layer) {
        const double time = static_cast<double>(time_of(layer)) / numbers[index(layer)];
        const bool vector = mapping_.count(layer) == 0;
        if (time > longest || (vector && time == longest)) {
          longest = time;
          which = vector ? kNetworkInput : layer;
        }
      }
      if (which == kNetworkInput || copies_[index(which)][0].empty() || numbers[index(which)] == windows_of(which))
        return;
      const int more = static_cast<int>(copies_[index(which)][0].size());
      if (more > std::min(chip, budget)) return;
      chip -= more;
      budget -= more;
      ++numbers[index(which)];
    }
  }

  /// Of all windows, every activation executed; nothing for a layer with weights but no engines.
  Time time_of(int layer) const {
    const auto windows = static_cast<Time>(windows_of(layer));
    if (mapping_.count(layer) == 0)
      return windows * std::max<Time>(1, ceiling(operations(layer), machine_.vector_lanes));
    const LayerMapping& mapping = *mapping_.at(layer);
    if (mapping.engines.empty()) return 0;
    Time longest = 0;
    for (const EngineShare& share : mapping.engines) {
      std::vector<Time> scatter;
      std::set<std::uint32_t> groups;
      for (std::uint32_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
        const Time entries = mapping.entries_end(u) - mapping.entries_begin(u);
        const Time rows = mapping.rows_in_group(mapping.units[u].row_group);
        scatter.insert(scatter.end(), 8 * ceiling(rows, image_.geometry.unit_rows),
                       ceiling(entries, machine_.pipeline.scatter_ports));
        groups.insert(mapping.units[u].row_group);
      }
      Time rows = 0;
      for (const std::uint32_t group : groups) rows += mapping.rows_in_group(group);
      const int filter = has_filter(layer) ? machine_.pipeline.filter_cycles : 0;
      longest = std::max(
          longest, static_cast<Time>(filter) + ceiling(rows, machine_.pipeline.input_bytes_per_cycle) + drain(scatter));
    }
    return windows * (longest + merging(layer) + write_back(layer));
  }

  Time memory(Time bytes) const {
    return static_cast<Time>(machine_.memory_cycles) + ceiling(bytes, machine_.bus_bytes_per_cycle);
  }

  void place(int layer) {
    home_[layer] = home_[at(layer).inputs.front()];
    if (mapping_.count(layer) != 0) {
      const LayerMapping& mapping = *mapping_[layer];
      if (!mapping.engines.empty()) home_[layer] = tile_of(static_cast<int>(mapping.engines.front().engine));
      of(layer).engines = mapping.engines.size() * index(copies_of(layer));
    }
    for (const auto& copy : copies_[index(layer)]) {
      for (const int engine : copy) statistics_.tiles = std::max(statistics_.tiles, tile_of(engine) + 1);
    }
    of(layer).copies = index(copies_of(layer));
    of(layer).activity.lanes = lanes_of(layer) * index(copies_of(layer));
    of(layer).activity.waited_for_consumer.assign(std::max<std::size_t>(1, consumers_of(layer).size()), 0);
    of(layer).home_tile = home_[layer];
    for (std::size_t i = 0; i < at(layer).inputs.size(); ++i) {
      const int height = net_.shape_of(at(layer).inputs[i]).height;
      int& depth = depths_[index(layer)][i];
      if (machine_.execution == Execution::sequential) depth = height;
      depth = machine_.buffer_rows ? *machine_.buffer_rows : std::min(height, depth + machine_.buffer_extra_rows);
    }
  }

  // Sections 2 to 4 and 6: one window.

  void run_windows(int layer) {
    for (int y = 0; y < at(layer).shape.height; ++y) {
      for (int x = 0; x < at(layer).shape.width; ++x) {
        const int copy = (y * at(layer).shape.width + x) % copies_of(layer);
        service_[index(layer)].push_back(run_window(layer, y, x, copy));
      }
    }
  }

  Time operations(int layer) const {
    Time taps = 1;
    if (const auto* l = std::get_if<MaxPoolLayer>(&at(layer).operation)) taps = static_cast<Time>(l->window.area());
    if (const auto* l = std::get_if<AveragePoolLayer>(&at(layer).operation)) taps = static_cast<Time>(l->window.area());
    if (std::holds_alternative<ElementwiseLayer>(at(layer).operation)) taps = at(layer).inputs.size();
    return static_cast<Time>(at(layer).shape.channels) * taps;
  }

  Time run_window(int layer, int y, int x, int copy) {
    ++of(layer).activity.windows;
    if (mapping_.count(layer) != 0) return run_weights(layer, y, x, copy);
    home_events(layer)[Event::vector_op] += operations(layer);
    home_events(layer)[Event::buffer_read] += operations(layer);
    const Time service = std::max<Time>(1, ceiling(operations(layer), machine_.vector_lanes));
    of(layer).activity.causes[CycleCause::busy] += service;
    return service;
  }

  Time merging(int layer) const {
    Time levels = 0;
    for (std::size_t left = mapping_.at(layer)->engines.size(); left > 1; left = (left + 1) / 2) ++levels;
    return levels * static_cast<Time>(machine_.pipeline.merge_cycles);
  }

  Time write_back(int layer) const {
    return ceiling(static_cast<Time>(at(layer).shape.channels), machine_.pipeline.output_lanes);
  }

  Time run_weights(int layer, int y, int x, int copy) {
    const LayerMapping& mapping = *mapping_[layer];
    const std::vector<std::uint8_t> window = filtered(layer, im2col(layer, y, x));
    std::vector<Time> cycles;
    for (std::size_t e = 0; e < mapping.engines.size(); ++e) {
      const int engine = copies_[index(layer)][index(copy)][e];
      cycles.push_back(run_engine(layer, mapping, mapping.engines[e], engine, window));
    }
    const Time longest = cycles.empty() ? 0 : *std::max_element(cycles.begin(), cycles.end());
    CycleCounts& causes = of(layer).activity.causes;
    for (const Time c : cycles) causes[CycleCause::imbalance] += longest - c;
    causes[CycleCause::merge] += lanes_of(layer) * merging(layer);
    causes[CycleCause::write_back] += lanes_of(layer) * write_back(layer);
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
    return longest + merging(layer) + write_back(layer);
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

  Time run_engine(int layer, const LayerMapping& mapping, const EngineShare& share, int engine,
                  const std::vector<std::uint8_t>& window) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> units;  // by row group
    for (std::uint32_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      units[mapping.units[u].row_group].push_back(u);
    }
    EngineRun run{of(layer), of(layer).events[tile_of(engine)], {}, 0, 0};
    for (const auto& [group, members] : units) {
      run.loaded += mapping.rows_in_group(group);
      for (int bit = 0; bit < 8; ++bit) run_pair(mapping, group, members, bit, window, run);
    }
    run.events[Event::input_register_write] += run.loaded;
    const int filter_cycles = has_filter(layer) ? machine_.pipeline.filter_cycles : 0;
    const Time load = static_cast<Time>(filter_cycles) + ceiling(run.loaded, machine_.pipeline.input_bytes_per_cycle);
    CycleCounts& causes = of(layer).activity.causes;
    causes[CycleCause::load] += load;
    causes[CycleCause::dropped] += run.standstill;
    if (!run.scatter.empty()) causes[CycleCause::fill] += 5 * step_cycles();
    for (const Time scatter : run.scatter) {
      causes[CycleCause::busy] += step_cycles();
      if (scatter > step_cycles()) causes[CycleCause::scatter] += scatter - step_cycles();
    }
    return load + run.standstill + drain(run.scatter);
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

  /// Cycles of a step of the pipe without a stall in SCATTER.
  Time step_cycles() const {
    const PipelineConfig& p = machine_.pipeline;
    const Time convert =
        ceiling(static_cast<Time>(image_.geometry.unit_columns), p.adcs) * static_cast<Time>(p.convert_cycles);
    return std::max(convert,
                    static_cast<Time>(std::max({p.fetch_cycles, p.drive_cycles, p.read_cycles, p.shift_add_cycles})));
  }

  /// Steps until the last activation has left the sixth stage.
  Time drain(const std::vector<Time>& scatter) const {
    Time cycles = 0;
    for (std::size_t first = 0; !scatter.empty() && first < scatter.size() + 5; ++first) {
      cycles += first < 5 ? step_cycles() : std::max(step_cycles(), scatter[first - 5]);
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

  // Section 5: times. Rows and windows count on over the images of a run.

  struct Window {
    Time previous = 0, made = 0, ready = 0, credit = 0, turn = 0, start = 0, done = 0, finish = 0;
    std::size_t consumer = 0;  ///< whose credit it is
    bool known = false;
  };

  const Window& window(int layer, int i) {
    static const Window none{0, 0, 0, 0, 0, 0, 0, 0, 0, true};
    if (i < 0) return none;
    const auto [place, first] = windows_[index(layer)].insert({i, {}});
    Window& w = place->second;
    if (!first) {
      if (!w.known) throw std::logic_error("a window waits for itself");
      return w;
    }
    const int of_image = i % windows_of(layer);
    const Window& before = window(layer, i - 1);
    w.previous = window(layer, same_copy_before(layer, i)).finish;
    w.made = needs(layer, i, false);
    w.ready = needs(layer, i, true);
    std::tie(w.credit, w.consumer) = credit(layer, i / at(layer).shape.width);
    w.turn = turn(layer, of_image / at(layer).shape.width);
    w.start = std::max({w.previous, w.ready, w.credit, w.turn, before.start});
    w.done = w.start + service_[index(layer)][index(i)];
    w.finish = std::max(w.done, before.finish);
    w.known = true;
    return w;
  }

  /// The window that the copy of window i took last, -1 for none.
  int same_copy_before(int layer, int i) const {
    const auto copy = [&](int window) { return window % windows_of(layer) % copies_of(layer); };
    int before = i - 1;
    while (before >= 0 && copy(before) != copy(i)) --before;
    return before;
  }

  /// Of window i, or for the network's input of pixel i.
  Time finish(int layer, int i) {
    if (i < 0) return 0;
    return layer == kNetworkInput ? input_row(i / net_.input_shape.width) : window(layer, i).finish;
  }

  Time input_row(int row) {
    const auto known = input_.find(row);
    if (known != input_.end()) return known->second;
    const Shape& shape = net_.input_shape;
    Time begin = row == 0 ? 0 : input_row(row - 1);
    begin = std::max({begin, starts_[index(row / shape.height)], credit(kNetworkInput, row).first,
                      turn(kNetworkInput, row % shape.height)});
    return input_[row] = begin + memory(static_cast<Time>(shape.width) * static_cast<Time>(shape.channels));
  }

  /// When all that window i needs is finished, or here.
  Time needs(int layer, int i, bool here) {
    const int image = i / windows_of(layer);
    const int of_image = i % windows_of(layer);
    Time latest = starts_[index(image)];
    for (const int input : at(layer).inputs) {
      const Shape& shape = net_.shape_of(input);
      const int row = last_needed(at(layer), shape, of_image / at(layer).shape.width, true);
      const int column = std::max(0, last_needed(at(layer), shape, of_image % at(layer).shape.width, false));
      if (row < 0) continue;
      const int position = (image * shape.height + row) * shape.width + column;
      latest = std::max(latest, here ? arrival(input, position, layer) : finish(input, position));
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

  /// Layers and their inputs; the output is the input of a layer after the last.
  std::vector<std::pair<int, std::size_t>> consumers_of(int producer) const {
    std::vector<std::pair<int, std::size_t>> consumers;
    for (int consumer = 0; consumer < layers_; ++consumer) {
      for (std::size_t i = 0; i < at(consumer).inputs.size(); ++i) {
        if (at(consumer).inputs[i] == producer) consumers.push_back({consumer, i});
      }
    }
    if (producer == layers_ - 1) consumers.push_back({layers_, 0});
    return consumers;
  }

  /// And the consumer that says so.
  std::pair<Time, std::size_t> credit(int producer, int row) {
    std::pair<Time, std::size_t> latest{0, 0};
    const auto consumers = consumers_of(producer);
    for (std::size_t c = 0; c < consumers.size(); ++c) {
      const auto [consumer, input] = consumers[c];
      const int depth = consumer == layers_ ? at(layers_ - 1).shape.height : depths_[index(consumer)][input];
      if (row < depth) continue;
      const Time released = release(consumer, input, row - depth);
      if (released > latest.first) latest = {released, c};
    }
    return latest;
  }

  Time release(int consumer, std::size_t input, int row) {
    if (consumer == layers_) return written(row / at(layers_ - 1).shape.height);
    const Shape& shape = net_.shape_of(at(consumer).inputs[input]);
    int y = 0;
    while (row % shape.height >= released_after(at(consumer), shape, y)) ++y;
    return finish(consumer, row / shape.height * windows_of(consumer) + (y + 1) * at(consumer).shape.width - 1);
  }

  /// When the DMA has written the output of an image.
  Time written(int image) {
    if (image < 0) return 0;
    Time done = 0;
    for (int layer = kNetworkInput; layer < layers_; ++layer) {
      const int last = (image + 1) * static_cast<int>(net_.shape_of(layer).pixels()) - 1;
      done = std::max(done, finish(layer, last));
      for (const auto& consumer : consumers_of(layer)) done = std::max(done, arrival(layer, last, consumer.first));
    }
    return std::max(done, written(image - 1)) + memory(at(layers_ - 1).shape.size());
  }

  // Whose turn it is.

  Time turn(int layer, int row) {
    if (machine_.execution == Execution::asynchronous) return 0;
    return step_begin(step(layer, row));
  }

  Time step_begin(int step) {
    if (step == 0) return 0;
    const auto known = step_begin_.find(step);
    if (known != step_begin_.end()) return known->second;
    Time begin = step_begin(step - 1);
    for (const auto& [layer, row] : rows_in_step_.at(step - 1)) {
      const int last = (row + 1) * net_.shape_of(layer).width - 1;
      begin = std::max(begin, finish(layer, last));
      for (const auto& consumer : consumers_of(layer)) begin = std::max(begin, arrival(layer, last, consumer.first));
    }
    return step_begin_[step] = begin;
  }

  /// The step of a row: the first after those of everything that it waits for.
  int step(int layer, int row) {
    if (machine_.execution == Execution::sequential) return layer + 1;
    if (machine_.execution == Execution::asynchronous || row < 0) return -1;
    const auto known = steps_.find({layer, row});
    if (known != steps_.end()) return known->second;
    int before = step(layer, row - 1);
    if (layer != kNetworkInput) {
      for (const int input : at(layer).inputs) {
        before = std::max(before, step(input, last_needed(at(layer), net_.shape_of(input), row, true)));
      }
    }
    for (const auto& [consumer, input] : consumers_of(layer)) {
      if (consumer == layers_ || row < depths_[index(consumer)][input]) continue;
      int y = 0;
      const int freed = row - depths_[index(consumer)][input];
      while (freed >= released_after(at(consumer), net_.shape_of(layer), y)) ++y;
      before = std::max(before, step(consumer, y));
    }
    return steps_[{layer, row}] = before + 1;
  }

  /// What the layer waited for in this run.
  void account(int layer, Time end) {
    LayerActivity& activity = of(layer).activity;
    CycleCounts& causes = activity.causes;
    const Time lanes = lanes_of(layer);
    std::vector<Time> last(index(copies_of(layer)));
    const int windows = static_cast<int>(starts_.size()) * windows_of(layer);
    for (int i = 0; i < windows; ++i) {
      const Window& w = window(layer, i);
      Time now = w.previous;
      const auto wait_until = [&](Time time) {
        const Time waited = time > now ? time - now : 0;
        now += waited;
        return waited;
      };
      const Time not_made = wait_until(w.made);
      const Time in_flight = wait_until(w.ready);
      const Time for_credit = wait_until(w.credit);
      const Time for_turn = wait_until(w.turn);
      activity.waited_for_input += not_made + in_flight;
      activity.waited_for_credit += for_credit;
      activity.waited_for_turn += for_turn;
      activity.busy_cycles += service_[index(layer)][index(i)];
      activity.waited_for_consumer[w.consumer] += lanes * for_credit;
      causes[CycleCause::input_not_made] += lanes * not_made;
      causes[CycleCause::input_in_flight] += lanes * in_flight;
      causes[CycleCause::credit] += lanes * for_credit;
      causes[CycleCause::turn] += lanes * for_turn;
      causes[CycleCause::order] += lanes * (wait_until(w.start) + w.finish - w.done);
      last[index(i % windows_of(layer) % copies_of(layer))] = w.finish;
    }
    for (const Time finished : last) causes[CycleCause::finished] += lanes * (end - finished);
    activity.first_start = window(layer, windows - windows_of(layer)).start;
    activity.last_finish = window(layer, windows - 1).finish;
  }

  void pass_rows_on(int producer) {
    const Time bytes = net_.shape_of(producer).size();
    const auto pass = [&](int consumer) {
      home_events(producer)[Event::router_hop] += bytes * hops(producer, consumer);
      home_events(consumer)[Event::buffer_write] += bytes;
    };
    for (const auto& consumer : consumers_of(producer)) pass(consumer.first);
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
  std::vector<std::vector<std::vector<int>>> copies_;  ///< engines, [layer][copy]
  std::vector<Time> starts_;                           ///< of the run's images
  std::vector<std::map<int, Window>> windows_;
  std::map<int, Time> input_;  ///< when the DMA has read a row
  std::map<std::pair<int, int>, int> steps_;
  std::map<int, std::vector<std::pair<int, int>>> rows_in_step_;
  std::map<int, Time> step_begin_;
  SimulationStatistics statistics_;
};

}  // namespace

SimulationStatistics plain_statistics(const WeightImage& image, const MachineConfig& machine,
                                      const std::vector<Tensors>& images, const std::vector<Cycle>& starts) {
  PlainMachine plain(image, machine);
  if (machine.images_in_flight > 1) {
    plain.run(images, starts);
  } else {
    for (const Tensors& tensors : images) plain.run({tensors}, {0});
  }
  return plain.take();
}

std::vector<std::vector<int>> plain_least_depths(const NetworkDescription& network) {
  return Demand(network).most();
}

}  // namespace reprise::test
