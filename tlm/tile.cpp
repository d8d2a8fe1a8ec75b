#include "tlm/tile.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tlm/component_names.h"
#include "tlm/pin_level_engine.h"
#include "tlm/pin_level_router.h"

namespace reprise {

Tile::Tile(const sc_core::sc_module_name& name, int number, const WeightImage& image, const Floorplan& plan,
           const MachineConfig& config, const RunClock& clock, const sc_core::sc_time& period,
           ActivityObserver* observer)
    : sc_module(name),
      router("router", {number, config.mesh.columns, config.links == Links::ideal ? config.router_cycles : 0}),
      number_(number),
      image_(image),
      plan_(plan),
      config_(config) {
  if (config.links == Links::contended) add_packet_router(clock);
  for (const LayerPlace& place : plan.layers) {
    if (place.mapping != nullptr) add_engines(place, observer);
  }
  for (int layer = 0; layer < static_cast<int>(plan.layers.size()); ++layer) {
    if (plan.layers[static_cast<std::size_t>(layer)].home_tile == number) add_layer(layer, period, observer);
  }
  if (number == 0) add_output_buffers(observer);
}

void Tile::begin_run() {
  for (const std::unique_ptr<LayerBuffer>& buffer : buffers_) buffer->begin_run();
  if (packet_router_ == nullptr) return;
  packet_router_->begin_run();
  injector_->begin_run();
}

void Tile::add_packet_router(const RunClock& clock) {
  const PacketSwitch::Config config{number_, config_.mesh.columns, config_.router_cycles,
                                    config_.router_buffer_packets};
  if (plan_.pin_level_routers.count(number_) != 0) {
    packet_router_ = std::make_unique<PinLevelRouter>("packet_router", config, config_.link_bytes_per_cycle, clock);
  } else {
    packet_router_ = std::make_unique<PacketRouter>("packet_router", config, clock);
  }
  injector_ = std::make_unique<PacketInjector>("injector", config_.router_buffer_packets, clock);
  delivery_ = std::make_unique<PacketDelivery>("delivery");
  injector_->output.bind(packet_router_->input[PacketSwitch::local]);
  packet_router_->input_place[PacketSwitch::local].bind(*injector_);
  packet_router_->output[PacketSwitch::local].bind(*delivery_);
}

void Tile::add_engines(const LayerPlace& place, ActivityObserver* observer) {
  for (const std::vector<int>& copy : place.engines) {
    for (std::size_t e = 0; e < copy.size(); ++e) {
      if (plan_.tile_of(copy[e], image_.geometry) != number_) continue;
      add_engine(copy[e], *place.mapping, place.mapping->engines[e], place.table_entry_bits, observer);
    }
  }
}

void Tile::add_engine(int engine, const LayerMapping& mapping, const EngineShare& share, int entry_bits,
                      ActivityObserver* observer) {
  const std::string full_name = engine_name(engine, image_.geometry, plan_.rounds);
  const std::string name = full_name.substr(full_name.find('.') + 1);
  const int filter = filter_cycles(image_, mapping, config_.pipeline);
  EngineSchedule schedule(mapping, share, image_.geometry, config_.pipeline, entry_bits, filter);
  if (plan_.pin_level.count(engine) != 0) {
    engines_[engine] = std::make_unique<PinLevelEngine>(name.c_str(), engine, image_, mapping, share, config_,
                                                        std::move(schedule), observer);
    return;
  }
  engines_[engine] = std::make_unique<ProcessingEngine>(name.c_str(), engine, std::move(schedule));
  if (observer == nullptr) return;
  engines_[engine]->trace_stages({mapping, share, image_.geometry, config_.pipeline, filter}, *observer);
}

void Tile::add_layer(int layer, const sc_core::sc_time& period, ActivityObserver* observer) {
  const LayerPlace& place = plan_.layers[static_cast<std::size_t>(layer)];
  const std::string name = "layer" + std::to_string(layer);
  controllers_.push_back(
      std::make_unique<LayerController>(name.c_str(), image_, layer, plan_, config_, period, observer));
  LayerController& controller = *controllers_.back();
  controller.sender.socket.bind(router.input);
  if (injector_ != nullptr) controller.sender.packets.bind(*injector_);
  const std::vector<int>& inputs = image_.network.layers[static_cast<std::size_t>(layer)].inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const int height = image_.network.shape_of(inputs[i]).height;
    add_buffer({layer, static_cast<int>(i), place.depths[i], height}, observer);
    controller.inputs.bind(buffers_.back()->read_socket);
  }
}

/// Of what the DMA writes.
void Tile::add_output_buffers(ActivityObserver* observer) {
  int number = 0;
  for (const std::vector<TensorWrite>& round : plan_.writes) {
    for (const TensorWrite& write : round) {
      const int height = image_.network.layers[static_cast<std::size_t>(write.tensor)].shape.height;
      add_buffer({static_cast<int>(plan_.layers.size()), number++, height, height}, observer);
    }
  }
}

void Tile::add_buffer(LayerBuffer::Config buffer, ActivityObserver* observer) {
  const std::string name = "layer" + std::to_string(buffer.layer) + "_buffer" + std::to_string(buffer.input);
  buffers_.push_back(std::make_unique<LayerBuffer>(name.c_str(), buffer, observer));
  router.buffers.bind(buffers_.back()->write_socket);
  if (delivery_ != nullptr) delivery_->buffers.bind(*buffers_.back());
}

}  // namespace reprise
