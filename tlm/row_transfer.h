#pragma once

#include <cstdint>
#include <tlm>
#include <vector>

namespace reprise {

/// Cycles since the start of the image; with several in flight, of the first of them.
using Cycle = std::uint64_t;

/// Of what has not happened yet.
constexpr Cycle kNotYet = ~Cycle{0};

/// One row of a tensor on its way from the layer that made it into a layer buffer.
struct Row {
  int index = 0;
  std::vector<std::uint8_t> data;  ///< [column][channel]
  std::vector<Cycle> ready;        ///< per column: finished (when sent), arrived (in the buffer); or kNotYet
  std::vector<Cycle> made;         ///< per column: finished; filled in by the sender, or as windows arrive
};

/// Identifies a layer buffer: the tile in whose router it hangs, and its port there.
struct BufferAddress {
  int tile = 0;
  int port = 0;
};

/// Rides on a generic payload between layers.
///
///   TLM_WRITE_COMMAND   towards a buffer: `row` arrives there. Data length is that of the row. Routers add to
///                       `row.ready` and to `hops`. The buffer's answer is `arrived`. Where links contend the
///                       windows are still to come, in packets of their own: all times are kNotYet.
///   TLM_IGNORE_COMMAND  towards a buffer: blocks until it is known when row `row.index` may begin to be made; the
///   answer is `credit`.
struct RowTransfer : tlm::tlm_extension<RowTransfer> {
  BufferAddress destination;
  Row row;
  Cycle credit = 0;
  Cycle arrived = 0;  ///< the whole row
  int hops = 0;

  tlm::tlm_extension_base* clone() const override { return new RowTransfer(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const RowTransfer&>(other); }
};

/// Rides on a generic payload from a layer controller to a layer buffer of its own.
///
///   TLM_READ_COMMAND    blocks until row `row` has been sent, and its window `column` has arrived if one is named;
///                       `content` then stays valid until the row is released.
///   TLM_IGNORE_COMMAND  rows before `row` are released at `cycle`.
struct RowAccess : tlm::tlm_extension<RowAccess> {
  int row = 0;
  int column = -1;  ///< -1: none
  const Row* content = nullptr;
  Cycle cycle = 0;

  tlm::tlm_extension_base* clone() const override { return new RowAccess(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const RowAccess&>(other); }
};

}  // namespace reprise
