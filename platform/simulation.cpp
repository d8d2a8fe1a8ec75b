#include "platform/simulation.h"

#include <memory>
#include <stdexcept>

#include "platform/accelerator.h"
#include "platform/activity_fan_out.h"
#include "platform/activity_recorder.h"
#include "platform/bus.h"
#include "platform/host.h"
#include "platform/system_memory.h"
#include "platform/timeline.h"
#include "platform/wave_view.h"
#include "platform/waveform.h"
#include "support/atomic_file.h"
#include "support/single_thread.h"
#include "tlm/component_names.h"
#include "tlm/protocol_checker.h"

namespace reprise {
namespace {

#ifdef REPRISE_CHECK_PROTOCOL
constexpr bool kChecksProtocol = true;
#else
constexpr bool kChecksProtocol = false;
#endif

constexpr std::uint64_t kRegisterBytes = 0x1000;
constexpr std::uint64_t kRegisterBase = 0x10000000;
constexpr std::uint64_t kMemoryBase = 0x80000000;
constexpr std::uint64_t kPage = 0x1000;

std::uint64_t whole_pages(std::uint64_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

/// [channel][row][column] to [row][column][channel].
std::vector<std::uint8_t> interleave(const std::vector<std::uint8_t>& planes, const Shape& shape) {
  std::vector<std::uint8_t> pixels(planes.size());
  const auto channels = static_cast<std::size_t>(shape.channels);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t p = 0; p < shape.pixels(); ++p) pixels[p * channels + c] = planes[c * shape.pixels() + p];
  }
  return pixels;
}

std::vector<std::uint8_t> deinterleave(const std::vector<std::uint8_t>& pixels, const Shape& shape) {
  std::vector<std::uint8_t> planes(pixels.size());
  const auto channels = static_cast<std::size_t>(shape.channels);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t p = 0; p < shape.pixels(); ++p) planes[c * shape.pixels() + p] = pixels[p * channels + c];
  }
  return planes;
}

/// Memory, bus, host and accelerator, wired up.
class System {
 public:
  explicit System(const SimulationRequest& request)
      : request_(request),
        input_bytes_(whole_pages(request.image.network.input_shape.size())),
        slot_bytes_(input_bytes_ + whole_pages(request.image.network.layers.back().shape.size())),
        observer_(make_observer()),
        accelerator_("accelerator", request.image, request.machine, observer_),
        rounds_bytes_(whole_pages(accelerator_.floorplan().rounds.memory_bytes())),
        memory_("memory", {memory_bytes(), clock_period(request.machine), request.machine.memory_cycles,
                           request.machine.bus_bytes_per_cycle}),
        bus_("bus", 2, {{kRegisterBase, kRegisterBytes}, {kMemoryBase, memory_bytes()}}),
        host_(
            "host",
            {kRegisterBase, kMemoryBase, kMemoryBase + input_bytes_,
             static_cast<unsigned>(request.machine.images_in_flight), slot_bytes_, rounds_address()},
            [this](Host::Job& job) { return next_image(job); }, [this](const Host::Result& result) { take(result); }) {
    connect("host_link", host_.bus, bus_.initiators[0]);
    connect("dma_link", accelerator_.memory, bus_.initiators[1]);
    connect("register_link", bus_.targets[0], accelerator_.registers);
    connect("memory_link", bus_.targets[1], memory_.socket);
    accelerator_.interrupt(interrupt_);
    host_.interrupt(interrupt_);
    if (waves_ != nullptr) waves_->check_selection();
  }

  SimulationStatistics run() {
    sc_core::sc_start();
    for (const auto& link : links_) {
      if (!link->rules().violations().empty()) throw std::logic_error(link->rules().violations().front());
    }
    host_.check();
    collect();
    finish_traces();
    return std::move(statistics_);
  }

 private:
  /// Debug builds hold every link of the bus against the base protocol.
  template <class Initiator, class Target>
  void connect(const char* name, Initiator& initiator, Target& target) {
    if constexpr (kChecksProtocol) {
      links_.push_back(std::make_unique<ProtocolChecker<>>(name));
      initiator.bind(links_.back()->target);
      links_.back()->initiator.bind(target);
    } else {
      initiator.bind(target);
    }
  }

