// The accelerator, the bus and the memory as strict and as hostile initiators see them, every link watched.
#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "platform/accelerator.h"
#include "platform/bus.h"
#include "platform/reprise_registers.h"
#include "platform/system_memory.h"
#include "tests/platform/at_initiator.h"
#include "tests/platform/tiny_network.h"
#include "tests/sc_test.h"
#include "tests/stub_initiator.h"
#include "tlm/protocol_checker.h"

using namespace reprise;
using namespace reprise::test;
using Bytes = std::vector<std::uint8_t>;

namespace {

constexpr std::uint64_t kMemory = 0x1000, kMemoryBytes = 0x1000;
constexpr std::uint8_t kStart = REPRISE_CONTROL_START | REPRISE_CONTROL_INTERRUPT_ENABLE;
const sc_core::sc_time kPeriod(1, sc_core::SC_NS);
const sc_core::sc_time kLimit(10, sc_core::SC_SEC);

MachineConfig machine_for(int images) {
  MachineConfig machine;
  machine.clock_mhz = 1000.0;
  machine.images_in_flight = images;
  return machine;
}

const WeightImage& image() {
  static const WeightImage made = [] {
    WeightImage one = empty_image({1, 1, 1});
    add_convolution(one, "layer", kNetworkInput, {}, {1, 1, 1}, kOne, 0);
    return one;
  }();
  return made;
}

struct Bench : sc_core::sc_module {
  explicit Bench(int images = 1, const sc_core::sc_module_name& name = "bench")
      : Bench(image(), machine_for(images), name) {}
  Bench(const WeightImage& network, const MachineConfig& machine, const sc_core::sc_module_name& name)
      : sc_module(name), accelerator("accelerator", network, machine) {
    cpu.socket.bind(cpu_link.target);
    cpu_link.initiator.bind(bus.initiators[0]);
    accelerator.memory.bind(dma_link.target);
    dma_link.initiator.bind(bus.initiators[1]);
    at.socket.bind(at_link.target);
    at_link.initiator.bind(bus.initiators[2]);
    bus.targets[0].bind(register_link.target);
    register_link.initiator.bind(accelerator.registers);
    bus.targets[1].bind(memory_link.target);
    memory_link.initiator.bind(memory.socket);
    accelerator.interrupt(interrupt);
  }
  void check_rules() const {
    for (const ProtocolChecker<>* link : {&cpu_link, &dma_link, &at_link, &register_link, &memory_link}) {
      for (const std::string& violation : link->rules().violations()) FAIL_CHECK(violation);
    }
  }
  std::uint64_t value(std::uint64_t offset, std::size_t bytes = 4) {
    CHECK(cpu.read(offset, bytes) == tlm::TLM_OK_RESPONSE);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < bytes; ++i) number |= std::uint64_t{cpu.data[i]} << (8 * i);
    return number;
  }
  void start(std::uint64_t input, std::uint64_t output) {
    const auto address = [](std::uint64_t a) {
      return Bytes{static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(a >> 8U), 0, 0};
    };
    CHECK(cpu.write(REPRISE_INPUT_ADDRESS, address(input)) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.write(REPRISE_OUTPUT_ADDRESS, address(output)) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.write(REPRISE_CONTROL, {kStart, 0, 0, 0}) == tlm::TLM_OK_RESPONSE);
  }
  void reset() { CHECK(cpu.write(REPRISE_CONTROL, {REPRISE_CONTROL_RESET, 0, 0, 0}) == tlm::TLM_OK_RESPONSE); }
  void until_interrupt() {
    if (!interrupt.read()) sc_core::wait(interrupt.posedge_event());
  }
  /// An image at the first byte of memory still comes through right.
  void check_works() {
    CHECK(cpu.write(kMemory, {8, 0}) == tlm::TLM_OK_RESPONSE);
    start(kMemory, kMemory + 1);
    until_interrupt();
    CHECK(value(REPRISE_STATUS) == REPRISE_STATUS_DONE);
    CHECK(value(REPRISE_CYCLES, 8) == 149);
    CHECK(cpu.read(kMemory + 1, 1) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.data == Bytes{8});
    CHECK(cpu.write(REPRISE_CONTROL, {REPRISE_CONTROL_CLEAR_DONE, 0, 0, 0}) == tlm::TLM_OK_RESPONSE);
    sc_core::wait(2, sc_core::SC_NS);
  }

