#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "compression/datasets/dataset.h"
#include "compression/network/graph.h"
#include "compression/network/quantised_network.h"

namespace reprise {

/// How well a network does on the validation images.
struct Score {
  double accuracy = 0.0;  ///< share of images with the right class on top, 0..1
  /// What the trained network expects of that: its probability of the class on top, mean over the images. Much steadier
  /// than the accuracy: an image that was a toss-up and tips over costs next to nothing. It cannot see that a network
  /// knows better than the trained one, as after further training.
  double expected = 0.0;
};

/// The last images of a data set, and what is right for each: its label, or without labels the class that the
/// trained network finds. Probabilities are the soft-max of the outputs divided by a temperature, that which makes the
/// labels likeliest (Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017, section 4.2); of
/// 1 without labels.
class Validation {
 public:
  /// Keeps a reference to `dataset`. `images` is at most the size of the set.
  Validation(const Graph& graph, const Dataset& dataset, const Preprocessing& preprocessing, std::size_t images);

  std::size_t size() const { return right_.size(); }
  std::size_t first() const { return first_; }     ///< in the data set
  const Score& before() const { return before_; }  ///< of the trained network

  Score score(const QuantisedNetwork& network) const;

  double temperature() const { return temperature_; }

  bool is_small() const;  ///< below 500 images: their top-1 says little

  /// Points of top-1 that a network loses against the trained one, for one that was trained no further: expected, or
  /// counted where there are many images without labels.
  double points_lost(const Score& score) const;

  /// The same for a network that was trained further: counted, or of a small set expected.
  double points_lost_trained(const Score& score) const;

 private:
  double expected_loss(const Score& score) const { return 100.0 * (before_.expected - score.expected); }
  double counted_loss(const Score& score) const { return 100.0 * (before_.accuracy - score.accuracy); }
  Score mean_score(const std::function<std::size_t(std::size_t image)>& classify) const;

  const Dataset& dataset_;
  std::size_t first_;
  std::vector<std::size_t> right_;
  double temperature_ = 1.0;
  std::vector<std::vector<double>> probabilities_;  // [image][class], of the trained network
  Score before_;
};

}  // namespace reprise
