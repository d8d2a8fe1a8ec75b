#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>

#include "compression/image/weight_image.h"

namespace reprise {

/// How often what is stored is used.
class Repetition {
 public:
  Repetition() = default;
  explicit Repetition(const LayerMapping& mapping);
  Repetition& operator+=(const Repetition& other);

  /// Part of results.json; docs/results.md says what is in it.
  nlohmann::ordered_json json() const;

 private:
  using Histogram = std::map<std::uint64_t, std::uint64_t>;  ///< value to how many there are

  Histogram patterns_by_uses_;  ///< slots by their entries
  Histogram units_by_fan_out_;  ///< operation units by the length of their scatter lists
};

}  // namespace reprise
