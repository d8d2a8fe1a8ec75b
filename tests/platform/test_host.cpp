#include <memory>

#include "platform/bus.h"
#include "platform/host.h"
#include "platform/system_memory.h"
#include "support/error.h"
#include "tests/sc_test.h"
#include "tlm/dma.h"
#include "tlm/register_bank.h"

using namespace reprise;
using Access = Register::Access;
using Bytes = std::vector<std::uint8_t>;

namespace {

const sc_core::sc_time kPeriod(1, sc_core::SC_NS);
constexpr std::uint64_t kRegisters = 0x1000;
constexpr std::uint64_t kMemory = 0x8000;
constexpr unsigned kInputBytes = 6;
constexpr unsigned kOutputBytes = 3;

/// Adds up pairs of input bytes; its time is ten cycles times the first byte.
class FakeAccelerator : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<RegisterBank> registers{"registers"};
  sc_core::sc_out<bool> interrupt{"interrupt"};
  Dma dma{"dma", kPeriod};
  bool raises_error = false;
  bool hangs = false;
  std::uint64_t id = 0x52505253;

  SC_HAS_PROCESS(FakeAccelerator);
  explicit FakeAccelerator(const sc_core::sc_module_name& name) : sc_module(name), bank_(map(), kPeriod) {
    registers.register_b_transport(&bank_, &RegisterBank::b_transport);
    SC_THREAD(work);
  }

 private:
  std::vector<Register> map() {
    return {{0x00, "ID", 4, Access::read_only, 0, "", [this] { return id; }, {}},
            {0x08, "CONTROL", 4, Access::read_write, 0, "", {}, [this](std::uint64_t value) { control(value); }},
            {0x0C,
             "STATUS",
             4,
             Access::read_only,
             0,
             "",
             [this] { return (done_ ? 2U : 0U) | (raises_error ? 4U : 0U); },
             {}},
            {0x10, "INPUT_ADDRESS", 8, Access::read_write, 0, "", {}, {}},
            {0x18, "OUTPUT_ADDRESS", 8, Access::read_write, 0, "", {}, {}},
            {0x20, "INPUT_BYTES", 4, Access::read_only, kInputBytes, "", {}, {}},
            {0x24, "OUTPUT_BYTES", 4, Access::read_only, kOutputBytes, "", {}, {}},
            {0x28, "CYCLES", 8, Access::read_only, 0, "", {}, {}}};
  }
  void control(std::uint64_t value) {
    CHECK((value & 2U) != 0);
    if ((value & 1U) != 0) start_.notify(sc_core::SC_ZERO_TIME);
    if ((value & 4U) != 0) done_ = false;
    changed_.notify(sc_core::SC_ZERO_TIME);
  }
  void work() {
    for (;;) {
      wait(start_ | changed_);
      interrupt.write(done_);
      if (done_ || (bank_.value(0x08) & 1U) == 0 || hangs) continue;
      Bytes in(kInputBytes);
      Bytes out(kOutputBytes);
      CHECK(dma.read(bank_.value(0x10), in.data(), in.size()).ok());
      for (unsigned i = 0; i < kOutputBytes; ++i) out[i] = static_cast<std::uint8_t>(in[2 * i] + in[2 * i + 1]);
      CHECK(dma.write(bank_.value(0x18), out.data(), out.size()).ok());
      wait(kPeriod * 10 * in[0]);
      bank_.set(0x28, 10ULL * in[0]);
      done_ = true;
      interrupt.write(true);
    }
  }

  RegisterBank bank_;
  bool done_ = false;
  sc_core::sc_event start_{"start"};
  sc_core::sc_event changed_{"changed"};
};

struct Bench {
  std::vector<Bytes> jobs;
  std::vector<Host::Result> results;
  bool source_fails = false;
  sc_core::sc_signal<bool> line{"line"};
  SystemMemory memory{"memory", {64, kPeriod, 4, 8}};
  FakeAccelerator accelerator{"accelerator"};
  Bus bus{"bus", 2, {{kRegisters, 0x100}, {kMemory, 64}}};
  Host host;

