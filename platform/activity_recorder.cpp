#include "platform/activity_recorder.h"

#include <string>
#include <vector>

#include "compression/image/plain_names.h"

namespace reprise {
namespace {

constexpr int kCounterBits = 32;

/// Names that waveform viewers take as scopes: of each layer, and of the network's output.
std::vector<std::string> scope_names(const NetworkDescription& network) {
  std::vector<std::string> names;
  for (const Layer& layer : network.layers) names.push_back(layer.name);
  names.emplace_back("output");
  return plain_names(names);
}

}  // namespace

ActivityRecorder::ActivityRecorder(WaveRecorder& waves, const WeightImage& image, const Floorplan& plan)
    : waves_(waves) {
  const int engines_per_tile = image.geometry.engines_per_tile;
  const std::vector<std::string> scopes = scope_names(image.network);
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
    const std::string& scope = scopes[layer];
    windows_.push_back(waves_.add_number(scope + ".window", kCounterBits));
    for (std::size_t input = 0; input < plan.layers[layer].inputs.size(); ++input) {
      const std::string name = scope + ".buffer" + std::to_string(input) + ".fill";
      buffers_[{static_cast<int>(layer), static_cast<int>(input)}] = waves_.add_number(name, kCounterBits);
    }
    if (plan.layers[layer].mapping == nullptr) continue;
    for (const EngineShare& share : plan.layers[layer].mapping->engines) {
      const int engine = static_cast<int>(share.engine);
      const std::string name = "tile" + std::to_string(engine / engines_per_tile) + ".pe" +
                               std::to_string(engine % engines_per_tile) + ".busy";
      engines_[engine] = waves_.add_bit(name);
    }
  }
  const std::string output = scopes.back() + ".buffer0.fill";
  buffers_[{static_cast<int>(plan.layers.size()), 0}] = waves_.add_number(output, kCounterBits);
}

void ActivityRecorder::image_begins() {
  waves_.origin(sc_core::sc_time_stamp());
}

void ActivityRecorder::engine_busy(int engine, Cycle begin, Cycle end) {
  waves_.change(engines_.at(engine), begin, 1);
  waves_.change(engines_.at(engine), end, 0);
}

void ActivityRecorder::buffer_changes(int layer, int input, Cycle cycle, long pixels) {
  waves_.increase(buffers_.at({layer, input}), cycle, pixels);
}

void ActivityRecorder::window_begins(int layer, std::uint64_t window, Cycle cycle) {
  waves_.change(windows_.at(static_cast<std::size_t>(layer)), cycle, window);
}

}  // namespace reprise
