#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/activity.h"
#include "tlm/engine_schedule.h"
#include "tlm/layer_controller.h"
#include "tlm/machine_config.h"
#include "tlm/packet.h"

namespace reprise {

/// What one layer did over all images, its engines and buffers included.
struct LayerStatistics {
  LayerActivity activity;
  int home_tile = 0;
  std::size_t copies = 1;
  std::size_t engines = 0;  ///< of all copies
  std::uint64_t activations = 0;
  std::uint64_t dropped_activations = 0;
  ProductCounts products;             ///< column products, all windows
  std::map<int, EventCounts> events;  ///< by tile, everything
};

/// What one engine in use did over all images.
struct EngineStatistics {
  int number = 0;  ///< of the chip
  int layer = 0;
  std::uint64_t activations = 0;
  std::uint64_t dropped_activations = 0;
  CycleCounts causes;  ///< of its windows, as far as it knows them: load, fill, busy, scatter, dropped
};

/// A link of the mesh that packets went over.
struct LinkStatistics {
  std::string name;  ///< "tile0.injector", "tile0.router.east"
  LinkActivity activity;
};

struct SimulationStatistics {
  std::vector<LayerStatistics> layers;
  std::vector<EngineStatistics> engines;  ///< by layer, then by copy
  std::vector<LinkStatistics> links;      ///< by tile; none with ideal links
  EventCounts input_output;               ///< of the DMA, tile 0
  std::vector<Cycle> image_cycles;        ///< from start to interrupt
  std::vector<Cycle> image_starts;        ///< since the first one's; with one image in flight 0
  Cycle elapsed_cycles = 0;  ///< from the first start to the last interrupt, without gaps between single images
  int tiles = 0;             ///< in use
};

/// What is written down while a simulation goes on.
struct TraceRequest {
  std::optional<std::filesystem::path> waveform;  ///< a VCD file, extension included
  std::optional<std::filesystem::path> view;      ///< a save file of GTKWave for it
  std::string shown_file;                         ///< what the view opens: a file beside it
  std::optional<std::filesystem::path> timeline;  ///< Chrome trace events
  std::vector<std::string> signals;               ///< of the waveform, patterns; empty: those by default
  std::uint64_t first_image = 0;
  std::uint64_t images = 1;                 ///< from the first one on
  std::uint64_t first_cycle = 0;            ///< of each image, of the waveform
  std::optional<std::uint64_t> last_cycle;  ///< of each image, of the waveform
};

struct SimulationRequest {
  const WeightImage& image;
  MachineConfig machine;
  std::size_t images = 0;
  /// The input of image i as stored activations, [channel][row][column].
  std::function<std::vector<std::uint8_t>(std::size_t)> input;
  /// Is given the output of image i, [channel][row][column].
  std::function<void(std::size_t, const std::vector<std::uint8_t>&)> output;
  TraceRequest trace;
  ActivityObserver* observer = nullptr;  ///< is told of everything, too; may be null
};

/// Elaborates memory, bus, host and accelerator, and runs all images through them. Once a process: SystemC cannot
/// elaborate twice.
/// @throws InputError when the network does not fit the machine, or a pattern names nothing; SimulationError when a bus
/// transaction fails or the
///         simulation ends before the last image.
SimulationStatistics simulate(const SimulationRequest& request);

}  // namespace reprise
