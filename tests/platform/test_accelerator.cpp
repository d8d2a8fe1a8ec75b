// The accelerator's registers with several images in flight, as a bus master sees them.
#include "platform/accelerator.h"

#include "platform/bus.h"
#include "platform/system_memory.h"
#include "tests/platform/tiny_network.h"
#include "tests/sc_test.h"
#include "tests/stub_initiator.h"

using namespace reprise;
using namespace reprise::test;

namespace {

constexpr std::uint64_t kControl = 0x08, kStatus = 0x0C, kInput = 0x10, kOutput = 0x18, kCycles = 0x28, kImages = 0x30,
                        kInFlight = 0x34, kMostInFlight = 0x38;
constexpr std::uint64_t kMemory = 0x1000;
constexpr std::uint8_t kStart = 1, kInterruptEnable = 2, kClearDone = 4;

MachineConfig machine_for(int images) {
  MachineConfig machine;
  machine.clock_mhz = 1000.0;
  machine.images_in_flight = images;
  return machine;
}

/// One layer of one window; memory holds an input byte and an output byte for each image.
struct Bench : sc_core::sc_module {
  explicit Bench(const WeightImage& image, const MachineConfig& machine, const sc_core::sc_module_name& name = "bench")
      : sc_module(name), accelerator("accelerator", image, machine) {
    host.socket.bind(bus.initiators[0]);
    accelerator.memory.bind(bus.initiators[1]);
    bus.targets[0].bind(accelerator.registers);
    bus.targets[1].bind(memory.socket);
    accelerator.interrupt(interrupt);
  }

  std::uint64_t value(std::uint64_t offset) {
    CHECK(host.read(offset, 4) == tlm::TLM_OK_RESPONSE);
    return host.data[0] | static_cast<std::uint64_t>(host.data[1]) << 8U;
  }
  void control(std::uint8_t bits) { CHECK(host.write(kControl, {bits, 0, 0, 0}) == tlm::TLM_OK_RESPONSE); }
  void start(std::uint8_t image) {
    CHECK(host.write(kInput, {image, kMemory >> 8U, 0, 0}) == tlm::TLM_OK_RESPONSE);
    CHECK(host.write(kOutput, {static_cast<std::uint8_t>(16 + image), kMemory >> 8U, 0, 0}) == tlm::TLM_OK_RESPONSE);
    control(kStart | kInterruptEnable);
  }
  void until_interrupt() {
    if (!interrupt.read()) sc_core::wait(interrupt.posedge_event());
  }

  StubInitiator host{"host"};
  Bus bus{"bus", 2, {{0, 0x100}, {kMemory, 32}}};
  SystemMemory memory{"memory", {32, sc_core::sc_time(1, sc_core::SC_NS), 40, 8}};
  sc_core::sc_signal<bool> interrupt{"interrupt"};
  Accelerator accelerator;
};

WeightImage one_window() {
  WeightImage image = empty_image({1, 1, 1});
  add_convolution(image, "layer", kNetworkInput, {}, {1, 1, 1}, kOne, 0);
  return image;
}

const sc_core::sc_time kLimit(1, sc_core::SC_MS);

}  // namespace

TEST_CASE("starts queue up to the images in flight, each completed image is acknowledged by itself") {
  const WeightImage image = one_window();
  test::run<Bench>(
      [](Bench& bench) {
        for (std::uint8_t i = 0; i < 3; ++i) bench.host.write(kMemory + i, {static_cast<std::uint8_t>(1U << i)});
        CHECK(bench.value(kMostInFlight) == 2);
        CHECK(bench.value(kStatus) == 0);
        bench.start(0);
        bench.start(1);
        CHECK(bench.value(kInFlight) == 2);
        CHECK(bench.value(kStatus) == 1);  // busy
        bench.start(2);                    // one too many
        CHECK(bench.value(kStatus) == 5);
        CHECK(bench.value(kInFlight) == 2);

        // An image: read at 41, arrives at 46, window of 57, arrives at 108, written at 149.
        bench.until_interrupt();
        CHECK(bench.value(kStatus) == 7);
        CHECK(bench.value(kCycles) == 149);
        CHECK(bench.value(kImages) == 1);
        CHECK(bench.value(kInFlight) == 1);
        bench.start(2);  // there is room again
        CHECK(bench.value(kStatus) == 3);
        // The second has room when the first's row is released, at 103: read at 144, arrives at 149, window to 206,
        // arrives at 211, written at 252.
        sc_core::wait(110, sc_core::SC_NS);
        CHECK(bench.value(kImages) == 2);
        CHECK(bench.value(kCycles) == 149);  // nobody has acknowledged the first one
        bench.control(kInterruptEnable | kClearDone);
        CHECK(bench.value(kStatus) == 3);  // done stays
        CHECK(bench.value(kCycles) == 252);
        bench.control(kInterruptEnable | kClearDone);
        CHECK(bench.value(kStatus) == 1);
        CHECK(bench.value(kCycles) == 252);
        sc_core::wait(2, sc_core::SC_NS);
        CHECK(!bench.interrupt.read());
        bench.until_interrupt();
        CHECK(bench.value(kImages) == 3);
        CHECK(bench.value(kCycles) == 206);  // started at 149, read from 206 on, written at 355
        for (std::uint8_t i = 0; i < 3; ++i) {
          bench.host.read(kMemory + 16 + i, 1);
          CHECK(bench.host.data == std::vector<std::uint8_t>{static_cast<std::uint8_t>(1U << i)});
        }
        CHECK(bench.accelerator.image_starts() == std::vector<Cycle>{0, 0, 149});
        bench.accelerator.end_run();
        CHECK(bench.accelerator.elapsed() == 355);
      },
      kLimit, image, machine_for(2));
}

TEST_CASE("with one image in flight a start clears done, and a second start is refused") {
  const WeightImage image = one_window();
  test::run<Bench>(
      [](Bench& bench) {
        CHECK(bench.value(kMostInFlight) == 1);
        bench.host.write(kMemory, {1, 1});
        bench.start(0);
        bench.start(1);
        CHECK(bench.value(kStatus) == 5);
        bench.until_interrupt();
        CHECK(bench.value(kStatus) == 6);
        bench.start(1);
        CHECK(bench.value(kStatus) == 1);
        sc_core::wait(148, sc_core::SC_NS);
        CHECK(bench.value(kStatus) == 1);
        sc_core::wait(2, sc_core::SC_NS);
        CHECK(bench.value(kStatus) == 2);
        bench.control(kInterruptEnable | kClearDone);
        CHECK(bench.value(kStatus) == 0);
        bench.accelerator.end_run();
        CHECK(bench.accelerator.elapsed() == 2 * 149);
      },
      kLimit, image, machine_for(1));
}
