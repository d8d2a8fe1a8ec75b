#include "platform/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <systemc>

#include "support/error.h"
#include "tlm/component_names.h"

namespace reprise {
namespace {

constexpr int kDmaProcess = 0;  ///< tiles come after it
constexpr int kInputThread = 1;
constexpr int kOutputThread = 2;
constexpr int kFirstEngineThread = 1000;  ///< layers come before them

int process_of(int tile) {
  return tile + 1;
}

}  // namespace

Timeline::Timeline(Config config, const WeightImage& image, const Floorplan& plan)
    : config_(std::move(config)), out_(config_.file), engines_of_(plan.layers.size()) {
  if (!out_) throw InputError(config_.file.string() + ": cannot be written");
  out_ << "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n";
  name_tracks(image, plan);
}

void Timeline::name_tracks(const WeightImage& image, const Floorplan& plan) {
  const std::vector<std::string> names = layer_names(image.network);
  std::map<int, std::string> processes{{kDmaProcess, "DMA"}};
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
    const LayerPlace& place = plan.layers[layer];
    const int number = static_cast<int>(layer);
    layers_.push_back({process_of(place.home_tile), number + 1, names[layer], {}});
    processes[process_of(place.home_tile)] = "tile" + std::to_string(place.home_tile);
    for (std::size_t input = 0; input < place.inputs.size(); ++input) {
      buffers_[{number, static_cast<int>(input)}] = {
          process_of(place.home_tile),
          names[layer] + ".buffer" + std::to_string(input),
          image.network.shape_of(image.network.layers[layer].inputs[input]).width,
          {}};
    }
    for (int engine : place.all_engines()) {
      const int tile = plan.tile_of(engine, image.geometry);
      const std::string name = engine_name(engine, image.geometry, plan.rounds);
      engines_of_[layer].push_back(engine);
      engines_[engine] = {process_of(tile), kFirstEngineThread + engine, name.substr(name.find('.') + 1), {}};
      processes[process_of(tile)] = "tile" + std::to_string(tile);
    }
  }
  int buffer = 0;
  for (const std::vector<TensorWrite>& round : plan.writes) {
    for (const TensorWrite& write : round) {
      const std::string name = names.back() + ".buffer" + std::to_string(buffer);
      buffers_[{static_cast<int>(plan.layers.size()), buffer++}] = {
          process_of(0), name, image.network.shape_of(write.tensor).width, {}};
    }
  }
  processes[process_of(0)] = "tile0";
  input_ = {kDmaProcess, kInputThread, "input", {}};
  output_ = {kDmaProcess, kOutputThread, "output", {}};
  for (const auto& [process, name] : processes) {
    event(fmt::format(R"("ph": "M", "name": "process_name", "pid": {}, "args": {{"name": "{}"}})", process, name));
    event(fmt::format(R"("ph": "M", "name": "process_sort_index", "pid": {}, "args": {{"sort_index": {}}})", process,
                      process));
  }
  std::vector<const Track*> tracks{&input_, &output_};
  for (const Track& track : layers_) tracks.push_back(&track);
  for (const auto& [number, track] : engines_) tracks.push_back(&track);
  for (const Track* track : tracks) {
    event(fmt::format(R"("ph": "M", "name": "thread_name", "pid": {}, "tid": {}, "args": {{"name": "{}"}})",
                      track->process, track->thread, track->name));
  }
}

double Timeline::microseconds(Cycle cycle) const {
  return origin_ + static_cast<double>(cycle) / config_.clock_mhz;
}

void Timeline::event(const std::string& text) {
  out_ << (first_event_ ? "{" : ",\n{") << text << '}';
  first_event_ = false;
}

void Timeline::slice(const Track& track, const std::string& name, Cycle begin, Cycle end,
                     const std::string& arguments) {
  event(fmt::format(R"("ph": "X", "name": "{}", "pid": {}, "tid": {}, "ts": {:.6f}, "dur": {:.6f}, )"
                    R"("args": {{"image": {}, "begin_cycle": {}, "end_cycle": {}{}}})",
                    name, track.process, track.thread, microseconds(begin),
                    static_cast<double>(end - begin) / config_.clock_mhz, image_, begin, end, arguments));
}

