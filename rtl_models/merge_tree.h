#pragma once

#include <systemc>

#include <cstdint>
#include <vector>

#include "rtl_models/bus.h"

namespace reprise::rtl {

/// Adds the accumulators of a layer's engines, two by two, level by level, all outputs at once.
///
/// Models      an adder only where both sides have something: an engine passes outputs that it never adds to.
/// Timing      `merge_cycles` a level, ceil(log2 engines) levels, counted in cycles of `enable`.
/// Events      merge.add, one an adder, a window.
class MergeTree final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> begin{"begin"};                         ///< a new window
  sc_core::sc_in<bool> enable{"enable"};                       ///< all engines are through
  sc_core::sc_vector<sc_core::sc_in<Bus<std::int32_t>>> part;  ///< one an engine
  sc_core::sc_out<Bus<std::int32_t>> merged{"merged"};
  sc_core::sc_out<bool> complete{"complete"};  ///< the sums have passed the last level

  SC_HAS_PROCESS(MergeTree);
  /// @param adds_to [engine][output]: which outputs an engine adds to
  MergeTree(const sc_core::sc_module_name& name, const std::vector<std::vector<bool>>& adds_to, std::size_t outputs,
            int merge_cycles);

  std::uint64_t adds() const { return adds_; }

 private:
  struct Part {
    std::vector<std::int32_t> sums;
    std::vector<bool> used;
  };

  void merge();
  void look_ahead();
  void step();
  void add(Part& left, const Part& right);

  const std::vector<std::vector<bool>> adds_to_;
  const std::size_t outputs_;
  std::uint32_t latency_ = 0;
  sc_core::sc_signal<std::uint32_t> elapsed_{"elapsed", 0};
  std::uint64_t adds_ = 0;
};

}  // namespace reprise::rtl
