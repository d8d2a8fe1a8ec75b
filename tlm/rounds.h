#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"

/// Networks larger than the chip: docs/machine.md, section 5, Rounds.
namespace reprise {

/// Consecutive layers whose weights are in the cells together.
struct Round {
  int first_layer = 0;
  int end_layer = 0;               ///< behind the last
  std::size_t engines = 0;         ///< in use
  std::vector<int> inputs;         ///< tensors that the DMA reads, by layer that makes them; kNetworkInput comes first
  std::vector<int> outputs;        ///< tensors that the DMA writes; the network's output is the last of the last round
  std::uint64_t weight_bytes = 0;  ///< loaded before it is written
};

/// One round where the network fits.
class RoundPlan {
 public:
  /// Of any network that fits.
  RoundPlan() = default;
  /// @throws InputError where the network does not fit and `platform.larger_networks` refuses that, a layer is larger
  ///         than the chip, or the machine has copies of layers or executes synchronously, which rounds exclude
  RoundPlan(const WeightImage& image, const MachineConfig& config);

  const std::vector<Round>& rounds() const { return rounds_; }
  /// Whether cells are written while images run.
  bool reloads() const { return rounds_.size() > 1; }
  /// Of a layer; the network's input is made before all rounds: -1.
  int round_of(int layer) const {
    if (layer == kNetworkInput) return -1;
    return reloads() ? round_of_[static_cast<std::size_t>(layer)] : 0;
  }
  /// Whether input tensor `input` of layer `layer` comes out of system memory, but for the network's input in the
  /// first round.
  bool is_held(int layer, int input) const { return round_of(layer) > 0 && round_of(input) < round_of(layer); }
  /// Where an engine of the image (or a copy) lies on the chip.
  int chip_engine(int engine) const { return reloads() ? chip_engine_[static_cast<std::size_t>(engine)] : engine; }
  /// The round in which an engine of the image is in use.
  int round_of_engine(int engine) const { return reloads() ? engine_round_[static_cast<std::size_t>(engine)] : 0; }
  /// Bytes of a held tensor from the beginning of an image's held tensors; all of them together for the last layer.
  std::uint64_t held_offset(int layer) const { return held_offset_.at(static_cast<std::size_t>(layer)); }
  /// Of system memory: weights of all rounds, then the held tensors of `images_in_flight` images.
  std::uint64_t memory_bytes() const { return memory_bytes_; }
  std::uint64_t held_address(std::size_t image_of_batch, int layer) const {
    return all_weight_bytes_ + image_of_batch * held_offset_.back() + held_offset(layer);
  }
  /// From the beginning of the memory of rounds.
  std::uint64_t weights_address(int round) const;

 private:
  void cut(const WeightImage& image, std::size_t chip_engines);
  void place_engines(const WeightImage& image);
  void find_held_tensors(const NetworkDescription& network);
  void lay_out_memory(const WeightImage& image, int images);

  std::vector<Round> rounds_;
  std::vector<int> round_of_;  ///< by layer
  std::vector<int> chip_engine_;
  std::vector<int> engine_round_;
  std::vector<std::uint64_t> held_offset_;  ///< by layer, and the end
  std::uint64_t all_weight_bytes_ = 0;
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace reprise