  StubInitiator cpu{"cpu"};
  AtInitiator at{"at"};
  ProtocolChecker<> cpu_link{"cpu_link"}, dma_link{"dma_link"}, at_link{"at_link"}, register_link{"register_link"},
      memory_link{"memory_link"};
  Bus bus{"bus", 3, {{0, 0x100}, {kMemory, kMemoryBytes}}};
  SystemMemory memory{"memory", {kMemoryBytes, kPeriod, 40, 8}};
  sc_core::sc_signal<bool> interrupt{"interrupt"};
  Accelerator accelerator;
};

/// What an initiator may get wrong or do in an unusual way, and the answer that it is due.
struct Access {
  const char* what;
  tlm::tlm_command command;
  std::uint64_t address;
  unsigned length;
  tlm::tlm_response_status expected;
  unsigned streaming_width = 0;  ///< 0: the length
  Bytes enables = {};
  bool no_data = false;
  bool no_enables_length = false;
  bool zero_streaming_width = false;
};

constexpr auto R = tlm::TLM_READ_COMMAND, W = tlm::TLM_WRITE_COMMAND, I = tlm::TLM_IGNORE_COMMAND;
constexpr auto kOk = tlm::TLM_OK_RESPONSE, kAddress = tlm::TLM_ADDRESS_ERROR_RESPONSE,
               kCommand = tlm::TLM_COMMAND_ERROR_RESPONSE, kBurst = tlm::TLM_BURST_ERROR_RESPONSE,
               kEnable = tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE, kGeneric = tlm::TLM_GENERIC_ERROR_RESPONSE;

