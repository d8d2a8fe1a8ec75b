#include "tlm/layer_controller.h"

#include <algorithm>
#include <utility>

#include "tlm/transport.h"

namespace reprise {
namespace {

Cycle tree_levels(std::size_t leaves) {
  Cycle levels = 0;
  for (std::size_t reach = 1; reach < leaves; reach *= 2) ++levels;
  return levels;
}

/// Additions that merge one window's accumulators: an output that n engines add to takes n - 1.
std::uint64_t merge_additions(const LayerMapping& mapping, std::size_t outputs) {
  std::vector<std::size_t> last_engine(outputs, mapping.engines.size());
  std::vector<std::uint64_t> engines_of(outputs);
  for (std::size_t e = 0; e < mapping.engines.size(); ++e) {
    const EngineShare& share = mapping.engines[e];
    for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      for (std::size_t i = mapping.entries_begin(u); i < mapping.entries_end(u); ++i) {
        const std::uint32_t output = mapping.entries[i].output;
        if (last_engine[output] != e) ++engines_of[output];
        last_engine[output] = e;
      }
    }
  }
  std::uint64_t additions = 0;
  for (std::uint64_t engines : engines_of) additions += engines > 0 ? engines - 1 : 0;
  return additions;
}

}  // namespace

LayerController::LayerController(const sc_core::sc_module_name& name, const WeightImage& image, int layer,
                                 const Floorplan& plan, const MachineConfig& config, sc_core::sc_time period,
                                 ActivityObserver* observer)
    : sc_module(name),
      sender(plan.layers[static_cast<std::size_t>(layer)].consumers, config.link_bytes_per_cycle),
      layer_number_(layer),
      layer_(image.network.layers.at(static_cast<std::size_t>(layer))),
      mapping_(plan.layers[static_cast<std::size_t>(layer)].mapping),
      config_(config),
      period_(period),
      observer_(observer) {
  const auto outputs = static_cast<std::size_t>(layer_.shape.channels);
  if (mapping_ != nullptr) {
    convolution_ = std::make_unique<ConvolutionUnit>(image, *mapping_, config.adc, plan.pin_level,
                                                    config.pipeline.skip_zero_inputs);
    for (const EngineShare& share : mapping_->engines) {
      pin_level_ = pin_level_ || plan.pin_level.count(static_cast<int>(share.engine)) != 0;
    }
    window_overhead_ = tree_levels(mapping_->engines.size()) * static_cast<Cycle>(config.pipeline.merge_cycles) +
                       ceil_divide(outputs, static_cast<Cycle>(config.pipeline.output_lanes));
    merge_additions_ = merge_additions(*mapping_, outputs);
    jobs_.resize(mapping_->engines.size());
  } else {
    vector_.emplace(image.network, layer);
  }
  for (int input : layer_.inputs) {
    const Shape& shape = image.network.shape_of(input);
    inputs_.push_back({ReceptiveField(layer_, shape), shape.height, shape.width, 0, {}});
    rows_.emplace_back(static_cast<std::size_t>(shape.height));
  }
  SC_THREAD(run);
}

void LayerController::begin_image(sc_core::sc_time origin) {
  origin_ = origin;
  previous_finish_ = 0;
  finished_ = false;
  for (Input& input : inputs_) {
    input.fetched = 0;
    input.content.assign(static_cast<std::size_t>(input.height), nullptr);
  }
  begin_.notify(sc_core::SC_ZERO_TIME);
}

void LayerController::run() {
  while (true) {
    wait(begin_);
    make_tensor();
    finished_ = true;
    finished_event_.notify();
  }
}

Cycle LayerController::wait_until_finished() {
  while (!finished_) wait(finished_event_);
  return previous_finish_;
}

void LayerController::make_tensor() {
  const Shape& shape = layer_.shape;
  for (int y = 0; y < shape.height; ++y) {
    fetch_rows(y);
    Row row;
    row.index = y;
    row.data.resize(static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.channels));
    const std::vector<Cycle> service = make_row(y, row.data.data());
    row.ready = finish_times(y, service, sender.credit(y));
    // Never ahead of the first window: what a row causes elsewhere then lies in the future, or now.
    const sc_core::sc_time first = origin_ + static_cast<double>(row.ready.front()) * period_;
    if (first > sc_core::sc_time_stamp()) wait(first - sc_core::sc_time_stamp());
    sender.send(row, shape.channels, activity_.events);
    release_rows(y);
  }
}

void LayerController::fetch_rows(int y) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    input.fetched = std::max(input.fetched, input.field.first_row(y));  // rows that a stride leaps over
    for (; input.fetched <= input.field.last_row(y); ++input.fetched) {
      RowAccess access;
      access.row = input.fetched;
      transport_extension(*inputs[static_cast<int>(i)], tlm::TLM_READ_COMMAND, access);
      input.content[static_cast<std::size_t>(input.fetched)] = access.content;
      rows_[i][static_cast<std::size_t>(input.fetched)] = access.content->data.data();
    }
  }
}

