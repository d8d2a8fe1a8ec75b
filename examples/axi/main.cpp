// A master in Verilog, on AXI4-Lite, moves an image to memory, has the accelerator work on it and moves the result
// away: axi IMAGE.h5
#include <reprise/compression/image/image_file.h>
#include <reprise/compression/network/integer_reference.h>
#include <reprise/platform/accelerator.h>
#include <reprise/platform/bus.h>
#include <reprise/platform/system_memory.h>

#include <iostream>

#include "Vdma_master.h"
#include "axi_bridge.h"

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint64_t kRegisters = 0x1000, kMemory = 0x100000, kMemoryBytes = 0x100000;  // as in dma_master.v
constexpr std::uint64_t kSource = 0, kTarget = 0xC0000;                                    // in memory

int sc_main(int, char* argv[]) {
  const reprise::WeightImage image = reprise::read_image(argv[1]);
  const std::size_t output_bytes = image.network.layers.back().shape.size();
  Bytes input(image.network.input_shape.size());
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::uint8_t>(i * 37 % 251);

  const reprise::MachineConfig machine;
  reprise::Accelerator accelerator("accelerator", image, machine);
  reprise::SystemMemory memory("memory", {kMemoryBytes, reprise::clock_period(machine), 40, 8});
  reprise::Bus bus("bus", 2, {{kRegisters, 0x1000}, {kMemory, kMemoryBytes}});
  sc_core::sc_clock clock("clock", sc_core::sc_time(1, sc_core::SC_NS));
  sc_core::sc_signal<bool> reset("reset"), interrupt("interrupt"), finished("finished"), failed("failed");
  sc_core::sc_signal<std::uint32_t> input_words("input_words"), output_words("output_words");
  AxiWires wires;
  AxiBridge bridge("bridge", wires);
  AxiChecker checker("checker", wires);
  Vdma_master master("master");

  bridge.clock(clock);
  checker.clock(clock);
  bridge.bus.bind(bus.initiators[0]);
  accelerator.memory.bind(bus.initiators[1]);
  bus.targets[0].bind(accelerator.registers);
  bus.targets[1].bind(memory.socket);
  accelerator.interrupt(interrupt);
  master.clock(clock), master.reset(reset), master.irq(interrupt);
  master.input_words(input_words), master.output_words(output_words);
  master.finished(finished), master.failed(failed);
  master.awaddr(wires.awaddr), master.awvalid(wires.awvalid), master.awready(wires.awready);
  master.wdata(wires.wdata), master.wstrb(wires.wstrb), master.wvalid(wires.wvalid), master.wready(wires.wready);
  master.bresp(wires.bresp), master.bvalid(wires.bvalid), master.bready(wires.bready);
  master.araddr(wires.araddr), master.arvalid(wires.arvalid), master.arready(wires.arready);
  master.rdata(wires.rdata), master.rresp(wires.rresp), master.rvalid(wires.rvalid), master.rready(wires.rready);

  reset.write(true);
  input_words.write(static_cast<std::uint32_t>((input.size() + 3) / 4));
  output_words.write(static_cast<std::uint32_t>((output_bytes + 3) / 4));
  sc_core::sc_start(sc_core::sc_time(5, sc_core::SC_NS));
  tlm::tlm_dmi view;
  tlm::tlm_generic_payload wish;
  wish.set_address(kMemory);
  if (!bridge.bus->get_direct_mem_ptr(wish, view)) return 3;
  std::copy(input.begin(), input.end(), view.get_dmi_ptr() + kSource);
  reset.write(false);
  while (!finished.read() && sc_core::sc_time_stamp() < sc_core::sc_time(100, sc_core::SC_MS))
    sc_core::sc_start(sc_core::sc_time(10, sc_core::SC_US));
  master.final();

  const Bytes output(view.get_dmi_ptr() + kTarget, view.get_dmi_ptr() + kTarget + output_bytes);
  const bool equal = output == reprise::IntegerReference({image.network, image.reference_weights, {}}).output(input);
  std::cout << bridge.transactions << " transactions on AXI, " << checker.violations << " violations; output "
            << (equal ? "equal to the reference\n" : "NOT equal to the reference\n");
  return finished.read() && !failed.read() && equal && checker.violations == 0 && checker.transfers > 0 ? 0 : 4;
}