const std::vector<Access>& accesses() {
  static const std::vector<Access> all = {
      {"a hole after the registers", R, 0x48, 4, kAddress},
      {"the last word of the registers' range", R, 0xFC, 4, kAddress},
      {"below memory", R, kMemory - 4, 4, kAddress},
      {"between the targets", W, 0x800, 4, kAddress},
      {"after memory", R, kMemory + kMemoryBytes, 1, kAddress},
      {"across the end of memory", W, kMemory + kMemoryBytes - 2, 4, kAddress},
      {"across the end of the registers", R, 0xFC, 8, kAddress},
      {"the end of the address space", R, ~std::uint64_t{0}, 1, kAddress},
      {"around the end of the address space", W, ~std::uint64_t{0}, 8, kAddress},
      {"the highest aligned word", R, ~std::uint64_t{3}, 4, kAddress},
      {"more than memory", R, kMemory, kMemoryBytes + 1, kAddress},
      {"a write to ID", W, REPRISE_ID, 4, kCommand},
      {"a write to VERSION", W, REPRISE_VERSION, 4, kCommand},
      {"a write to STATUS", W, REPRISE_STATUS, 4, kCommand},
      {"a write to INPUT_BYTES", W, REPRISE_INPUT_BYTES, 4, kCommand},
      {"a write to CYCLES", W, REPRISE_CYCLES, 8, kCommand},
      {"a write to half of CYCLES", W, REPRISE_CYCLES + 4, 4, kCommand},
      {"a write to IMAGES", W, REPRISE_IMAGES, 4, kCommand},
      {"a byte of a register", R, REPRISE_ID, 1, kBurst},
      {"half a register", R, REPRISE_ID, 2, kBurst},
      {"three bytes of a register", R, REPRISE_ID, 3, kBurst},
      {"a register, not aligned", R, REPRISE_ID + 1, 4, kBurst},
      {"a register, half aligned", R, REPRISE_ID + 2, 4, kBurst},
      {"two registers at once", R, REPRISE_ID, 8, kBurst},
      {"a burst of registers", R, REPRISE_ID, 16, kBurst},
      {"a pair from its high half", R, REPRISE_INPUT_ADDRESS + 4, 8, kBurst},
      {"more than a pair", W, REPRISE_INPUT_ADDRESS, 16, kBurst},
      {"an odd number of bytes of a pair", W, REPRISE_INPUT_ADDRESS, 5, kBurst},
      {"a byte of CONTROL", W, REPRISE_CONTROL, 1, kBurst},
      {"a register that streams", R, REPRISE_ID, 4, kBurst, 2},
      {"a pair that streams", W, REPRISE_INPUT_ADDRESS, 8, kBurst, 4},
      {"a register with a wide streaming width", R, REPRISE_ID, 4, kOk, 64},
      {"nothing of a register", R, REPRISE_ID, 0, kBurst},
      {"nothing of memory", R, kMemory, 0, kBurst},
      {"nothing written to memory", W, kMemory, 0, kBurst},
      {"a register with byte enables", W, REPRISE_CONTROL, 4, kEnable, 0, {0xFF, 0, 0, 0}},
      {"a register with all bytes enabled", R, REPRISE_ID, 4, kEnable, 0, {0xFF, 0xFF, 0xFF, 0xFF}},
      {"memory with byte enables", W, kMemory, 4, kOk, 0, {0, 0xFF}},
      {"memory with more enables than bytes", R, kMemory, 2, kOk, 0, {0xFF, 0xFF, 0xFF, 0xFF}},
      {"memory with no byte enabled", W, kMemory, 4, kOk, 0, {0}},
      {"memory with enables of length 0", W, kMemory, 4, kEnable, 0, {0xFF}, false, true},
      {"a register with enables of length 0", R, REPRISE_ID, 4, kEnable, 0, {0xFF}, false, true},
      {"memory without a data pointer", W, kMemory, 4, kGeneric, 0, {}, true},
      {"memory read without a data pointer", R, kMemory, 4, kGeneric, 0, {}, true},
      {"a register without a data pointer", R, REPRISE_ID, 4, kGeneric, 0, {}, true},
      {"CONTROL written without a data pointer", W, REPRISE_CONTROL, 4, kGeneric, 0, {}, true},
      {"a streaming width of 0 to memory", W, kMemory, 4, kBurst, 0, {}, false, false, true},
      {"a streaming width of 0 to a register", R, REPRISE_ID, 4, kBurst, 0, {}, false, false, true},
      {"memory that streams to its last byte", W, kMemory + kMemoryBytes - 1, 8, kOk, 1},
      {"memory that streams across its end", W, kMemory + kMemoryBytes - 1, 8, kAddress, 2},
      {"memory, not aligned", R, kMemory + 3, 7, kOk},
      {"all of memory", R, kMemory, kMemoryBytes, kOk},
      {"nothing asked of a register", I, REPRISE_CONTROL, 4, kOk},
      {"nothing asked of memory", I, kMemory, 4, kOk},
      {"nothing asked of a hole", I, 0x800, 4, kAddress},
  };
  return all;
}

tlm::tlm_response_status send(Bench& bench, Access access, bool& dmi_hint) {
  Bytes data(std::max(access.length, 16U), 0x5A);
  tlm::tlm_generic_payload payload;
  payload.set_command(access.command);
  payload.set_address(access.address);
  payload.set_data_ptr(access.no_data ? nullptr : data.data());
  payload.set_data_length(access.length);
  if (access.streaming_width == 0) access.streaming_width = access.length;
  payload.set_streaming_width(access.zero_streaming_width ? 0 : access.streaming_width);
  if (!access.enables.empty()) {
    payload.set_byte_enable_ptr(access.enables.data());
    payload.set_byte_enable_length(access.no_enables_length ? 0 : static_cast<unsigned>(access.enables.size()));
  }
  sc_core::sc_time delay;
  bench.cpu.socket->b_transport(payload, delay);
  dmi_hint = payload.is_dmi_allowed();
  return payload.get_response_status();
}

}  // namespace

TEST_CASE("illegal and unusual accesses get the response that the standard defines, and nothing stops") {
  CHECK(accesses().size() >= 40);
  test::run<Bench>(
      [](Bench& bench) {
        for (const Access& access : accesses()) {
          INFO(access.what);
          bool dmi_hint = false;
          CHECK(send(bench, access, dmi_hint) == access.expected);
          if (access.expected != kOk) CHECK_FALSE(dmi_hint);
        }
        CHECK(bench.value(REPRISE_CONTROL) == 0);
        CHECK(bench.value(REPRISE_INPUT_ADDRESS, 8) == 0);
        bench.check_works();
      },
      kLimit);
}