  std::uint64_t memory_bytes() const {
    return static_cast<std::uint64_t>(request_.machine.images_in_flight) * slot_bytes_ + rounds_bytes_;
  }
  /// Behind the images.
  std::optional<std::uint64_t> rounds_address() const {
    if (rounds_bytes_ == 0) return std::nullopt;
    return kMemoryBase + memory_bytes() - rounds_bytes_;
  }

  /// Null where nobody wants to know.
  ActivityObserver* make_observer() {
    const TraceRequest& trace = request_.trace;
    if (trace.waveform || trace.timeline) {
      const Floorplan plan = make_floorplan(request_.image, request_.machine);
      if (trace.waveform) make_waves(plan);
      if (trace.timeline) {
        const Timeline::Config config{*trace.timeline, request_.machine.clock_mhz, trace.first_image, trace.images};
        observers_.add(*(timeline_ = std::make_unique<Timeline>(config, request_.image, plan)));
      }
    }
    if (request_.observer != nullptr) observers_.add(*request_.observer);
    return observers_.empty() ? nullptr : &observers_;
  }

  void make_waves(const Floorplan& plan) {
    const TraceRequest& trace = request_.trace;
    waves_ = std::make_unique<WaveRecorder>(WaveRecorder::Config{*trace.waveform, clock_period(request_.machine),
                                                                 trace.signals, trace.first_image, trace.images,
                                                                 trace.first_cycle, trace.last_cycle});
    observers_.add(*(recorder_ = std::make_unique<ActivityRecorder>(*waves_, request_.image, plan)));
  }

  void finish_traces() {
    if (waves_ != nullptr) waves_->finish();
    if (timeline_ != nullptr) timeline_->finish();
    const TraceRequest& trace = request_.trace;
    if (waves_ != nullptr && trace.view) write_file_atomically(*trace.view, wave_view(*waves_, trace.shown_file));
  }

  bool next_image(Host::Job& job) {
    if (images_given_ == request_.images) return false;
    job.input = interleave(request_.input(images_given_++), request_.image.network.input_shape);
    return true;
  }

  void take(const Host::Result& result) {
    const std::size_t number = statistics_.image_cycles.size();
    statistics_.image_cycles.push_back(result.cycles);
    request_.output(number, deinterleave(result.output, request_.image.network.layers.back().shape));
  }

  void collect() {
    accelerator_.end_run();
    statistics_.elapsed_cycles = accelerator_.elapsed();
    statistics_.image_starts = accelerator_.image_starts();
    statistics_.tiles = accelerator_.floorplan().tiles;
    statistics_.input_output = accelerator_.input_output_events();
    statistics_.layers.resize(request_.image.network.layers.size());
    for (const std::unique_ptr<Tile>& tile : accelerator_.tiles()) {
      for (const std::unique_ptr<LayerController>& controller : tile->controllers()) collect(*controller, *tile);
      for (const std::unique_ptr<LayerBuffer>& buffer : tile->buffers()) collect(*buffer, *tile);
    }
    for (const std::unique_ptr<Tile>& tile : accelerator_.tiles()) collect_links(*tile);
    for (const LayerPlace& place : accelerator_.floorplan().layers) {
      if (place.mapping != nullptr) collect_engines(place);
    }
    if (accelerator_.programmer()) collect_rounds(*accelerator_.programmer());
  }

  void collect_rounds(const CellProgrammer& programmer) {
    const std::vector<Round>& rounds = accelerator_.floorplan().rounds.rounds();
    for (std::size_t i = 0; i < rounds.size(); ++i) {
      statistics_.reload.rounds.push_back({rounds[i].first_layer, rounds[i].end_layer - 1, rounds[i].engines,
                                           accelerator_.rounds()[i], programmer.counts()[i]});
    }
    for (const auto& [layer, by_tile] : programmer.events()) {
      for (const auto& [tile, events] : by_tile) {
        statistics_.layers[static_cast<std::size_t>(layer)].events[tile] += events;
      }
    }
    statistics_.reload.cells_by_set_pulses = programmer.cells_by_set_pulses();
    statistics_.reload.cells_by_reset_pulses = programmer.cells_by_reset_pulses();
    statistics_.reload.wear = programmer.wear();
  }

