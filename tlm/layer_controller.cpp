#include "tlm/layer_controller.h"

#include <algorithm>
#include <utility>

#include "tlm/row_account.h"
#include "tlm/step_barrier.h"
#include "tlm/transport.h"
#include "tlm/window_service.h"

namespace reprise {
namespace {

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

std::vector<std::size_t> last_columns(const ReceptiveField& field, int width) {
  std::vector<std::size_t> columns;
  columns.reserve(static_cast<std::size_t>(width));
  for (int x = 0; x < width; ++x) columns.push_back(static_cast<std::size_t>(field.last_column(x)));
  return columns;
}

}  // namespace

LayerController::LayerController(const sc_core::sc_module_name& name, const WeightImage& image, int layer,
                                 const Floorplan& plan, const MachineConfig& config, const sc_core::sc_time& period,
                                 ActivityObserver* observer)
    : sc_module(name),
      sender(plan.layers[static_cast<std::size_t>(layer)].consumers, config.link_bytes_per_cycle),
      layer_number_(layer),
      layer_(image.network.layers.at(static_cast<std::size_t>(layer))),
      mapping_(plan.layers[static_cast<std::size_t>(layer)].mapping),
      config_(config),
      period_(period),
      observer_(observer),
      engines_(plan.layers[static_cast<std::size_t>(layer)].engines),
      lanes_(std::max<std::uint64_t>(1, engines_.front().size())),
      timing_(engines_.size()),
      image_number_(config.first_image) {
  const auto outputs = static_cast<std::size_t>(layer_.shape.channels);
  if (mapping_ != nullptr) {
    convolution_ = std::make_unique<ConvolutionUnit>(image, *mapping_, config.adc, config.pipeline, plan.pin_level);
    for (int engine : engines_.front()) pin_level_ = pin_level_ || plan.pin_level.count(engine) != 0;
    merge_ = merge_service(mapping_->engines.size(), config.pipeline);
    write_back_ = write_back_service(outputs, config.pipeline);
    merge_additions_ = merge_additions(*mapping_, outputs);
    totals_.resize(engines_.size());
    engine_cycles_.resize(engines_.size() * engines_.front().size());
  } else {
    vector_.emplace(image.network, layer);
  }
  activity_.lanes = lanes_ * engines_.size();
  activity_.waited_for_consumer.resize(std::max<std::size_t>(1, sender.consumers()));
  for (int input : layer_.inputs) {
    const Shape& shape = image.network.shape_of(input);
    const ReceptiveField field(layer_, shape);
    inputs_.push_back({field, last_columns(field, layer_.shape.width), shape.height, shape.width, 0, {}});
    rows_.emplace_back(static_cast<std::size_t>(shape.height));
  }
  SC_THREAD(run);
}

void LayerController::begin_run(const sc_core::sc_time& origin) {
  origin_ = origin;
  timing_.begin_run();
  starts_.clear();
  loaded_.clear();
  images_made_ = 0;
  arrivals_.clear();
}

void LayerController::end_run(Cycle elapsed) {
  for (std::size_t copy = 0; copy < timing_.copies(); ++copy) {
    activity_.causes[CycleCause::finished] += lanes_ * (elapsed - timing_.free(copy));
  }
}

void LayerController::begin_image(Cycle start, Cycle loaded) {
  starts_.push_back(start);
  loaded_.push_back(loaded);
  begin_.notify(sc_core::SC_ZERO_TIME);
}

void LayerController::run() {
  while (true) {
    while (images_made_ == starts_.size()) wait(begin_);
    make_tensor();
    ++images_made_;
    ++image_number_;
  }
}

Cycle LayerController::wait_until_through(std::size_t image) {
  while (arrivals_.size() <= image) wait(through_event_);
  return arrivals_[image];
}

void LayerController::make_tensor() {
  const Shape& shape = layer_.shape;
  if (convolution_ != nullptr) convolution_->begin_image(image_number_);
  for (Input& input : inputs_) {
    input.fetched = 0;
    input.content.assign(static_cast<std::size_t>(input.height), nullptr);
  }
  for (int y = 0; y < shape.height; ++y) {
    fetch_rows(y);
    Row row;
    row.index = row_of_run(y, shape.height);
    row.data.resize(static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.channels));
    const std::vector<Cycle> service = make_row(y, row.data.data());
    const RowSender::Credit credit = sender.credit(row.index);
    if (sender.contends()) {
      contend_row(y, service, credit, row);
    } else {
      send_row(y, service, credit, row);
    }
    release_rows(y);
  }
}

/// All windows at once.
void LayerController::send_row(int y, const std::vector<Cycle>& service, const RowSender::Credit& credit, Row& row) {
  row.ready.reserve(service.size());
  const Cycle begin = time_row(y, service, credit, row);
  // Never ahead of the first window: what a row causes elsewhere then lies in the future, or now.
  const sc_core::sc_time first = origin_ + static_cast<double>(begin) * period_;
  if (first > sc_core::sc_time_stamp()) wait(first - sc_core::sc_time_stamp());
  row_arrived(y, sender.send(row, layer_.shape.channels, activity_.events));
}

