#include "platform/bus.h"
#include "platform/system_memory.h"
#include "support/error.h"
#include "tests/sc_test.h"
#include "tests/stub_initiator.h"

using namespace reprise;
using Bytes = std::vector<std::uint8_t>;

namespace {

const sc_core::sc_time kPeriod(1, sc_core::SC_NS);
constexpr std::uint64_t kLow = 0x1000;
constexpr std::uint64_t kHigh = ~std::uint64_t{0} - 63;  // up to the end of the address space

/// Grants more than its range, and takes it back when told.
struct WideTarget : sc_core::sc_module {
  tlm_utils::simple_target_socket<WideTarget> socket{"socket"};
  std::uint8_t bytes[256] = {};

  explicit WideTarget(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_b_transport(this, &WideTarget::b_transport);
    socket.register_get_direct_mem_ptr(this, &WideTarget::get_direct_mem_ptr);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    if (payload.get_address() >= 64) return false;
    dmi.set_dmi_ptr(bytes);
    dmi.set_start_address(0);
    dmi.set_end_address(255);
    dmi.allow_read();
    return true;
  }
};

struct Bench {
  SystemMemory low{"low", {256, kPeriod, 40, 8}};
  WideTarget wide{"wide"};
  SystemMemory high{"high", {64, kPeriod, 40, 8}};
  Bus bus{"bus", 2, {{kLow, 256}, {0x2000, 128}, {kHigh, 64}}};
  test::StubInitiator a{"a"};
  test::StubInitiator b{"b"};
  Bench() {
    a.socket.bind(bus.initiators[0]);
    b.socket.bind(bus.initiators[1]);
    bus.targets[0].bind(low.socket);
    bus.targets[1].bind(wide.socket);
    bus.targets[2].bind(high.socket);
  }
};

void run(const std::function<void(Bench&)>& body) {
  test::run<Bench>(body, sc_core::sc_time(1, sc_core::SC_MS));
}

}  // namespace