  void collect(const LayerController& controller, const Tile& tile) {
    LayerStatistics& layer = statistics_.layers[static_cast<std::size_t>(controller.layer())];
    layer.activity = controller.activity();
    layer.home_tile = tile.number();
    layer.copies = accelerator_.floorplan().layers[static_cast<std::size_t>(controller.layer())].engines.size();
    layer.events[tile.number()] += controller.activity().events;
  }

  void collect(const LayerBuffer& buffer, const Tile& tile) {
    const auto layer = static_cast<std::size_t>(buffer.config().layer);
    EventCounts& events =
        layer < statistics_.layers.size() ? statistics_.layers[layer].events[tile.number()] : statistics_.input_output;
    events[Event::buffer_write] += buffer.bytes_written();
  }

  void collect_links(Tile& tile) {
    if (tile.packet_router() == nullptr) return;
    collect_link("tile" + std::to_string(tile.number()) + ".injector", tile.injector()->activity());
    for (std::size_t i = 0; i < PacketSwitch::kSides; ++i) {
      const auto side = static_cast<PacketSwitch::Side>(i);
      collect_link(router_name(tile.number()) + '.' + side_name(side), tile.packet_router()->activity(side));
    }
  }

  void collect_link(const std::string& name, const LinkActivity& activity) {
    if (activity.packets > 0) statistics_.links.push_back({name, activity});
  }

  void collect_engines(const LayerPlace& place) {
    const LayerMapping& mapping = *place.mapping;
    LayerStatistics& layer = statistics_.layers[static_cast<std::size_t>(mapping.layer)];
    const std::vector<int> engines = place.all_engines();
    layer.engines = engines.size();
    for (int number : engines) {
      const int tile = accelerator_.floorplan().tile_of(number, request_.image.geometry);
      const ProcessingEngine& engine = accelerator_.tiles()[static_cast<std::size_t>(tile)]->engine(number);
      const EngineSchedule::Work work = engine.work();
      const CycleCounts causes = engine.causes();
      layer.events[tile] += work.events;
      layer.activations += work.activations;
      layer.dropped_activations += work.dropped_activations;
      layer.activity.causes += causes;
      statistics_.engines.push_back({accelerator_.floorplan().rounds.chip_engine(number), mapping.layer,
                                     work.activations, work.dropped_activations, causes});
    }
    const Layer& description = request_.image.network.layers[static_cast<std::size_t>(mapping.layer)];
    layer.products = count_products(mapping, std::get<ConvolutionLayer>(description.operation),
                                    request_.image.network.shape_of(description.inputs.front()),
                                    static_cast<std::size_t>(description.shape.channels), request_.image.encoding);
    layer.products.computed *= layer.activity.windows;
    layer.products.reused *= layer.activity.windows;
    layer.products.zero *= layer.activity.windows;
  }

  const SimulationRequest& request_;
  const std::uint64_t input_bytes_;  ///< whole pages
  const std::uint64_t slot_bytes_;   ///< of an image in flight
  std::size_t images_given_ = 0;
  std::unique_ptr<WaveRecorder> waves_;
  std::unique_ptr<ActivityRecorder> recorder_;
  std::unique_ptr<Timeline> timeline_;
  ActivityFanOut observers_;
  ActivityObserver* const observer_;
  sc_core::sc_signal<bool> interrupt_{"interrupt"};
  Accelerator accelerator_;
  const std::uint64_t rounds_bytes_;  ///< whole pages
  SystemMemory memory_;
  Bus bus_;
  Host host_;
  std::vector<std::unique_ptr<ProtocolChecker<>>> links_;
  SimulationStatistics statistics_;
};

}  // namespace

SimulationStatistics simulate(const SimulationRequest& request) {
  const SingleThread single_thread;
  System system(request);
  return system.run();
}

}  // namespace reprise