/// Window after window, each when it is known when its inputs have arrived. Values go ahead.
void LayerController::contend_row(int y, const std::vector<Cycle>& service, const RowSender::Credit& credit, Row& row) {
  const std::size_t width = service.size();
  row.ready.assign(width, kNotYet);
  sender.announce(row, layer_.shape.channels, layer_number_, width, activity_.events,
                  [this, y](Cycle arrived) { row_arrived(y, arrived); });
  time_row(y, service, credit, row);
  if (sender.consumers() == 0) row_arrived(y, timing_.finish());
}

/// Rows arrive in order, on the same way.
void LayerController::row_arrived(int y, Cycle arrived) {
  take_turn(steps, layer_number_, y, arrived);
  if (y + 1 < layer_.shape.height) return;
  arrivals_.push_back(arrived);
  through_event_.notify();
}

void LayerController::fetch_rows(int y) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    input.fetched = std::max(input.fetched, input.field.first_row(y));  // rows that a stride leaps over
    for (; input.fetched <= input.field.last_row(y); ++input.fetched) {
      RowAccess access;
      access.row = row_of_run(input.fetched, input.height);
      transport_extension(*inputs[static_cast<int>(i)], tlm::TLM_READ_COMMAND, access);
      input.content[static_cast<std::size_t>(input.fetched)] = access.content;
      rows_[i][static_cast<std::size_t>(input.fetched)] = access.content->data.data();
    }
  }
}

void LayerController::release_rows(int y) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const int height = inputs_[i].height;
    RowAccess access;
    access.row = row_of_run(y + 1 == layer_.shape.height ? height : inputs_[i].field.first_row(y + 1), height);
    access.cycle = timing_.finish();
    transport_extension(*inputs[static_cast<int>(i)], tlm::TLM_IGNORE_COMMAND, access);
  }
}

void LayerController::wait_for_inputs(int y, int x) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    const long position = input.field.last_position(y, x);
    if (position < 0) continue;
    RowAccess access;
    const auto row = static_cast<int>(position / input.width);
    access.column = static_cast<int>(position % input.width);
    if (input.content[static_cast<std::size_t>(row)]->ready[static_cast<std::size_t>(access.column)] != kNotYet)
      continue;
    access.row = row_of_run(row, input.height);
    transport_extension(*inputs[static_cast<int>(i)], tlm::TLM_READ_COMMAND, access);
  }
}

void LayerController::find_last_rows(int y) {
  last_rows_.clear();
  for (const Input& input : inputs_) {
    const int last_row = input.field.last_row(y);
    if (last_row >= 0) last_rows_.push_back({&input.last_columns, input.content[static_cast<std::size_t>(last_row)]});
  }
}

inline void LayerController::add_inputs_of(std::size_t x, WindowBounds& bounds) const {
  for (const LastRow& last : last_rows_) {
    const std::size_t column = (*last.columns)[x];
    bounds.made = std::max(bounds.made, last.row->made[column]);
    bounds.ready = std::max(bounds.ready, last.row->ready[column]);
  }
}

std::vector<Cycle> LayerController::make_row(int y, std::uint8_t* output) {
  const auto windows = static_cast<std::uint64_t>(layer_.shape.width);
  activity_.windows += windows;
  if (convolution_ != nullptr) return make_convolution_row(y, output);
  vector_->make_row(y, rows_, output);
  activity_.events[Event::vector_op] += windows * vector_->operations();
  activity_.events[Event::buffer_read] += windows * vector_->operations();
  const Cycle service = vector_->window_cycles(config_.vector_lanes);
  activity_.causes[CycleCause::busy] += windows * service;
  return std::vector<Cycle>(windows, service);
}

std::vector<Cycle> LayerController::make_convolution_row(int y, std::uint8_t* output) {
  const auto windows = static_cast<std::uint64_t>(layer_.shape.width);
  convolution_->gather(y, rows_.front());
  std::vector<Cycle> service = run_engines(y);
  convolution_->multiply(output);
  for (Cycle& cycles : service) cycles += merge_ + write_back_;
  activity_.causes[CycleCause::merge] += windows * lanes_ * merge_;
  activity_.causes[CycleCause::write_back] += windows * lanes_ * write_back_;
  activity_.events[Event::buffer_read] += convolution_->bytes_read(y);
  activity_.events[Event::input_filter_check] += windows * convolution_->values_filtered();
  activity_.events[Event::merge_add] += windows * merge_additions_;
  activity_.events[Event::requantise_op] += windows * static_cast<std::uint64_t>(layer_.shape.channels);
  return service;
}

bool LayerController::needs_im2col() const {
  if (pin_level_) return true;
  if (observer_ == nullptr) return false;
  const auto traced = [&](int engine) { return observer_->wants_pins(engine); };
  return std::any_of(engines_.begin(), engines_.end(),
                     [&](const std::vector<int>& copy) { return std::any_of(copy.begin(), copy.end(), traced); });
}

std::size_t LayerController::copy_of(int y, std::size_t x) const {
  if (engines_.size() == 1) return 0;
  return (static_cast<std::size_t>(y) * static_cast<std::size_t>(layer_.shape.width) + x) % engines_.size();
}

