#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/activity.h"
#include "tlm/floorplan.h"

namespace reprise {

/// Writes what happened when as Chrome trace events (JSON), which Perfetto and chrome://tracing show. A process is a
/// tile, or the DMA; a thread a layer or an engine. docs/waveforms.md says what the events are.
class Timeline final : public ActivityObserver {
 public:
  struct Config {
    std::filesystem::path file;
    double clock_mhz = 1200.0;
    std::uint64_t first_image = 0;
    std::uint64_t images = 1;  ///< from the first one on
  };

  /// @throws InputError when the file cannot be written
  Timeline(Config config, const WeightImage& image, const Floorplan& plan);

  void image_begins() override;
  void engine_busy(int engine, std::uint64_t window, Cycle begin, Cycle end) override;
  void buffer_changes(int layer, int input, Cycle cycle, long pixels) override;
  void window(int layer, std::uint64_t window, const WindowTimes& times) override;
  void transfer(const DmaActivity& transfer) override;

  /// Ends the file. @throws InputError when not all could be written
  void finish();

 private:
  /// Windows of a layer or an engine between which it did not wait.
  struct Stretch {
    bool open = false;
    std::uint64_t first_window = 0;
    std::uint64_t last_window = 0;
    Cycle begin = 0;
    Cycle end = 0;
    Cycle busy = 0;
  };
  struct Track {
    int process = 0;
    int thread = 0;
    std::string name;
    Stretch stretch;
  };
  struct Buffer {
    int process = 0;
    std::string name;
    long row = 1;  ///< pixels of one
    std::vector<std::pair<Cycle, long>> changes;
  };

  bool is_recorded() const { return image_ >= config_.first_image && image_ - config_.first_image < config_.images; }
  double microseconds(Cycle cycle) const;
  void name_tracks(const WeightImage& image, const Floorplan& plan);
  void event(const std::string& text);
  void slice(const Track& track, const std::string& name, Cycle begin, Cycle end, const std::string& arguments);
  void extend(Stretch& stretch, std::uint64_t window, Cycle begin, Cycle end);
  void close(Track& track, bool engine);
  void close_layer(std::size_t layer);
  void write_fill(Buffer& buffer);
  void end_image();

  const Config config_;
  std::ofstream out_;
  bool first_event_ = true;
  std::uint64_t image_ = 0;
  std::uint64_t images_begun_ = 0;
  double origin_ = 0.0;  ///< of the image, microseconds
  std::vector<Track> layers_;
  std::map<int, Track> engines_;
  std::vector<std::vector<int>> engines_of_;  ///< by layer
  Track input_;
  Track output_;
  std::map<std::pair<int, int>, Buffer> buffers_;
};

}  // namespace reprise
