#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/network.h"
#include "rtl_models/bus.h"

namespace reprise::rtl {

/// From a layer's merged accumulators to stored activations, `lanes` outputs a cycle.
///
/// Models      initial sum, fixed-point factor (a second set for sums below zero), zero point, clamp.
/// Timing      ceil(outputs / lanes) cycles of `enable`.
/// Events      requantise.op, one an output.
class Requantiser final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> begin{"begin"};    ///< a new window
  sc_core::sc_in<bool> enable{"enable"};  ///< the sums are there
  sc_core::sc_in<Bus<std::int32_t>> sums{"sums"};
  sc_core::sc_out<Bus<std::uint8_t>> output{"output"};  ///< written back lane by lane
  sc_core::sc_out<bool> last{"last"};                   ///< at the next edge all outputs are there

  SC_HAS_PROCESS(Requantiser);
  /// @param layer a convolution
  Requantiser(const sc_core::sc_module_name& name, const Layer& layer, const std::vector<std::int32_t>& initial_sums,
              int lanes);

  std::uint64_t operations() const { return operations_; }

 private:
  void step();
  void look_ahead();
  std::uint8_t requantised(std::size_t channel) const;

  const Layer layer_;
  const std::vector<std::int32_t> initial_sums_;
  const std::size_t lanes_;
  sc_core::sc_signal<std::uint32_t> written_{"written", 0};  ///< outputs
  std::uint64_t operations_ = 0;
};

}  // namespace reprise::rtl