void LayerController::release_rows(int y) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    RowAccess access;
    access.row = y + 1 == layer_.shape.height ? inputs_[i].height : inputs_[i].field.first_row(y + 1);
    access.cycle = previous_finish_;
    transport_extension(*inputs[static_cast<int>(i)], tlm::TLM_IGNORE_COMMAND, access);
  }
}

Cycle LayerController::ready(int y, int x) const {
  Cycle latest = 0;
  for (const Input& input : inputs_) {
    const long position = input.field.last_position(y, x);
    if (position < 0) continue;
    const Row& row = *input.content[static_cast<std::size_t>(position / input.width)];
    latest = std::max(latest, row.ready[static_cast<std::size_t>(position % input.width)]);
  }
  return latest;
}

std::vector<Cycle> LayerController::make_row(int y, std::uint8_t* output) {
  const auto windows = static_cast<std::uint64_t>(layer_.shape.width);
  activity_.windows += windows;
  if (convolution_ != nullptr) return make_convolution_row(y, output);
  vector_->make_row(y, rows_, output);
  activity_.events[Event::vector_op] += windows * vector_->operations();
  activity_.events[Event::buffer_read] += windows * vector_->operations();
  return std::vector<Cycle>(windows, vector_->window_cycles(config_.vector_lanes));
}

std::vector<Cycle> LayerController::make_convolution_row(int y, std::uint8_t* output) {
  const auto windows = static_cast<std::uint64_t>(layer_.shape.width);
  convolution_->gather(y, rows_.front());
  std::vector<Cycle> service = run_engines();
  convolution_->multiply(output);
  for (Cycle& cycles : service) cycles += window_overhead_;
  activity_.events[Event::buffer_read] += convolution_->bytes_read(y);
  activity_.events[Event::input_filter_check] += windows * convolution_->values_filtered();
  activity_.events[Event::merge_add] += windows * merge_additions_;
  activity_.events[Event::requantise_op] += windows * static_cast<std::uint64_t>(layer_.shape.channels);
  return service;
}

bool LayerController::needs_im2col() const {
  const auto traced = [&](const EngineShare& share) { return observer_->wants_pins(static_cast<int>(share.engine)); };
  return pin_level_ ||
         (observer_ != nullptr && std::any_of(mapping_->engines.begin(), mapping_->engines.end(), traced));
}

std::vector<Cycle> LayerController::run_engines() {
  std::vector<Cycle> longest(static_cast<std::size_t>(layer_.shape.width));
  const std::uint8_t* im2col = needs_im2col() ? convolution_->im2col() : nullptr;
  for (std::size_t e = 0; e < jobs_.size(); ++e) {
    EngineJob& job = jobs_[e];
    job.windows = longest.size();
    job.activity = &convolution_->activity();
    job.window_rows = convolution_->window_rows();
    job.im2col = im2col;
    transport_extension(*engines[static_cast<int>(e)], tlm::TLM_WRITE_COMMAND, job);
    if (!job.sums.empty()) convolution_->add(job.sums);
    for (std::size_t w = 0; w < longest.size(); ++w) longest[w] = std::max(longest[w], job.cycles[w]);
  }
  return longest;
}

std::vector<Cycle> LayerController::finish_times(int y, const std::vector<Cycle>& service, Cycle credit) {
  std::vector<Cycle> finish(service.size());
  for (std::size_t x = 0; x < service.size(); ++x) {
    const Cycle arrived = std::max(previous_finish_, ready(y, static_cast<int>(x)));
    const Cycle start = std::max(arrived, credit);
    activity_.waited_for_input += arrived - previous_finish_;
    activity_.waited_for_credit += start - arrived;
    activity_.busy_cycles += service[x];
    if (y == 0 && x == 0) activity_.first_start = start;
    finish[x] = start + service[x];
    if (observer_ != nullptr) {
      report(static_cast<std::uint64_t>(y) * service.size() + x, {previous_finish_, arrived, start, finish[x]});
    }
    previous_finish_ = finish[x];
  }
  activity_.last_finish = previous_finish_;
  return finish;
}

void LayerController::report(std::uint64_t window, const WindowTimes& times) {
  observer_->window(layer_number_, window, times);
  const std::size_t column = window % static_cast<std::uint64_t>(layer_.shape.width);
  for (std::size_t e = 0; e < jobs_.size(); ++e) {
    observer_->engine_busy(static_cast<int>(mapping_->engines[e].engine), window, times.start,
                           times.start + jobs_[e].cycles[column]);
  }
}

}  // namespace reprise
