#include "platform/activity_recorder.h"

#include <algorithm>
#include <array>

#include "tlm/component_names.h"

namespace reprise {
namespace {

constexpr int kCounterBits = 32;
constexpr int kTextBits = 64;
constexpr std::array<const char*, 6> kStages{"fetch", "drive", "read", "convert", "shift_add", "scatter"};

/// "u17.b3": input bit 3 of the engine's unit 17.
std::string activation_text(std::uint64_t unit, std::uint64_t bit) {
  const std::string text = std::to_string(unit) + ".b" + std::to_string(bit);
  return text.size() < 8 ? "u" + text : text;
}

}  // namespace

ActivityRecorder::ActivityRecorder(WaveRecorder& waves, const WeightImage& image, const Floorplan& plan)
    : waves_(waves), geometry_(image.geometry), rounds_(plan.rounds) {
  const std::vector<std::string> names = layer_names(image.network);
  for (std::size_t number = 0; number < plan.layers.size(); ++number) {
    const LayerPlace& place = plan.layers[number];
    Layer layer;
    layer.windows = image.network.layers[number].shape.pixels();
    layer.state = waves_.add({names[number] + ".state", kTextBits, Radix::text});
    layer.window = waves_.add({names[number] + ".window", kCounterBits, Radix::decimal});
    for (std::size_t input = 0; input < place.inputs.size(); ++input) {
      const std::string name = names[number] + ".buffer" + std::to_string(input) + ".fill";
      layer.buffers.push_back(waves_.add({name, kCounterBits, Radix::decimal}));
    }
    layers_.push_back(layer);
    for (int engine : place.all_engines()) {
      const std::string prefix = engine_name(engine, geometry_, rounds_) + '.';
      engines_[engine].busy = waves_.add({prefix + "busy", 1, Radix::binary, names[number]});
      engines_[engine].window = waves_.add({prefix + "window", kCounterBits, Radix::decimal});
    }
  }
  layers_.emplace_back();
  for (const std::vector<TensorWrite>& round : plan.writes) {
    for (std::size_t write = 0; write < round.size(); ++write) {
      std::vector<WaveRecorder::Signal>& buffers = layers_.back().buffers;
      const std::string name = names.back() + ".buffer" + std::to_string(buffers.size()) + ".fill";
      buffers.push_back(waves_.add({name, kCounterBits, Radix::decimal}));
    }
  }
}

std::vector<bool> ActivityRecorder::add_pins(int number, const std::vector<Pin>& pins, bool real) {
  const std::string prefix = engine_name(number, geometry_, rounds_) + '.';
  Engine& engine = engines_.at(number);
  for (const char* stage : kStages) {
    engine.stages.push_back({waves_.add({prefix + stage + ".activation", kTextBits, Radix::text}, real), 0, 0, 0});
  }
  std::vector<bool> wanted;
  for (const Pin& pin : pins) {
    const PinRoute& to = engine.pins.emplace_back(route(engine, prefix, pin, real));
    const bool shown =
        waves_.is_recorded(to.signal) || (to.member != nullptr && waves_.is_recorded(engine.stages[to.stage].text));
    wanted.push_back(shown && pin.name != "busy");
    engine.pins_wanted = engine.pins_wanted || wanted.back();
  }
  return wanted;
}

ActivityRecorder::PinRoute ActivityRecorder::route(Engine& engine, const std::string& prefix, const Pin& pin,
                                                   bool real) {
  if (pin.name == "busy") return {engine.busy, nullptr, 0};  // known without
  const Radix number = pin.is_signed ? Radix::signed_decimal : Radix::decimal;
  const Radix radix = pin.width == 1 ? Radix::binary : number;
  PinRoute to{waves_.add({prefix + pin.name, pin.width, radix}, real), nullptr, 0};
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    if (pin.name == kStages[stage] + std::string(".busy")) to = {to.signal, &Stage::busy, stage};
    if (pin.name == kStages[stage] + std::string(".unit")) to = {to.signal, &Stage::unit, stage};
    if (pin.name == kStages[stage] + std::string(".bit")) to = {to.signal, &Stage::bit, stage};
  }
  return to;
}

void ActivityRecorder::image_begins() {
  waves_.origin(sc_core::sc_time_stamp());
  for (const Layer& layer : layers_) {
    if (layer.windows > 0) waves_.change(layer.state, 0, text_value("waiting"));
  }
}

void ActivityRecorder::pin_changes(int engine, std::vector<PinChange> changes) {
  engines_.at(engine).coming.push(std::move(changes));
}

void ActivityRecorder::engine_busy(int number, std::uint64_t window, Cycle begin, Cycle end) {
  Engine& engine = engines_.at(number);
  waves_.change(engine.window, begin, window);
  waves_.change(engine.busy, begin, 1);
  waves_.change(engine.busy, end, 0);
  if (engine.coming.empty()) return;
  replay(engine, begin, engine.coming.front());
  engine.coming.pop();
}

void ActivityRecorder::replay(Engine& engine, Cycle begin, const std::vector<PinChange>& changes) {
  for (std::size_t first = 0, next = 0; first < changes.size(); first = next) {
    const Cycle cycle = begin + changes[first].cycle;
    std::array<bool, kStages.size()> touched{};
    for (; next < changes.size() && changes[next].cycle == changes[first].cycle; ++next) {
      const PinRoute& to = engine.pins[changes[next].pin];
      waves_.change(to.signal, cycle, changes[next].value);
      if (to.member == nullptr) continue;
      engine.stages[to.stage].*to.member = changes[next].value;
      touched[to.stage] = true;
    }
    for (std::size_t s = 0; s < kStages.size(); ++s) {
      const Stage& stage = engine.stages[s];
      if (!touched[s]) continue;
      waves_.change(stage.text, cycle, stage.busy != 0 ? text_value(activation_text(stage.unit, stage.bit)) : 0);
    }
  }
}

void ActivityRecorder::buffer_changes(int layer, int input, Cycle cycle, long pixels) {
  waves_.increase(layers_.at(static_cast<std::size_t>(layer)).buffers.at(static_cast<std::size_t>(input)), cycle,
                  pixels);
}

void ActivityRecorder::window(int number, std::uint64_t window, const WindowTimes& times) {
  const Layer& layer = layers_.at(static_cast<std::size_t>(number));
  const Cycle begin = std::max(times.start, times.delivered);
  const bool last = (window + 1) % layer.windows == 0;
  waves_.change(layer.window, begin, window);
  waves_.change(layer.state, begin, text_value("busy"));
  waves_.change(layer.state, times.finish, text_value(last ? "done" : "waiting"));
}

}  // namespace reprise
