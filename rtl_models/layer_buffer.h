#pragma once

#include <systemc>

#include <cstdint>
#include <vector>

#include "compression/image/network.h"
#include "rtl_models/bus.h"

namespace reprise::rtl {

/// Where a position of a window lies.
enum class Position : std::uint8_t { beyond, padding, inside };

/// The rows of one input that a layer still needs, in a ring of `depth` rows, and the unit that cuts windows out of it.
///
/// Models      the producer writes a whole row where it has a credit; the consumer reads windows of the rows that have
///             arrived, and releases rows, each of which is a credit again.
/// Leaves out  the width of the write port: a row arrives in one cycle.
/// Timing      a window is there in the cycle after `read`. Released rows and arrived rows show in the next cycle.
/// Events      buffer.write, bytes of a row; buffer.read, bytes of a window that lie in the input.
/// Errors      SC_ERROR: a write without a credit, a read of a row that has not arrived or is released.
class LayerBuffer final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> restart{"restart"};  ///< a new image: all rows are gone
  sc_core::sc_in<bool> write{"write"};
  sc_core::sc_in<Bus<std::uint8_t>> row{"row"};  ///< width x channels bytes, by pixel
  sc_core::sc_in<bool> release{"release"};
  sc_core::sc_in<std::uint32_t> release_before{"release_before"};  ///< rows before this one are no longer needed
  sc_core::sc_in<bool> read{"read"};
  sc_core::sc_in<std::uint32_t> y{"y"};  ///< output position of the window
  sc_core::sc_in<std::uint32_t> x{"x"};
  sc_core::sc_out<std::uint32_t> rows{"rows"};                ///< arrived
  sc_core::sc_out<std::uint32_t> credits{"credits"};          ///< rows that may be written
  sc_core::sc_out<Bus<std::uint8_t>> window{"window"};        ///< im2col vector: channel, kernel row, kernel column
  sc_core::sc_out<Bus<std::uint8_t>> positions{"positions"};  ///< a Position for each of its bytes

  SC_HAS_PROCESS(LayerBuffer);
  /// @param outside what positions outside the input hold
  LayerBuffer(const sc_core::sc_module_name& name, const Shape& input, const SlidingWindow& sliding,
              std::uint8_t outside, int depth);

  std::uint64_t bytes_written() const { return bytes_written_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  void step();
  void write_row();
  void read_window();
  Position position(int input_row, int column) const;
  std::uint8_t cell(int channel, int input_row, int column);

  const Shape input_;
  const SlidingWindow sliding_;
  const std::uint8_t outside_;
  const std::uint32_t depth_;
  std::vector<std::vector<std::uint8_t>> ring_;
  std::uint32_t arrived_ = 0;
  std::uint32_t released_ = 0;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace reprise::rtl