std::vector<Cycle> LayerController::run_engines(int y) {
  const auto width = static_cast<std::size_t>(layer_.shape.width);
  std::vector<Cycle> longest(width);
  const std::uint8_t* im2col = needs_im2col() ? convolution_->im2col() : nullptr;
  for (std::size_t x = 0; x < std::min(width, engines_.size()); ++x) {
    run_copy(copy_of(y, x), {*convolution_, im2col, x, engines_.size(), width}, longest);
  }
  return longest;
}

void LayerController::run_copy(std::size_t copy, const WindowShare& share, std::vector<Cycle>& longest) {
  constexpr std::size_t kAhead = 3;
  const std::size_t windows = share.windows();
  const std::size_t first = copy * engines_.front().size();
  Cycle all = 0;
  std::vector<unsigned char> no_data;
  RecycledPayload payload(job_);
  totals_[copy].add(share.activity());
  job_.so_far = &totals_[copy];
  const std::size_t end = first + engines_.front().size();
  for (std::size_t e = first; e < end; ++e) {
    ProcessingEngine::fetch(engines[static_cast<int>(std::min(e + kAhead, end - 1))]);
    share.describe(job_);
    transport_payload(*engines[static_cast<int>(e)], tlm::TLM_WRITE_COMMAND, *payload, no_data);
    if (!job_.sums.empty()) convolution_->add(share.spread(job_.sums, longest.size()));
    for (std::size_t w = 0; w < windows; ++w) {
      Cycle& of_window = longest[share.column(w)];
      of_window = std::max(of_window, job_.cycles[w]);
      all += job_.cycles[w];
    }
    if (observer_ != nullptr) keep_cycles(share, longest.size(), engine_cycles_[e]);
  }
  Cycle of_longest = 0;
  for (std::size_t w = 0; w < windows; ++w) of_longest += longest[share.column(w)];
  activity_.causes[CycleCause::imbalance] += lanes_ * of_longest - all;
}

void LayerController::keep_cycles(const WindowShare& share, std::size_t width, std::vector<Cycle>& cycles) const {
  cycles.resize(width);
  for (std::size_t w = 0; w < share.windows(); ++w) cycles[share.column(w)] = job_.cycles[w];
}

/// Fills in when the row's windows are finished, or sends them where links contend; when the first of them begins.
Cycle LayerController::time_row(int y, const std::vector<Cycle>& service, const RowSender::Credit& credit, Row& row) {
  const Cycle turn = wait_for_turn(steps, layer_number_, y);
  find_last_rows(y);
  WindowBounds of_row;
  of_row.loaded = loaded_[image()];
  of_row.made = of_row.ready = starts_[image()];
  of_row.credit = credit.cycle;
  of_row.turn = turn;
  Cycle begin = 0;
  RowAccount account(activity_.profile);
  for (std::size_t x = 0; x < service.size(); ++x) {
    if (sender.contends()) wait_for_inputs(y, static_cast<int>(x));
    WindowBounds bounds = of_row;
    add_inputs_of(x, bounds);
    const WindowTimes times = timing_.next(copy_of(y, x), bounds, service[x]);
    if (x == 0) begin = times.start;
    if (y == 0 && x == 0) activity_.first_start = times.start;
    if (sender.contends()) {
      sender.send_windows(static_cast<int>(x), 1, times.finish);
    } else {
      row.ready.push_back(times.finish);
    }
    account.add(times, service[x]);
    if (observer_ != nullptr) report(y, x, times);
  }
  count(account, credit.consumer);
  activity_.last_finish = timing_.finish();
  return begin;
}

void LayerController::count(const RowAccount& row, std::size_t consumer) {
  activity_.busy_cycles += row.busy;
  activity_.waited_for_input += row.for_making + row.for_arrival;
  activity_.waited_for_credit += row.for_credit;
  activity_.waited_for_turn += row.for_turn;
  activity_.waited_for_consumer[consumer] += lanes_ * row.for_credit;
  CycleCounts& causes = activity_.causes;
  causes[CycleCause::reload] += lanes_ * row.for_reload;
  causes[CycleCause::input_not_made] += lanes_ * row.for_making;
  causes[CycleCause::input_in_flight] += lanes_ * row.for_arrival;
  causes[CycleCause::credit] += lanes_ * row.for_credit;
  causes[CycleCause::turn] += lanes_ * row.for_turn;
  causes[CycleCause::order] += lanes_ * row.for_order;
}

void LayerController::report(int y, std::size_t x, const WindowTimes& times) {
  const std::uint64_t windows = layer_.shape.pixels();
  const std::uint64_t window =
      image() * windows + static_cast<std::uint64_t>(y) * static_cast<std::uint64_t>(layer_.shape.width) + x;
  observer_->window(layer_number_, window, times);
  const std::size_t copy = copy_of(y, x);
  for (std::size_t e = 0; e < engines_[copy].size(); ++e) {
    const Cycle cycles = engine_cycles_[copy * engines_[copy].size() + e][x];
    observer_->engine_busy(engines_[copy][e], window, times.start, times.start + cycles);
  }
}

}  // namespace reprise
