#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compression/datasets/dataset.h"
#include "compression/image/weight_image.h"
#include "compression/mapping/activity.h"
#include "compression/network/quantised_network.h"
#include "compression/passes/validation.h"
#include "support/phase_clock.h"

namespace reprise {

/// One convolution before and after, or the sum over several.
struct CompressionFigures {
  std::uint64_t weights = 0;
  std::uint64_t weights_kept = 0;  ///< not 0
  std::uint64_t patterns = 0;      ///< stored slots
  std::uint64_t entries = 0;       ///< uses of patterns
  Storage storage;
  UnitActivity dense;  ///< of the network in 8 bits on the engine `dense`; sums over the counted images
  UnitActivity activity;
  /// Patches (an output's weights in consecutive rows, one operation unit high) by the bits that their integers need:
  /// two's complement, without trailing zeros that all of them have; 0: all are 0.
  std::array<std::uint64_t, 9> patches_by_bits{};

  CompressionFigures& operator+=(const CompressionFigures& other);
};

/// What the passes said about accuracy.
struct ValidationScores {
  std::size_t images = 0;
  Score trained;
  Score plain;  ///< in 8 bits and nothing else
  Score compressed;
};

/// What `reprise compress` has done; docs/results.md explains the figures.
struct CompressionReport {
  std::vector<CompressionFigures> layers;  ///< by mapping of the image
  CompressionFigures total;
  std::size_t counted_images = 0;  ///< for activity
  std::optional<ValidationScores> validation;
  std::vector<PhaseClock::Phase> phases;
};

/// Counts. `plain` is the network in 8 bits, `compressed` what the image holds; both are executed on the first `images`
/// images of the data set.
CompressionReport make_report(const WeightImage& image, const QuantisedNetwork& plain,
                              const QuantisedNetwork& compressed, const Dataset& dataset, std::size_t images);

std::string report_text(const WeightImage& image, const CompressionReport& report);
std::string report_json(const WeightImage& image, const CompressionReport& report);  ///< describe_image_json() and more
std::string report_csv(const WeightImage& image, const CompressionReport& report);   ///< a line a layer

}  // namespace reprise
