// An engine at transaction level, by hand: docs/machine.md, sections 3 and 6.
#include <tlm_utils/simple_initiator_socket.h>
#include <catch2/catch.hpp>

#include <vector>

#include "tests/sc_test.h"
#include "tests/tlm/worked_example.h"
#include "tlm/processing_engine.h"

using namespace reprise;

namespace {

struct Bench : sc_core::sc_module {
  explicit Bench(const LayerMapping& mapping, const sc_core::sc_module_name& name = "bench")
      : sc_module(name), engine("pe0", 0, EngineSchedule(mapping, mapping.engines[0], {}, {}, 0, 0)) {
    socket.bind(engine.socket);
  }

  /// Of windows with so many live bits each.
  std::vector<Cycle> run(const std::vector<std::uint8_t>& live_bits) {
    InputActivity activity(live_bits.size(), 1, false);
    for (std::size_t w = 0; w < live_bits.size(); ++w) *activity.live_bits(w) = live_bits[w];
    activity.sum_up();
    totals.add(activity);
    EngineJob job;
    job.windows = live_bits.size();
    job.activity = &activity;
    job.so_far = &totals;
    transport_extension(*socket.operator->(), tlm::TLM_WRITE_COMMAND, job);
    return job.cycles;
  }

  ProcessingEngine engine;
  ActivityTotals totals;
  tlm_utils::simple_initiator_socket<Bench, 32, ExtensionProtocol<EngineJob>> socket{"socket"};
};

}  // namespace

TEST_CASE("an engine counts all windows of all its jobs") {
  const LayerMapping mapping = test::worked_example();
  test::run<Bench>(
      [](Bench& bench) {
        CHECK(bench.engine.work().activations == 0);
        CHECK(bench.engine.causes().total() == 0);
        // Load 1, fill 40, 18 a live bit and 1 for each of the others of eight.
        CHECK(bench.run({3, 0}) == std::vector<Cycle>{1 + 40 + 54 + 5, 1 + 8});
        CHECK(bench.run({1}) == std::vector<Cycle>{1 + 40 + 18 + 7});
        CHECK(bench.engine.work().activations == 8);
        CHECK(bench.engine.work().dropped_activations == 40);
        CHECK(bench.engine.work().events[Event::adc_convert] == 64);
        CHECK(bench.engine.work().events[Event::input_register_write] == 27);
        const CycleCounts causes = bench.engine.causes();
        CHECK(causes[CycleCause::load] == 3);
        CHECK(causes[CycleCause::fill] == 80);
        CHECK(causes[CycleCause::busy] == 64);
        CHECK(causes[CycleCause::scatter] == 8);
        CHECK(causes[CycleCause::dropped] == 20);
        CHECK(causes.total() == 100 + 9 + 66);
      },
      sc_core::sc_time(1, sc_core::SC_MS), mapping);
}

TEST_CASE("an engine refuses a job by which it could not count") {
  const LayerMapping mapping = test::worked_example();
  test::run<Bench>(
      [](Bench& bench) {
        EngineJob job;
        RecycledPayload payload(job);
        (*payload).set_command(tlm::TLM_WRITE_COMMAND);
        sc_core::sc_time delay;
        bench.socket->b_transport(*payload, delay);
        CHECK((*payload).get_response_status() == tlm::TLM_COMMAND_ERROR_RESPONSE);
      },
      sc_core::sc_time(1, sc_core::SC_MS), mapping);
}