TEST_CASE("the bus finds the target, whoever asks, and gives the address back as it was") {
  run([](Bench& bench) {
    CHECK(bench.a.write(kLow + 3, {1, 2}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.a.address_after == kLow + 3);
    CHECK(bench.a.delay == kPeriod * 41);  // the bus adds nothing
    CHECK(bench.b.read(kLow + 3, 2) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.b.data == Bytes{1, 2});
    CHECK(bench.b.write(kHigh + 62, {3, 4}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.a.read(kHigh + 62, 2) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.a.data == Bytes{3, 4});
    CHECK(bench.a.read(0x2000, 4) == tlm::TLM_GENERIC_ERROR_RESPONSE);
  });
}

TEST_CASE("holes, and bursts across the end of a target, get an address error") {
  run([](Bench& bench) {
    for (const std::uint64_t hole : {std::uint64_t{0}, kLow - 1, kLow + 256, std::uint64_t{0x2080}, kHigh - 1}) {
      CHECK(bench.a.read(hole, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
      CHECK_FALSE(bench.a.dmi_hint);
    }
    CHECK(bench.a.read(kLow + 252, 4) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.a.read(kLow + 253, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(bench.a.read(kLow - 1, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(bench.a.read(0x207E, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);  // refused before a larger target sees it
    CHECK(bench.a.read(kHigh + 63, 2) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(bench.a.read(kLow + 253, 8, {{}, 2}) == tlm::TLM_OK_RESPONSE);  // streams within two bytes
  });
}

TEST_CASE("debug transport through the bus ends where the target ends") {
  run([](Bench& bench) {
    Bytes data{1, 2, 3, 4};
    CHECK(bench.a.debug(tlm::TLM_WRITE_COMMAND, kLow + 253, data) == 3);
    Bytes back(4);
    CHECK(bench.b.debug(tlm::TLM_READ_COMMAND, kLow + 253, back) == 3);
    CHECK(back == Bytes{1, 2, 3, 0});
    CHECK(bench.a.debug(tlm::TLM_READ_COMMAND, 0, back) == 0);
    Bytes none;
    CHECK(bench.a.debug(tlm::TLM_READ_COMMAND, kLow, none) == 0);
  });
}

TEST_CASE("DMI through the bus has the initiator's addresses and stays within the range") {
  run([](Bench& bench) {
    tlm::tlm_dmi dmi;
    CHECK(bench.a.dmi(kLow + 10, dmi));
    CHECK(dmi.get_start_address() == kLow);
    CHECK(dmi.get_end_address() == kLow + 255);
    CHECK(bench.a.write(kLow + 10, {77}) == tlm::TLM_OK_RESPONSE);
    CHECK(dmi.get_dmi_ptr()[10] == 77);
    CHECK(bench.a.dmi(0x2000, dmi));
    CHECK(dmi.get_start_address() == 0x2000);
    CHECK(dmi.get_end_address() == 0x207F);
    CHECK_FALSE(dmi.is_write_allowed());
    CHECK_FALSE(bench.a.dmi(0x2040, dmi));
    CHECK(dmi.get_end_address() == 0x207F);
    CHECK_FALSE(bench.a.dmi(0x3000, dmi));
    CHECK(dmi.get_start_address() == 0x3000);
    CHECK(dmi.get_end_address() == 0x3000);
  });
}

TEST_CASE("an invalidation of DMI reaches every initiator in its addresses") {
  run([](Bench& bench) {
    using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
    bench.wide.socket->invalidate_direct_mem_ptr(16, 255);
    bench.wide.socket->invalidate_direct_mem_ptr(128, 255);  // outside of what the bus shows of it
    const Ranges expected{{0x2010, 0x207F}};
    CHECK(bench.a.invalidated == expected);
    CHECK(bench.b.invalidated == expected);
  });
}

namespace {

struct SharedBench {
  SystemMemory memory{"memory", {256, kPeriod, 40, 8}};
  SystemMemory other{"other", {256, kPeriod, 40, 8}};
  Bus bus{"bus", 2, {{0, 256}, {256, 256}}, Bus::Sharing::one_at_a_time};
  test::StubInitiator a{"a"};
  test::StubInitiator b{"b"};
  SharedBench() {
    a.socket.bind(bus.initiators[0]);
    b.socket.bind(bus.initiators[1]);
    bus.targets[0].bind(memory.socket);
    bus.targets[1].bind(other.socket);
  }
};

}  // namespace

TEST_CASE("a shared target serves one transaction after another, and others at the same time") {
  test::run<SharedBench>(
      [](SharedBench& bench) {
        CHECK(bench.a.write(0, {1}) == tlm::TLM_OK_RESPONSE);
        CHECK(bench.a.delay == kPeriod * 41);
        CHECK(bench.b.write(0, {1}) == tlm::TLM_OK_RESPONSE);
        CHECK(bench.b.delay == kPeriod * 82);
        CHECK(bench.b.write(256, {1}) == tlm::TLM_OK_RESPONSE);
        CHECK(bench.b.delay == kPeriod * 41);
        sc_core::wait(kPeriod * 50);
        CHECK(bench.a.write(0, {1}) == tlm::TLM_OK_RESPONSE);  // begins at 82
        CHECK(bench.a.delay == kPeriod * 73);
        CHECK(bench.bus.waited() == kPeriod * (41 + 32));
        sc_core::wait(kPeriod * 73);
        CHECK(bench.b.read(0, 1) == tlm::TLM_OK_RESPONSE);
        CHECK(bench.b.delay == kPeriod * 41);
      },
      sc_core::sc_time(1, sc_core::SC_MS));
}

TEST_CASE("a bus map that makes no sense is refused") {
  const auto refuse = [](std::vector<Bus::Range> map) { CHECK_THROWS_AS(Bus("bus", 1, std::move(map)), InputError); };
  refuse({{0, 16}, {15, 1}});
  refuse({{8, 8}, {0, 9}});
  refuse({{0, 16}, {4, 4}});
  refuse({{0, 0}});
  refuse({{~std::uint64_t{0}, 2}});
}
