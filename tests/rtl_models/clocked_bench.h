#pragma once

#include <systemc>

#include <cstdint>
#include <vector>

#include "../sc_test.h"
#include "rtl_models/bus.h"

namespace reprise::rtl::test {

/// A clock whose first edge comes after the first values are on the wires.
struct ClockedBench {
  /// From the middle of a cycle to the middle of the next (or a later one), where all wires have settled.
  void tick(int cycles = 1) {
    for (int i = 0; i < cycles; ++i) sc_core::wait(clock.negedge_event());
  }

  sc_core::sc_clock clock{"clock", sc_core::sc_time(1, sc_core::SC_NS), 0.5, sc_core::sc_time(1, sc_core::SC_NS)};
};

const sc_core::sc_time kLimit{10, sc_core::SC_MS};

/// How many errors `body` reports. They do not throw meanwhile: that would pass the stacks of SystemC's threads.
template <class Body>
int errors_in(Body body) {
  const auto actions = sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_DO_NOTHING);
  const int before = sc_core::sc_report_handler::get_count(sc_core::SC_ERROR);
  body();
  sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, actions);
  return sc_core::sc_report_handler::get_count(sc_core::SC_ERROR) - before;
}

template <class T>
Bus<T> bus(std::vector<T> lanes) {
  return Bus<T>(std::move(lanes));
}

}  // namespace reprise::rtl::test