TEST_CASE("illegal debug accesses and requests for direct memory are refused, and nothing stops") {
  test::run<Bench>(
      [](Bench& bench) {
        const auto debug = [&](std::uint64_t address, unsigned length, bool with_data) {
          Bytes data(16);
          tlm::tlm_generic_payload payload;
          payload.set_command(tlm::TLM_READ_COMMAND);
          payload.set_address(address);
          payload.set_data_length(length);
          payload.set_data_ptr(with_data ? data.data() : nullptr);
          const unsigned done = bench.cpu.socket->transport_dbg(payload);
          CHECK(payload.get_data_length() == length);
          return done;
        };
        CHECK(debug(kMemory, 4, false) == 0);
        CHECK(debug(REPRISE_ID, 4, false) == 0);
        CHECK(debug(REPRISE_ID, 3, true) == 0);
        CHECK(debug(0x800, 4, true) == 0);
        CHECK(debug(kMemory + kMemoryBytes - 1, 4, true) == 1);
        CHECK(debug(~std::uint64_t{0}, 4, true) == 0);
        tlm::tlm_dmi dmi;
        CHECK_FALSE(bench.cpu.dmi(REPRISE_CONTROL, dmi));
        CHECK_FALSE(bench.cpu.dmi(0x800, dmi));
        CHECK(bench.cpu.dmi(kMemory + 5, dmi));
        bench.check_works();
        bench.check_rules();
      },
      kLimit);
}

TEST_CASE("a million random legal transactions keep to the protocol on every link, while images run") {
  test::run<Bench>(
      [](Bench& bench) {
        std::mt19937 random(7);
        const auto below = [&](std::uint64_t n) {
          return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random);
        };
        constexpr std::uint64_t kFree = 16;  // bytes at the beginning of memory that images use
        Bytes model(kMemoryBytes);
        std::uint64_t images = 0;
        for (int i = 0; i < 1000000; ++i) {
          const std::uint64_t address = kFree + below(kMemoryBytes - kFree);
          Bytes data(1 + below(std::min<std::uint64_t>(24, kMemoryBytes - address)));
          const auto width = static_cast<unsigned>(1 + below(data.size()));
          Bytes enables(below(3));
          for (auto& enable : enables) enable = below(2) == 0 ? 0x00 : 0xFF;
          const bool write = below(2) == 0;
          if (write) {
            for (auto& byte : data) byte = static_cast<std::uint8_t>(below(256));
          }
          Bytes expected = data;
          for (std::size_t k = 0; k < data.size(); ++k) {
            if (!enables.empty() && enables[k % enables.size()] == 0) continue;
            std::uint8_t& cell = model[address + k % width];
            (write ? cell : expected[k]) = write ? data[k] : cell;
          }
          if (bench.cpu.send(write ? W : R, kMemory + address, data, {enables, width}) != kOk || data != expected) {
            FAIL_CHECK("access " << i);
            return;
          }
          if (i % 1000 == 0) sc_core::wait(1, sc_core::SC_NS);
          if (i % 5000 == 0 && bench.value(REPRISE_IN_FLIGHT) == 0) {
            bench.start(kMemory, kMemory + 1);
            ++images;
          }
        }
        bench.until_interrupt();
        CHECK(bench.value(REPRISE_IMAGES) == images);
        CHECK(images > 3);
        CHECK(bench.cpu_link.rules().transactions() > 1000000);
        CHECK(bench.dma_link.rules().transactions() == 2 * images);
        bench.check_rules();
      },
      kLimit);
}

