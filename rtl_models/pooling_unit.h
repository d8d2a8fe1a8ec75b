#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/network.h"
#include "rtl_models/bus.h"

namespace reprise::rtl {

/// Max and average pooling on a vector unit of `lanes` lanes: each takes one byte of the window a cycle.
///
/// Models      the largest of the positions inside the input, or the scaled sum of the positions that count.
/// Timing      max(1, ceil(channels x taps / lanes)) cycles, for which busy is high; then done for one.
/// Events      vector.op, channels x taps.
class PoolingUnit final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> start{"start"};                       ///< counts while not busy
  sc_core::sc_in<Bus<std::uint8_t>> window{"window"};        ///< channel by channel, stable while busy
  sc_core::sc_in<Bus<std::uint8_t>> positions{"positions"};  ///< a Position for each byte: layer_buffer.h
  sc_core::sc_out<bool> busy{"busy"};
  sc_core::sc_out<bool> done{"done"};
  sc_core::sc_out<Bus<std::uint8_t>> output{"output"};  ///< a channel each

  SC_HAS_PROCESS(PoolingUnit);
  /// @param layer of kind max_pool or average_pool; throws InputError for another
  PoolingUnit(const sc_core::sc_module_name& name, const Layer& layer, int input_zero_point, int lanes);

  std::uint64_t operations() const { return operations_; }

 private:
  struct Channel {
    std::uint8_t largest = 0;
    std::int32_t sum = 0;
    std::size_t counted = 0;
  };

  void step();
  void take(std::size_t byte);
  std::uint8_t result(const Channel& channel) const;

  const Layer layer_;
  const int input_zero_point_;
  const std::size_t lanes_;
  std::size_t taps_ = 0;
  std::size_t taken_ = 0;  ///< bytes
  std::vector<Channel> channels_;
  std::uint64_t operations_ = 0;
};

}  // namespace reprise::rtl