  explicit Bench(Host::Config config = {kRegisters, kMemory, kMemory + 32})
      : host(
            "host", config, [this](Host::Job& job) { return next(job); },
            [this](const Host::Result& result) { results.push_back(result); }) {
    host.bus.bind(bus.initiators[0]);
    accelerator.dma.memory.bind(bus.initiators[1]);
    bus.targets[0].bind(accelerator.registers);
    bus.targets[1].bind(memory.socket);
    accelerator.interrupt(line);
    host.interrupt(line);
  }
  bool next(Host::Job& job) {
    if (source_fails) throw InputError("no such file");
    if (results.size() == jobs.size()) return false;
    job.input = jobs[results.size()];
    return true;
  }
};

std::string failure(const Bench& bench) {
  try {
    bench.host.check();
  } catch (const SimulationError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the host runs image after image through the accelerator") {
  test::ensure_fresh_kernel();
  Bench bench;
  bench.jobs = {{1, 2, 3, 4, 5, 6}, {20, 30, 0, 1, 100, 155}, {1, 0, 0, 0, 0, 0}};
  sc_core::sc_start();
  CHECK_NOTHROW(bench.host.check());
  REQUIRE(bench.results.size() == 3);
  CHECK(bench.results[0].output == Bytes{3, 7, 11});
  CHECK(bench.results[0].cycles == 10);
  CHECK(bench.results[1].output == Bytes{50, 1, 255});
  CHECK(bench.results[1].cycles == 200);
  CHECK(bench.results[2].output == Bytes{1, 0, 0});
  CHECK(sc_core::sc_get_status() == sc_core::SC_STOPPED);
}

TEST_CASE("the host keeps a bus error for check and stops") {
  test::ensure_fresh_kernel();
  Bench bench({kRegisters, kMemory + 60, kMemory});
  bench.jobs = {{1, 2, 3, 4, 5, 6}};
  CHECK_NOTHROW(sc_core::sc_start());
  CHECK(failure(bench) == "host: write of 6 bytes at 0x803c: TLM_ADDRESS_ERROR_RESPONSE");
  CHECK(bench.results.empty());
}

TEST_CASE("the host reports the accelerator's error bit") {
  test::ensure_fresh_kernel();
  Bench bench;
  bench.jobs = {{1, 2, 3, 4, 5, 6}};
  bench.accelerator.raises_error = true;
  sc_core::sc_start();
  CHECK(failure(bench) == "host: image 0 ended with STATUS 0x6");
}

TEST_CASE("the host reports that the interrupt never came") {
  test::ensure_fresh_kernel();
  Bench bench;
  bench.jobs = {{1, 2, 3, 4, 5, 6}};
  bench.accelerator.hangs = true;
  sc_core::sc_start();
  CHECK_THAT(failure(bench), Catch::Contains("without an interrupt for image 0"));
}

TEST_CASE("the host refuses an input of the wrong size") {
  test::ensure_fresh_kernel();
  Bench bench;
  bench.jobs = {{1, 2, 3, 4, 5}};
  sc_core::sc_start();
  CHECK(failure(bench) == "host: image 0 has 5 bytes, the accelerator takes 6");
}

TEST_CASE("the host refuses a target that is no accelerator") {
  test::ensure_fresh_kernel();
  Bench bench;
  bench.accelerator.id = 1;
  sc_core::sc_start();
  CHECK(failure(bench) == "host: no accelerator at 0x1000");
}

TEST_CASE("what the source of the images throws comes out of check, not through the kernel") {
#ifdef __SANITIZE_ADDRESS__
  WARN("skipped: AddressSanitizer does not know the stacks of SystemC's threads, on which exceptions unwind");
  return;
#endif
  test::ensure_fresh_kernel();
  Bench bench;
  bench.source_fails = true;
  CHECK_NOTHROW(sc_core::sc_start());
  CHECK_THROWS_AS(bench.host.check(), InputError);
}
