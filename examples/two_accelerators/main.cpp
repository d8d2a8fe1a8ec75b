// Two accelerators on one bus work at the same time on two inputs in one memory, which serves one at a time:
// two_accelerators IMAGE.h5. Each has a host of its own, the package's, which runs the C driver.
#include <reprise/compression/image/image_file.h>
#include <reprise/compression/network/integer_reference.h>
#include <reprise/platform/accelerator.h>
#include <reprise/platform/bus.h>
#include <reprise/platform/host.h>
#include <reprise/platform/system_memory.h>

#include <iostream>

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint64_t kRegisters[] = {0x1000, 0x2000}, kMemory = 0x100000, kMemoryBytes = 0x100000;

struct Node {
  Bytes input, output;
  std::uint64_t cycles = 0;
  bool given = false;
  sc_core::sc_signal<bool> interrupt;
  reprise::Accelerator accelerator;
  reprise::Host host;

  Node(unsigned number, const reprise::WeightImage& image, const reprise::MachineConfig& machine)
      : input(image.network.input_shape.size()),
        interrupt(sc_core::sc_gen_unique_name("interrupt")),
        accelerator(sc_core::sc_gen_unique_name("accelerator"), image, machine),
        host(
            sc_core::sc_gen_unique_name("host"),
            {kRegisters[number], kMemory + number * 0x40000, kMemory + number * 0x40000 + 0x20000},
            [this](reprise::Host::Job& job) { return next(job); },
            [this](const reprise::Host::Result& result) { take(result); }) {
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::uint8_t>((i + number) * 37 % 251);
    accelerator.interrupt(interrupt);
    host.interrupt(interrupt);
  }
  bool next(reprise::Host::Job& job) {
    if (given) sc_core::wait(sc_core::sc_time(1, sc_core::SC_SEC));  // a host that ends stops the simulation
    job.input = input;
    return given = true;
  }
  void take(const reprise::Host::Result& result) {
    output = result.output;
    cycles = result.cycles;
  }
};

int sc_main(int, char* argv[]) {
  const reprise::WeightImage image = reprise::read_image(argv[1]);
  const reprise::IntegerReference reference({image.network, image.reference_weights, {}});
  const reprise::MachineConfig machine;
  Node first(0, image, machine), second(1, image, machine);
  reprise::SystemMemory memory("memory", {kMemoryBytes, reprise::clock_period(machine), 40, 8});
  reprise::Bus bus("bus", 4, {{kRegisters[0], 0x100}, {kRegisters[1], 0x100}, {kMemory, kMemoryBytes}},
                   reprise::Bus::Sharing::one_at_a_time);
  Node* const nodes[] = {&first, &second};
  for (unsigned i = 0; i < 2; ++i) {
    nodes[i]->host.bus.bind(bus.initiators[2 * i]);
    nodes[i]->accelerator.memory.bind(bus.initiators[2 * i + 1]);
    bus.targets[i].bind(nodes[i]->accelerator.registers);
  }
  bus.targets[2].bind(memory.socket);
  sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_MS));
  bool good = bus.waited() > sc_core::SC_ZERO_TIME;
  for (const Node* node : nodes) {
    const bool equal = node->output == reference.output(node->input);
    std::cout << node->cycles << " cycles, " << (equal ? "equal to the reference\n" : "NOT equal to the reference\n");
    good = good && equal;
  }
  std::cout << "waited for the bus: " << bus.waited() << "\n";
  return good ? 0 : 4;
}
