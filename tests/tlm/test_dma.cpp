#include <tlm_utils/simple_target_socket.h>

#include "tests/sc_test.h"
#include "tlm/dma.h"
#include "tlm/events.h"

using namespace reprise;

namespace {

const sc_core::sc_time kPeriod(833, sc_core::SC_PS);

/// Remembers the transactions, waits and annotates as told.
struct Memory : sc_core::sc_module {
  tlm_utils::simple_target_socket<Memory> socket{"socket"};
  sc_core::sc_time waits;
  sc_core::sc_time annotates;
  tlm::tlm_response_status response = tlm::TLM_OK_RESPONSE;
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(64);
  int transactions = 0;

  explicit Memory(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_b_transport(this, &Memory::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    ++transactions;
    wait(waits);
    delay += annotates;
    CHECK(payload.get_streaming_width() == payload.get_data_length());
    CHECK(payload.get_byte_enable_ptr() == nullptr);
    CHECK(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE);
    for (unsigned i = 0; i < payload.get_data_length(); ++i) {
      std::uint8_t& cell = bytes.at(payload.get_address() + i);
      if (payload.is_read()) payload.get_data_ptr()[i] = cell;
      if (payload.is_write()) cell = payload.get_data_ptr()[i];
    }
    payload.set_response_status(response);
  }
};

struct Bench {
  Dma dma{"dma", kPeriod};
  Memory memory{"memory"};
  Bench() { dma.memory.bind(memory.socket); }
};

}  // namespace

TEST_CASE("the DMA moves a row in one transaction and charges the time that the memory takes") {
  test::run<Bench>(
      [](Bench& bench) {
        const std::vector<std::uint8_t> row{1, 2, 3, 4, 5};
        bench.memory.annotates = kPeriod * 41;
        const Dma::Transfer written = bench.dma.write(7, row.data(), row.size());
        CHECK(written.ok());
        CHECK(written.cycles == 41);
        CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);

        bench.memory.annotates = kPeriod * 2 + sc_core::sc_time(1, sc_core::SC_PS);  // a part of a cycle is a cycle
        bench.memory.waits = kPeriod * 3;
        std::vector<std::uint8_t> back(5);
        const Dma::Transfer read = bench.dma.read(7, back.data(), back.size());
        CHECK(read.cycles == 6);
        CHECK(back == row);
        CHECK(bench.memory.transactions == 2);

        bench.memory.response = tlm::TLM_ADDRESS_ERROR_RESPONSE;
        const Dma::Transfer refused = bench.dma.read(0, back.data(), back.size());
        CHECK_FALSE(refused.ok());
        CHECK(refused.status == tlm::TLM_ADDRESS_ERROR_RESPONSE);
      },
      sc_core::sc_time(1, sc_core::SC_MS));
}

TEST_CASE("event names are unique and found again") {
  for (std::size_t i = 0; i < kEventCount; ++i) {
    const auto event = static_cast<Event>(i);
    CHECK(find_event(event_name(event)) == event);
  }
  CHECK_FALSE(find_event("adc.converts"));
  CHECK_FALSE(find_event(""));
  CHECK(std::string(event_name(Event::schedule_read)) == "schedule.read");
  CHECK(std::string(event_name(Event::dma_transfer)) == "dma.transfer");
}

TEST_CASE("event counts add up by event") {
  EventCounts a;
  EventCounts b;
  a[Event::adc_convert] = 3;
  b[Event::adc_convert] = 4;
  b[Event::router_hop] = 1;
  a += b;
  CHECK(a[Event::adc_convert] == 7);
  CHECK(a[Event::router_hop] == 1);
  CHECK(a != b);
}