TEST_CASE("non-blocking transport: four phases, slow responses, errors, several requests in flight") {
  const auto takes = GENERATE(0, 3, 200);
  test::run<Bench>(
      [takes](Bench& bench) {
        bench.at.response_takes = sc_core::sc_time(takes, sc_core::SC_NS);
        std::array<Bytes, 8> data;
        std::array<AtInitiator::Answer, 8> answers;
        for (std::size_t i = 0; i < data.size(); ++i) {
          data[i] = {static_cast<std::uint8_t>(i), 1, 2, 3};
          bench.at.send(W, kMemory + 16 + 4 * i, data[i], answers[i]);
        }
        while (bench.at.open() > 0) sc_core::wait(bench.at.done);
        for (const auto& answer : answers) CHECK(answer.status == kOk);
        CHECK(bench.cpu.read(kMemory + 16, 8) == kOk);
        CHECK(bench.cpu.data == Bytes{0, 1, 2, 3, 1, 1, 2, 3});

        Bytes id(4), hole(4);
        AtInitiator::Answer of_id, of_hole;
        bench.at.send(R, REPRISE_ID, id, of_id);
        bench.at.send(R, 0x800, hole, of_hole);
        while (bench.at.open() > 0) sc_core::wait(bench.at.done);
        CHECK(of_id.status == kOk);
        CHECK(id == Bytes{0x53, 0x52, 0x50, 0x52});
        CHECK(of_hole.status == kAddress);
        CHECK(bench.at_link.rules().transactions() == 10);
        CHECK(bench.at_link.rules().in_flight() == 0);
        bench.check_rules();
      },
      kLimit);
}

namespace {

/// Non-blocking initiators right at the targets, without a bus.
struct DirectBench : sc_core::sc_module {
  explicit DirectBench(const sc_core::sc_module_name& name = "direct")
      : sc_module(name), accelerator("accelerator", image(), machine_for(1)) {
    to_registers.socket.bind(register_link.target);
    register_link.initiator.bind(accelerator.registers);
    to_memory.socket.bind(memory_link.target);
    memory_link.initiator.bind(memory.socket);
    accelerator.memory.bind(dma_memory.socket);
    accelerator.interrupt(interrupt);
  }
  void check_rules() const {
    for (const ProtocolChecker<>* link : {&register_link, &memory_link}) {
      for (const std::string& violation : link->rules().violations()) FAIL_CHECK(violation);
      CHECK(link->rules().in_flight() == 0);
    }
  }
  static void wait_for(AtInitiator& initiator) {
    while (initiator.open() > 0) sc_core::wait(initiator.done);
  }

  AtInitiator to_registers{"to_registers"}, to_memory{"to_memory"};
  ProtocolChecker<> register_link{"register_link"}, memory_link{"memory_link"};
  SystemMemory memory{"memory", {64, kPeriod, 40, 8}}, dma_memory{"dma_memory", {64, kPeriod, 40, 8}};
  sc_core::sc_signal<bool> interrupt{"interrupt"};
  Accelerator accelerator;
};

}  // namespace

TEST_CASE("non-blocking transport: a register access completes in the call, with its time annotated") {
  test::run<DirectBench>(
      [](DirectBench& bench) {
        sc_core::wait(5, sc_core::SC_NS);
        const auto access = [&](tlm::tlm_command command, std::uint64_t address, Bytes& data) {
          AtInitiator::Answer answer;
          bench.to_registers.send(command, address, data, answer);
          CHECK(answer.early);
          CHECK(answer.came == sc_core::sc_time(6, sc_core::SC_NS));
          return answer.status;
        };
        Bytes id(4), address{1, 2, 3, 4}, read(4);
        CHECK(access(R, REPRISE_ID, id) == kOk);
        CHECK(id == Bytes{0x53, 0x52, 0x50, 0x52});
        CHECK(access(W, REPRISE_INPUT_ADDRESS, address) == kOk);
        CHECK(access(R, REPRISE_INPUT_ADDRESS, read) == kOk);
        CHECK(read == address);
        CHECK(access(W, REPRISE_ID, id) == kCommand);
        CHECK(access(R, 0x48, id) == kAddress);
        CHECK(sc_core::sc_time_stamp() == sc_core::sc_time(5, sc_core::SC_NS));
        bench.check_rules();
      },
      kLimit);
}

