#pragma once

#include <systemc>

#include <map>
#include <memory>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/activity.h"
#include "tlm/floorplan.h"
#include "tlm/layer_buffer.h"
#include "tlm/layer_controller.h"
#include "tlm/machine_config.h"
#include "tlm/packet_delivery.h"
#include "tlm/packet_injector.h"
#include "tlm/packet_router.h"
#include "tlm/processing_engine.h"
#include "tlm/router.h"
#include "tlm/run_clock.h"

namespace reprise {

/// One tile of the mesh: its router (a second one for packets where links contend), the engines that the mapping uses,
/// and the buffers and controllers of the layers at home here.
class Tile final : public sc_core::sc_module {
 public:
  Router router;

  /// @param image, plan, clock  outlive the module
  Tile(const sc_core::sc_module_name& name, int number, const WeightImage& image, const Floorplan& plan,
       const MachineConfig& config, const RunClock& clock, const sc_core::sc_time& period, ActivityObserver* observer);

  /// Cycles count from 0 again; nothing is under way.
  void begin_run();
  int number() const { return number_; }
  ProcessingEngine& engine(int number) { return *engines_.at(number); }  ///< number of the chip
  const std::map<int, std::unique_ptr<ProcessingEngine>>& engines() const { return engines_; }
  const std::vector<std::unique_ptr<LayerController>>& controllers() const { return controllers_; }
  /// Where links contend; null otherwise.
  PacketRouter* packet_router() { return packet_router_.get(); }
  PacketInjector* injector() { return injector_.get(); }
  const std::vector<std::unique_ptr<LayerBuffer>>& buffers() const { return buffers_; }

 private:
  void add_packet_router(const RunClock& clock);
  void add_engines(const LayerPlace& place, ActivityObserver* observer);
  void add_engine(int engine, const LayerMapping& mapping, const EngineShare& share, int entry_bits,
                  ActivityObserver* observer);
  void add_layer(int layer, const sc_core::sc_time& period, ActivityObserver* observer);
  void add_output_buffers(ActivityObserver* observer);
  void add_buffer(LayerBuffer::Config buffer, ActivityObserver* observer);

  const int number_;
  const WeightImage& image_;
  const Floorplan& plan_;
  const MachineConfig config_;
  std::unique_ptr<PacketRouter> packet_router_;
  std::unique_ptr<PacketInjector> injector_;
  std::unique_ptr<PacketDelivery> delivery_;
  std::map<int, std::unique_ptr<ProcessingEngine>> engines_;
  std::vector<std::unique_ptr<LayerController>> controllers_;
  std::vector<std::unique_ptr<LayerBuffer>> buffers_;  ///< by router port
};

}  // namespace reprise
