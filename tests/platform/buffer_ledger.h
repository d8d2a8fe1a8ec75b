#pragma once

#include <map>
#include <utility>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/activity.h"
#include "tlm/machine_config.h"

namespace reprise::test {

/// What went into every layer buffer and out of it.
class BufferLedger : public ActivityObserver {
 public:
  void image_begins() override { ++beginnings_; }
  void buffer_changes(int layer, int input, Cycle cycle, long pixels) override;

  /// Every pixel of every input of `images` images came in once and went out once, and no buffer ever held more than
  /// its rows: no credit was lost or made up.
  void check(const WeightImage& image, const MachineConfig& machine, std::size_t images) const;

 private:
  using Buffer = std::pair<int, int>;      // layer, input
  using Moment = std::pair<int, Cycle>;    // cycles count from the last beginning
  using Changes = std::map<Moment, long>;  // pixels, in all that happens at once

  void check_buffer(const Buffer& buffer, const Shape& shape, long rows, std::size_t images) const;

  int beginnings_ = 0;
  std::map<Buffer, Changes> changes_;
  std::map<Buffer, long> came_;
  std::map<Buffer, long> went_;
};

}  // namespace reprise::test
