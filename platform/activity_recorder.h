#pragma once

#include <map>
#include <utility>
#include <vector>

#include "compression/image/weight_image.h"
#include "platform/waveform.h"
#include "tlm/activity.h"
#include "tlm/floorplan.h"

namespace reprise {

/// Turns the accelerator's activity into signals of a waveform:
///   tileT.peE.busy       engine E of tile T works on a window
///   LAYER.window         the window that the layer began last
///   LAYER.bufferI.fill   pixels in the buffer of the layer's input I; `output.buffer0.fill` for the network's output
/// LAYER is the layer's name with everything but letters, digits and _ replaced by _.
class ActivityRecorder final : public ActivityObserver {
 public:
  /// Adds the signals to `waves`, which outlives the recorder. Before the simulation starts.
  ActivityRecorder(WaveRecorder& waves, const WeightImage& image, const Floorplan& plan);

  void image_begins() override;
  void engine_busy(int engine, Cycle begin, Cycle end) override;
  void buffer_changes(int layer, int input, Cycle cycle, long pixels) override;
  void window_begins(int layer, std::uint64_t window, Cycle cycle) override;

 private:
  WaveRecorder& waves_;
  std::map<int, WaveRecorder::Signal> engines_;
  std::map<std::pair<int, int>, WaveRecorder::Signal> buffers_;
  std::vector<WaveRecorder::Signal> windows_;
};

}  // namespace reprise