TEST_CASE("non-blocking transport: a register access of an initiator ahead of time has four phases, in its time") {
  test::run<DirectBench>(
      [](DirectBench& bench) {
        Bytes address{1, 2, 3, 4}, read(4), later{5, 6, 7, 8};
        AtInitiator::Answer write, of_read, at_once;
        bench.to_registers.ahead = sc_core::sc_time(10, sc_core::SC_NS);
        bench.to_registers.send(W, REPRISE_INPUT_ADDRESS, address, write);
        CHECK(sc_core::sc_time_stamp() == sc_core::sc_time(10, sc_core::SC_NS));
        bench.to_registers.ahead = sc_core::SC_ZERO_TIME;
        bench.to_registers.send(R, REPRISE_INPUT_ADDRESS, read, of_read);
        DirectBench::wait_for(bench.to_registers);
        CHECK_FALSE(write.early);
        CHECK(write.accepted == sc_core::sc_time(10, sc_core::SC_NS));
        CHECK(write.came == sc_core::sc_time(11, sc_core::SC_NS));
        // The other was under way: it waits for its answer.
        CHECK_FALSE(of_read.early);
        CHECK(of_read.accepted == sc_core::sc_time(11, sc_core::SC_NS));
        CHECK(of_read.came == sc_core::sc_time(12, sc_core::SC_NS));
        CHECK(read == address);
        bench.to_registers.send(W, REPRISE_INPUT_ADDRESS, later, at_once);
        CHECK(at_once.early);
        bench.check_rules();
      },
      kLimit);
}

TEST_CASE("non-blocking transport: memory has four phases and holds requests back") {
  const auto takes = GENERATE(0, 7, 200);
  test::run<DirectBench>(
      [takes](DirectBench& bench) {
        bench.to_memory.response_takes = sc_core::sc_time(takes, sc_core::SC_NS);
        std::array<Bytes, 4> data;
        std::array<AtInitiator::Answer, 4> answers;
        for (std::size_t i = 0; i < data.size(); ++i) {
          data[i] = Bytes(8, static_cast<std::uint8_t>(i + 1));
          bench.to_memory.send(i < 3 ? W : R, 8 * (i % 3), data[i], answers[i]);
        }
        DirectBench::wait_for(bench.to_memory);
        // An access of 8 bytes takes 41 cycles; a request is accepted when the answer before it has been taken.
        for (std::size_t i = 0; i < data.size(); ++i) {
          const double begin = static_cast<double>(i) * (41.0 + takes);
          CHECK(answers[i].status == kOk);
          CHECK_FALSE(answers[i].early);
          CHECK(answers[i].accepted == begin * kPeriod);
          CHECK(answers[i].came == (begin + 41.0 + takes) * kPeriod);
        }
        CHECK(data[3] == data[0]);
        bench.check_rules();
      },
      kLimit);
}

namespace {

/// Names of the sockets below `object` that speak the base protocol; `all` counts those with protocols of their own,
/// too.
void find_sockets(const sc_core::sc_object& object, std::vector<std::string>& base, int& all) {
  for (sc_core::sc_object* child : object.get_child_objects()) {
    const bool initiator = dynamic_cast<tlm::tlm_base_initiator_socket_b<>*>(child) != nullptr;
    const bool target = dynamic_cast<tlm::tlm_base_target_socket_b<>*>(child) != nullptr;
    if (initiator || target) base.emplace_back(child->name());
    if (dynamic_cast<tlm::tlm_base_socket_if*>(child) != nullptr) ++all;
    find_sockets(*child, base, all);
  }
}

}  // namespace

TEST_CASE(
    "inside the accelerator no socket speaks the base protocol: those that do are its own, where links are watched") {
  test::ensure_fresh_kernel();
  Bench bench;
  std::vector<std::string> base;
  int all = 0;
  find_sockets(bench.accelerator, base, all);
  std::sort(base.begin(), base.end());
  CHECK(base == std::vector<std::string>{"bench.accelerator.dma.memory", "bench.accelerator.registers"});
  CHECK(all > 100);
}

