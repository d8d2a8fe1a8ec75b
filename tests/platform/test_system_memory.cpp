#include <random>

#include "platform/system_memory.h"
#include "tests/sc_test.h"
#include "tests/stub_initiator.h"

using namespace reprise;
using Bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::uint64_t kSize = 256;
const sc_core::sc_time kPeriod(833, sc_core::SC_PS);

struct Bench {
  SystemMemory memory{"memory", {kSize, kPeriod, 40, 8}};
  test::StubInitiator cpu{"cpu"};
  Bench() { cpu.socket.bind(memory.socket); }
};

void run(const std::function<void(Bench&)>& body) {
  test::run<Bench>(body, sc_core::sc_time(1, sc_core::SC_MS));
}

}  // namespace

TEST_CASE("memory keeps what is written, and each transaction takes its latency and its bytes") {
  run([](Bench& bench) {
    CHECK(bench.cpu.read(0, 3) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{0, 0, 0});
    CHECK(bench.cpu.write(5, {1, 2, 3}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.delay == kPeriod * 41);
    CHECK(bench.cpu.dmi_hint);
    CHECK(bench.cpu.read(4, 17) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.delay == kPeriod * 43);
    CHECK(bench.cpu.data == Bytes{0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    CHECK(sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME);
    Bytes data{9};
    CHECK(bench.cpu.send(tlm::TLM_IGNORE_COMMAND, 5, data) == tlm::TLM_OK_RESPONSE);
    CHECK(data == Bytes{9});
  });
}

TEST_CASE("byte enables repeat and streaming wraps") {
  run([](Bench& bench) {
    CHECK(bench.cpu.write(0, {1, 2, 3, 4, 5, 6}, {{0xFF, 0, 0xFF}, {}}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.read(0, 6) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{1, 0, 3, 4, 0, 6});
    CHECK(bench.cpu.read(0, 4, {{0, 0xFF}, {}}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{0xEE, 0, 0xEE, 4});
    CHECK(bench.cpu.write(10, {1, 2, 3, 4, 5}, {{}, 2}) == tlm::TLM_OK_RESPONSE);  // a port of two bytes
    CHECK(bench.cpu.read(10, 4) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{5, 4, 0, 0});
    CHECK(bench.cpu.read(10, 4, {{}, 2}) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == Bytes{5, 4, 5, 4});
  });
}

TEST_CASE("memory refuses what it does not hold") {
  run([](Bench& bench) {
    auto& cpu = bench.cpu;
    CHECK(cpu.write(kSize - 2, {1, 2}) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.write(kSize - 1, {1, 2}) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(cpu.read(kSize - 1, 8, {{}, 1}) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.read(kSize, 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(cpu.read(~std::uint64_t{0}, 2) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(cpu.read(0, kSize + 1) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(cpu.read(0, 0) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK(cpu.read(0, 4, {{}, 0}) == tlm::TLM_BURST_ERROR_RESPONSE);
    CHECK_FALSE(cpu.dmi_hint);
    CHECK(cpu.read(kSize - 2, 2) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.data == Bytes{1, 2});
  });
}

TEST_CASE("memory does what an array of bytes does") {
  run([](Bench& bench) {
    std::mt19937 random(20261);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    Bytes model(kSize);
    for (int i = 0; i < 5000; ++i) {
      const std::size_t address = below(kSize);
      Bytes data(1 + below(20));
      for (auto& byte : data) byte = static_cast<std::uint8_t>(below(256));
      Bytes enables(below(4));
      for (auto& enable : enables) enable = below(2) == 0 ? 0x00 : 0xFF;
      const std::size_t width = 1 + below(24);
      const bool write = below(2) == 0;
      const bool fits = address + std::min(width, data.size()) <= kSize;
      Bytes expected = data;
      for (std::size_t k = 0; fits && k < data.size(); ++k) {
        if (!enables.empty() && enables[k % enables.size()] == 0) continue;
        std::uint8_t& cell = model[address + k % width];
        (write ? cell : expected[k]) = write ? data[k] : cell;
      }
      const auto response = bench.cpu.send(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, address, data,
                                           {enables, static_cast<unsigned>(width)});
      INFO("access " << i);
      CHECK(response == (fits ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE));
      CHECK(data == expected);
    }
    CHECK(bench.cpu.read(0, kSize) == tlm::TLM_OK_RESPONSE);
    CHECK(bench.cpu.data == model);
  });
}

TEST_CASE("debug transport and DMI see the same bytes") {
  run([](Bench& bench) {
    Bytes data{1, 2, 3, 4};
    CHECK(bench.cpu.debug(tlm::TLM_WRITE_COMMAND, kSize - 3, data) == 3);
    Bytes back(4);
    CHECK(bench.cpu.debug(tlm::TLM_READ_COMMAND, kSize - 3, back) == 3);
    CHECK(back == Bytes{1, 2, 3, 0});
    CHECK(bench.cpu.debug(tlm::TLM_READ_COMMAND, kSize, back) == 0);
    tlm::tlm_dmi dmi;
    CHECK(bench.cpu.dmi(17, dmi));
    CHECK(dmi.is_read_write_allowed());
    CHECK(dmi.get_start_address() == 0);
    CHECK(dmi.get_end_address() == kSize - 1);
    CHECK(dmi.get_read_latency() == kPeriod * 41);
    CHECK(dmi.get_write_latency() == kPeriod * 41);
    CHECK(dmi.get_dmi_ptr()[kSize - 2] == 2);
    CHECK_FALSE(bench.cpu.dmi(kSize, dmi));
  });
}
