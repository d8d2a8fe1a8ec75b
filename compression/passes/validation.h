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
  /// What the trained network expects of that: its probability (soft-max) of the class on top, mean over the images. On
  /// few images much steadier than the accuracy: an image that was a toss-up and tips over costs next to nothing.
  double expected = 0.0;
};

/// The last images of a data set, and what is right for each: its label, or without labels the class that the
/// trained network finds.
class Validation {
 public:
  /// Keeps a reference to `dataset`. `images` is at most the size of the set.
  Validation(const Graph& graph, const Dataset& dataset, const Preprocessing& preprocessing, std::size_t images);

  std::size_t size() const { return right_.size(); }
  std::size_t first() const { return first_; }     ///< in the data set
  const Score& before() const { return before_; }  ///< of the trained network

  Score score(const QuantisedNetwork& network) const;

  bool is_small() const;  ///< below 500 images: their top-1 says little

  /// Points of top-1 lost against the trained network; of a small set those that are expected.
  double points_lost(const Score& score) const;

 private:
  Score mean_score(const std::function<std::size_t(std::size_t image)>& classify) const;

  const Dataset& dataset_;
  std::size_t first_;
  std::vector<std::size_t> right_;
  std::vector<std::vector<double>> probabilities_;  // [image][class], of the trained network
  Score before_;
};

}  // namespace reprise
