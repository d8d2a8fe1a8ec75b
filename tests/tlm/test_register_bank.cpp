#include <tlm_utils/simple_target_socket.h>

#include "tests/sc_test.h"
#include "tests/stub_initiator.h"
#include "tlm/register_bank.h"

using namespace reprise;
using Access = Register::Access;
using Bytes = std::vector<std::uint8_t>;

namespace {

const sc_core::sc_time kAccessTime(7, sc_core::SC_NS);

struct Bench : sc_core::sc_module {
  std::vector<std::uint64_t> written;
  std::uint64_t live = 0x0123456789ABCDEF;
  RegisterBank bank{{{0x10, "PAIR", 8, Access::read_write, 0, "low, high", {}, {}},
                     {0x00, "ID", 4, Access::read_only, 0x52505253, "who", {}, {}},
                     {0x08,
                      "CONTROL",
                      4,
                      Access::read_write,
                      5,
                      "what",
                      {},
                      [this](std::uint64_t value) { written.push_back(value); }},
                     {0x18, "LIVE", 8, Access::read_only, 0, "now", [this] { return live; }, {}}},
                    kAccessTime};
  tlm_utils::simple_target_socket<RegisterBank> socket{"socket"};
  test::StubInitiator cpu{"cpu"};

  explicit Bench(const sc_core::sc_module_name& name = "bench") : sc_module(name) {
    socket.register_b_transport(&bank, &RegisterBank::b_transport);
    socket.register_transport_dbg(&bank, &RegisterBank::transport_dbg);
    cpu.socket.bind(socket);
  }
};

void run(const std::function<void(Bench&)>& body) {
  test::run<Bench>(body, sc_core::sc_time(1, sc_core::SC_MS));
}

}  // namespace

TEST_CASE("registers are read and written little endian, with a delay and without waiting") {
  run([](Bench& bench) {
    CHECK(bench.cpu.read(0x00, 4) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{0x53, 0x52, 0x50, 0x52});
    CHECK(bench.cpu.delay == kAccessTime);
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
    CHECK(bench.cpu.write(0x08, {1, 2, 3, 4}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.written == std::vector<std::uint64_t>{0x04030201});
    CHECK(bench.bank.value(0x08) == 0x04030201);
    bench.bank.reset();
    CHECK(bench.bank.value(0x08) == 5);
  });
}

TEST_CASE("a pair of registers is accessed by halves or at once") {
  run([](Bench& bench) {
    CHECK(bench.cpu.write(0x10, {1, 2, 3, 4, 5, 6, 7, 8}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.write(0x14, {9, 9, 9, 9}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.bank.value(0x10) == 0x0909090904030201);
    CHECK(bench.cpu.read(0x14, 4) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{9, 9, 9, 9});
    CHECK(bench.cpu.read(0x18, 8) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01});
    CHECK(bench.cpu.read(0x1C, 4) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{0x67, 0x45, 0x23, 0x01});
  });
}

TEST_CASE("a wrong register access gets the response that the specification names") {
  run([](Bench& bench) {
    auto& cpu = bench.cpu;
    for (const std::uint64_t hole : {0x04ULL, 0x0CULL, 0x20ULL, 0xFFFFFFFFFFFFFFFCULL})
      CHECK(cpu.read(hole, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    for (const std::size_t length : {0U, 1U, 2U, 3U, 5U, 8U, 12U})
      CHECK(cpu.read(0x00, length) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(cpu.read(0x02, 4) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(cpu.read(0x14, 8) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(cpu.read(0x10, 16) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(cpu.read(0x10, 8, {{}, 4}) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(cpu.read(0x10, 4, {{}, 8}) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.write(0x00, {0, 0, 0, 0}) == tlm::TLM_COMMAND_ERROR_RESPONSE);
    CHECK(cpu.read(0x08, 4, {{0xFF, 0xFF, 0xFF, 0xFF}, {}}) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    CHECK(cpu.write(0x08, {0, 0}) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(bench.written.empty());
    CHECK(bench.bank.value(0x08) == 5);
  });
}

TEST_CASE("an ignored command to a register changes nothing and DMI is never granted") {
  run([](Bench& bench) {
    Bytes data{1, 2, 3, 4};
    CHECK(bench.cpu.send(tlm::TLM_IGNORE_COMMAND, 0x08, data) == tlm::TLM_OK_RESPONSE);
    CHECK(data == Bytes{1, 2, 3, 4});
    CHECK(bench.bank.value(0x08) == 5);
    CHECK_FALSE(bench.cpu.dmi_hint);
    tlm::tlm_dmi dmi;
    CHECK_FALSE(bench.cpu.dmi(0x08, dmi));
  });
}

TEST_CASE("debug transport reads registers and writes none") {
  run([](Bench& bench) {
    Bytes data(4);
    CHECK(bench.cpu.debug(tlm::TLM_READ_COMMAND, 0x08, data) == 4);
    CHECK(data == Bytes{5, 0, 0, 0});
    CHECK(bench.cpu.debug(tlm::TLM_WRITE_COMMAND, 0x08, data) == 0);
    CHECK(bench.cpu.debug(tlm::TLM_READ_COMMAND, 0x04, data) == 0);
    Bytes odd(3);
    CHECK(bench.cpu.debug(tlm::TLM_READ_COMMAND, 0x08, odd) == 0);
    CHECK(bench.written.empty());
  });
}

TEST_CASE("a register map that overlaps or is misaligned is a fault of the program") {
  const auto bank = [](std::uint64_t a, unsigned a_bytes, std::uint64_t b, unsigned b_bytes) {
    RegisterBank(
        {{a, "A", a_bytes, Access::read_write, 0, "", {}, {}}, {b, "B", b_bytes, Access::read_write, 0, "", {}, {}}},
        kAccessTime);
  };
  CHECK_NOTHROW(bank(0, 8, 8, 4));
  CHECK_THROWS_AS(bank(0, 8, 4, 4), std::logic_error);
  CHECK_THROWS_AS(bank(8, 4, 8, 4), std::logic_error);
  CHECK_THROWS_AS(bank(0, 4, 4, 8), std::logic_error);
  CHECK_THROWS_AS(bank(0, 4, 6, 4), std::logic_error);
  CHECK_THROWS_AS(bank(0, 4, 4, 2), std::logic_error);
}

TEST_CASE("the register map prints as a Markdown table") {
  run([](Bench& bench) {
    CHECK(bench.bank.markdown() ==
          "| offset | name | access | meaning |\n|---|---|---|---|\n| 0x00 | ID | r | who |\n| 0x08 | CONTROL | rw | "
          "what "
          "|\n| 0x10, 0x14 | PAIR | rw | low, high |\n| 0x18, 0x1C | LIVE | r | now |\n");
  });
}
