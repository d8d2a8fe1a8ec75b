#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace reprise {

/// Why a lane of a layer does what it does: docs/machine.md, section 5, in its order.
enum class CycleCause : std::uint8_t {
  reload,
  input_not_made,
  input_in_flight,
  credit,
  turn,
  load,
  fill,
  busy,
  scatter,
  dropped,
  imbalance,
  merge,
  write_back,
  order,
  finished,
  count_
};

constexpr std::size_t kCycleCauses = static_cast<std::size_t>(CycleCause::count_);

/// The name in results: "input_not_made".
const char* cause_name(CycleCause cause);

/// Cycles of lanes, by cause.
class CycleCounts {
 public:
  std::uint64_t& operator[](CycleCause cause) { return counts_[static_cast<std::size_t>(cause)]; }
  std::uint64_t operator[](CycleCause cause) const { return counts_[static_cast<std::size_t>(cause)]; }
  std::uint64_t total() const { return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}); }

  CycleCounts& operator+=(const CycleCounts& other) {
    for (std::size_t i = 0; i < kCycleCauses; ++i) counts_[i] += other.counts_[i];
    return *this;
  }

 private:
  std::array<std::uint64_t, kCycleCauses> counts_{};
};

}  // namespace reprise
