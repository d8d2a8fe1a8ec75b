#pragma once

#include <cstddef>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "compression/image/weight_image.h"
#include "platform/waveform.h"
#include "tlm/activity.h"
#include "tlm/floorplan.h"

namespace reprise {

/// Turns the accelerator's activity into the signals of a waveform that docs/waveforms.md lists.
class ActivityRecorder final : public ActivityObserver {
 public:
  /// Adds the signals to `waves`, which outlives the recorder. Before the simulation starts.
  ActivityRecorder(WaveRecorder& waves, const WeightImage& image, const Floorplan& plan);

  void image_begins() override;
  void engine_busy(int engine, std::uint64_t window, Cycle begin, Cycle end) override;
  void buffer_changes(int layer, int input, Cycle cycle, long pixels) override;
  void window(int layer, std::uint64_t window, const WindowTimes& times) override;
  std::vector<bool> add_pins(int engine, const std::vector<Pin>& pins, bool real) override;
  bool wants_pins(int engine) const override { return engines_.at(engine).pins_wanted && waves_.records_image(); }
  void pin_changes(int engine, std::vector<PinChange> changes) override;

 private:
  /// What is in a stage, for its text.
  struct Stage {
    WaveRecorder::Signal text = 0;
    std::uint64_t busy = 0;
    std::uint64_t unit = 0;
    std::uint64_t bit = 0;
  };
  /// Where the changes of a pin go.
  struct PinRoute {
    WaveRecorder::Signal signal = 0;
    std::uint64_t Stage::*member = nullptr;  ///< null: not of a stage
    std::size_t stage = 0;
  };
  struct Engine {
    WaveRecorder::Signal busy = 0;
    WaveRecorder::Signal window = 0;
    bool pins_wanted = false;
    std::vector<PinRoute> pins;
    std::vector<Stage> stages;
    std::queue<std::vector<PinChange>> coming;  ///< of the windows to come
  };
  struct Layer {
    WaveRecorder::Signal state = 0;
    WaveRecorder::Signal window = 0;
    std::uint64_t windows = 0;
    std::vector<WaveRecorder::Signal> buffers;
  };

  std::string engine_prefix(int engine) const;
  PinRoute route(Engine& engine, const std::string& prefix, const Pin& pin, bool real);
  void replay(Engine& engine, Cycle begin, const std::vector<PinChange>& changes);

  WaveRecorder& waves_;
  const Geometry geometry_;
  const RoundPlan rounds_;
  std::map<int, Engine> engines_;
  std::vector<Layer> layers_;  ///< the last one is the output
};

}  // namespace reprise