void Timeline::image_begins() {
  if (images_begun_ > 0) end_image();
  image_ = images_begun_++;
  origin_ = sc_core::sc_time_stamp().to_seconds() * 1e6;
}

void Timeline::extend(Stretch& stretch, std::uint64_t window, Cycle begin, Cycle end) {
  if (!stretch.open) stretch = {true, window, window, begin, end, 0};
  stretch.last_window = window;
  stretch.end = end;
  stretch.busy += end - begin;
}

void Timeline::close(Track& track, bool engine) {
  const Stretch& stretch = track.stretch;
  if (!stretch.open) return;
  const std::string arguments = fmt::format(R"(, "first_window": {}, "last_window": {}, "busy_cycles": {})",
                                            stretch.first_window, stretch.last_window, stretch.busy);
  const std::string windows = stretch.first_window == stretch.last_window
                                  ? fmt::format("window {}", stretch.first_window)
                                  : fmt::format("windows {}-{}", stretch.first_window, stretch.last_window);
  slice(track, windows, stretch.begin, stretch.end,
        arguments + (engine ? "" : fmt::format(R"(, "layer": "{}")", track.name)));
  track.stretch.open = false;
}

void Timeline::close_layer(std::size_t layer) {
  close(layers_[layer], false);
  for (int engine : engines_of_[layer]) close(engines_.at(engine), true);
}

void Timeline::window(int layer, std::uint64_t window, const WindowTimes& times) {
  if (!is_recorded()) return;
  const auto number = static_cast<std::size_t>(layer);
  Track& track = layers_[number];
  // A layer waits while none of its copies works on the window that is to be delivered next.
  const auto since = [&](Cycle cycle) { return std::max(cycle, times.delivered); };
  if (since(times.start) > times.delivered) close_layer(number);
  const std::string arguments = fmt::format(R"(, "layer": "{}", "window": {})", track.name, window);
  const auto waits = [&](const char* what, Cycle begin, Cycle end) {
    if (since(end) > since(begin)) slice(track, what, since(begin), since(end), arguments);
  };
  waits("waits for its round", times.previous, times.loaded);
  waits("waits for input", times.loaded, times.arrived);
  waits("waits for credit", times.arrived, times.credited);
  waits("waits for its turn", times.credited, times.turn);
  extend(track.stretch, window, since(times.start), times.finish);
}

void Timeline::engine_busy(int engine, std::uint64_t window, Cycle begin, Cycle end) {
  if (is_recorded()) extend(engines_.at(engine).stretch, window, begin, end);
}

void Timeline::buffer_changes(int layer, int input, Cycle cycle, long pixels) {
  if (is_recorded()) buffers_.at({layer, input}).changes.emplace_back(cycle, pixels);
}

void Timeline::transfer(const DmaActivity& transfer) {
  if (!is_recorded()) return;
  slice(transfer.write ? output_ : input_, transfer.write ? "write" : "read", transfer.begin, transfer.end,
        fmt::format(R"(, "bytes": {})", transfer.bytes));
}

/// A level for each row that comes and each that goes, not for each pixel.
void Timeline::write_fill(Buffer& buffer) {
  std::stable_sort(buffer.changes.begin(), buffer.changes.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  long fill = 0;
  long written = 0;
  for (std::size_t i = 0; i < buffer.changes.size(); ++i) {
    fill += buffer.changes[i].second;
    const bool last = i + 1 == buffer.changes.size();
    if (!last && buffer.changes[i + 1].first == buffer.changes[i].first) continue;
    const bool turns = !last && (buffer.changes[i + 1].second < 0) != (buffer.changes[i].second < 0);
    if (!last && !turns && std::abs(fill - written) < buffer.row) continue;
    event(fmt::format(R"("ph": "C", "name": "{}", "pid": {}, "ts": {:.6f}, "args": {{"pixels": {}}})", buffer.name,
                      buffer.process, microseconds(buffer.changes[i].first), fill));
    written = fill;
  }
  buffer.changes.clear();
}

void Timeline::end_image() {
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) close_layer(layer);
  for (auto& [key, buffer] : buffers_) write_fill(buffer);
}

void Timeline::finish() {
  end_image();
  out_ << "\n]}\n";
  out_.close();
  if (!out_) throw InputError(config_.file.string() + ": cannot be written");
}

}  // namespace reprise