TEST_CASE("what a decoupled initiator sees and does happens in its own time, whatever its quantum") {
  // It starts at 1000 ns of its own time and polls every 10 ns.
  const auto quantum = GENERATE(0, 1, 7, 100, 1000, 1000000);
  test::run<Bench>(
      [quantum](Bench& bench) {
        sc_core::sc_time local;
        const auto transport = [&](tlm::tlm_command command, std::uint64_t address, Bytes& data) {
          tlm::tlm_generic_payload payload;
          payload.set_command(command);
          payload.set_address(address);
          payload.set_data_ptr(data.data());
          payload.set_data_length(static_cast<unsigned>(data.size()));
          payload.set_streaming_width(static_cast<unsigned>(data.size()));
          bench.cpu.socket->b_transport(payload, local);
          CHECK(payload.is_response_ok());
          if (local <= sc_core::sc_time(quantum, sc_core::SC_NS)) return;
          sc_core::wait(local);
          local = sc_core::SC_ZERO_TIME;
        };
        Bytes input{8, 0}, from{0, kMemory >> 8U, 0, 0}, to{1, kMemory >> 8U, 0, 0}, go{1, 0, 0, 0}, status(4);
        transport(W, kMemory, input);
        transport(W, REPRISE_INPUT_ADDRESS, from);
        transport(W, REPRISE_OUTPUT_ADDRESS, to);
        local += sc_core::sc_time(1000, sc_core::SC_NS) - (sc_core::sc_time_stamp() + local);
        transport(W, REPRISE_CONTROL, go);
        int polls = 0;
        do {
          local += sc_core::sc_time(9, sc_core::SC_NS);
          transport(R, REPRISE_STATUS, status);
          ++polls;
        } while ((status[0] & REPRISE_STATUS_DONE) == 0 && polls < 1000);
        // Done at 1000 + 149; the first poll from there on is at 1000 + 150.
        CHECK(polls == 15);
        CHECK(sc_core::sc_time_stamp() + local == sc_core::sc_time(1151, sc_core::SC_NS));
        CHECK(bench.value(REPRISE_CYCLES, 8) == 149);
      },
      kLimit);
}

TEST_CASE("reset in the middle: the image is given up, and the next one is right") {
  const auto after = GENERATE(0, 1, 40, 41, 46, 100, 107, 108, 120, 148);
  test::run<Bench>(
      [after](Bench& bench) {
        bench.cpu.write(kMemory, {8, 99});
        bench.start(kMemory, kMemory + 1);
        if (after > 0) sc_core::wait(after, sc_core::SC_NS);
        bench.reset();
        CHECK(bench.value(REPRISE_STATUS) == REPRISE_STATUS_BUSY);
        CHECK(bench.value(REPRISE_IN_FLIGHT) == 1);
        CHECK(bench.value(REPRISE_INPUT_ADDRESS, 8) == 0);
        bench.start(kMemory, kMemory + 1);  // too early
        CHECK((bench.value(REPRISE_STATUS) & REPRISE_STATUS_ERROR) != 0);
        sc_core::wait(200, sc_core::SC_NS);
        CHECK(bench.value(REPRISE_IN_FLIGHT) == 0);
        CHECK(bench.value(REPRISE_IMAGES) == 0);
        CHECK_FALSE(bench.interrupt.read());
        bench.reset();
        CHECK(bench.value(REPRISE_STATUS) == 0);
        bench.check_works();
        bench.check_works();
        CHECK(bench.value(REPRISE_IMAGES) == 2);
        bench.check_rules();
      },
      kLimit);
}

/// Two layers in rounds on one engine, 506 cycles an image.
struct RoundsBench : Bench {
  explicit RoundsBench(const sc_core::sc_module_name& name = "bench") : Bench(network(), one_engine(), name) {}
  static const WeightImage& network() {
    static const WeightImage made = layers_in_turns();
    return made;
  }
  void start_in_rounds() {
    CHECK(cpu.write(kMemory, {3, 4}) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.write(REPRISE_ROUNDS_ADDRESS, {0, 0x18, 0, 0}) == tlm::TLM_OK_RESPONSE);
    start(kMemory, kMemory + 2);
  }
  void check_image() {
    start_in_rounds();
    until_interrupt();
    CHECK(value(REPRISE_STATUS) == REPRISE_STATUS_DONE);
    CHECK(cpu.read(kMemory + 2, 1) == tlm::TLM_OK_RESPONSE);
    CHECK(cpu.data == Bytes{2 * 3 + 1 * 4});
    CHECK(cpu.write(REPRISE_CONTROL, {REPRISE_CONTROL_CLEAR_DONE, 0, 0, 0}) == tlm::TLM_OK_RESPONSE);
    sc_core::wait(2, sc_core::SC_NS);
  }
};

