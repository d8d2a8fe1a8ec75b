#pragma once

#include <catch2/catch.hpp>
#include <systemc>

#include <functional>
#include <memory>
#include <utility>

namespace reprise::test {

/// SystemC elaborates once a kernel: for tests that simulate many times.
inline void renew_kernel() {
  static std::unique_ptr<sc_core::sc_simcontext> kernel;
  auto fresh = std::make_unique<sc_core::sc_simcontext>();
  sc_core::sc_default_global_context = sc_core::sc_curr_simcontext = fresh.get();
  kernel = std::move(fresh);
}

/// SystemC elaborates once a process; under ctest every TEST_CASE is one. This renews the kernel for those who run
/// the whole program at once (the old one leaks).
inline void ensure_fresh_kernel() {
  if (sc_core::sc_curr_simcontext != nullptr && sc_core::sc_get_status() != sc_core::SC_ELABORATION)
    sc_core::sc_default_global_context = sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
}

/// Builds a Bench and runs `body` in a thread of it until `limit`. Use CHECK in the body, not REQUIRE: nothing may
/// be thrown through the kernel. A body that hangs fails.
template <class Bench, class... Args>
void run(const std::function<void(Bench&)>& body, sc_core::sc_time limit, Args&&... args) {
  ensure_fresh_kernel();
  Bench bench{std::forward<Args>(args)...};
  bool done = false;
  sc_core::sc_spawn(
      [&] {
        body(bench);
        done = true;
        sc_core::sc_stop();
      },
      "stimulus");
  sc_core::sc_start(limit);
  INFO("at " << sc_core::sc_time_stamp());
  CHECK(done);
}

}  // namespace reprise::test