TEST_CASE("reset during rounds: the image is given up, and the cells are written right for the next one") {
  // Loading, writing the first layer, executing it, holding its rows, writing the second, executing it, the result.
  const auto after = GENERATE(0, 20, 44, 46, 50, 100, 150, 200, 250, 295, 330, 357, 400, 440, 500);
  test::run<RoundsBench>(
      [after](RoundsBench& bench) {
        CHECK(bench.value(REPRISE_ROUNDS_BYTES) > 0);
        CHECK(bench.value(REPRISE_ROUNDS_BYTES) <= kMemory + kMemoryBytes - 0x1800);
        bench.start_in_rounds();
        if (after > 0) sc_core::wait(after, sc_core::SC_NS);
        bench.reset();
        CHECK(bench.value(REPRISE_IN_FLIGHT) == 1);
        CHECK(bench.value(REPRISE_ROUNDS_ADDRESS, 8) == 0);
        sc_core::wait(1000, sc_core::SC_NS);
        CHECK(bench.value(REPRISE_IN_FLIGHT) == 0);
        CHECK(bench.value(REPRISE_IMAGES) == 0);
        CHECK_FALSE(bench.interrupt.read());
        bench.check_image();
        bench.check_image();
        CHECK(bench.value(REPRISE_IMAGES) == 2);
        bench.check_rules();
      },
      kLimit);
}

TEST_CASE("a bus error of the DMA stops the accelerator until a reset") {
  const bool of_input = GENERATE(true, false);
  test::run<Bench>(
      [of_input](Bench& bench) {
        bench.start(of_input ? 0x800 : kMemory, of_input ? kMemory : 0x800);
        bench.until_interrupt();
        CHECK(bench.value(REPRISE_STATUS) == (REPRISE_STATUS_DONE | REPRISE_STATUS_ERROR));
        bench.start(kMemory, kMemory + 1);
        sc_core::wait(500, sc_core::SC_NS);
        CHECK(bench.value(REPRISE_IMAGES) == 0);
        bench.reset();
        sc_core::wait(500, sc_core::SC_NS);
        CHECK(bench.value(REPRISE_STATUS) == 0);
        CHECK_FALSE(bench.interrupt.read());
        bench.check_works();
        bench.check_rules();
      },
      kLimit);
}

TEST_CASE("sockets of 32 and of 64 bits are joined by a link") {
  struct WideBench : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<WideBench, 64> cpu{"cpu"};
    ProtocolChecker<64, 32> link{"link"};
    SystemMemory memory{"memory", {64, kPeriod, 40, 8}};
    explicit WideBench(const sc_core::sc_module_name& name = "wide") : sc_module(name) {
      cpu.bind(link.target);
      link.initiator.bind(memory.socket);
    }
  };
  test::run<WideBench>(
      [](WideBench& bench) {
        Bytes data{1, 2, 3, 4, 5, 6, 7, 8};
        tlm::tlm_generic_payload payload;
        payload.set_command(tlm::TLM_WRITE_COMMAND);
        payload.set_data_ptr(data.data());
        payload.set_data_length(8);
        payload.set_streaming_width(8);
        sc_core::sc_time delay;
        bench.cpu->b_transport(payload, delay);
        CHECK(payload.is_response_ok());
        CHECK(delay == kPeriod * 41);
        CHECK(bench.link.rules().violations().empty());
      },
      kLimit);
}

TEST_CASE("the accelerator is made, runs and is destroyed twice in one process") {
  for (int round = 0; round < 2; ++round) {
    test::renew_kernel();
    test::run<Bench>([](Bench& bench) { bench.check_works(); }, kLimit);
  }
}
