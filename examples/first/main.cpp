// The least: an initiator of your own drives the accelerator over TLM-2.0. first IMAGE.h5
#include <reprise/compression/image/image_file.h>
#include <reprise/compression/network/integer_reference.h>
#include <reprise/platform/accelerator.h>
#include <reprise/platform/bus.h>
#include <reprise/platform/reprise_registers.h>
#include <reprise/platform/system_memory.h>

#include <iostream>

constexpr std::uint64_t kRegisters = 0x1000, kInput = 0x10000, kOutput = 0x18000;  // bus addresses

struct Initiator : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Initiator> bus{"bus"};
  sc_core::sc_signal<bool> interrupt{"interrupt"};
  std::vector<std::uint8_t> input, output;  // [row][column][channel]

  SC_CTOR(Initiator) { SC_THREAD(run); }
  void transport(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(static_cast<unsigned char*>(data));
    payload.set_data_length(static_cast<unsigned>(bytes));
    payload.set_streaming_width(static_cast<unsigned>(bytes));
    sc_core::sc_time delay;
    bus->b_transport(payload, delay);
    wait(delay);
    if (!payload.is_response_ok()) SC_REPORT_FATAL("/first", payload.get_response_string().c_str());
  }
  void run() {
    std::uint64_t from = kInput, to = kOutput;
    std::uint32_t go = REPRISE_CONTROL_START | REPRISE_CONTROL_INTERRUPT_ENABLE;
    transport(tlm::TLM_WRITE_COMMAND, kInput, input.data(), input.size());
    transport(tlm::TLM_WRITE_COMMAND, kRegisters + REPRISE_INPUT_ADDRESS, &from, 8);
    transport(tlm::TLM_WRITE_COMMAND, kRegisters + REPRISE_OUTPUT_ADDRESS, &to, 8);
    transport(tlm::TLM_WRITE_COMMAND, kRegisters + REPRISE_CONTROL, &go, 4);
    wait(interrupt.posedge_event());
    transport(tlm::TLM_READ_COMMAND, kOutput, output.data(), output.size());
    sc_core::sc_stop();
  }
};

int sc_main(int, char* argv[]) {
  const reprise::WeightImage image = reprise::read_image(argv[1]);
  const reprise::MachineConfig machine;
  Initiator initiator("initiator");
  initiator.output.resize(image.network.layers.back().shape.size());
  for (std::size_t i = 0; i < image.network.input_shape.size(); ++i) initiator.input.push_back(i * 37 % 251);
  reprise::Accelerator accelerator("accelerator", image, machine);
  reprise::SystemMemory memory("memory", {0x10000, reprise::clock_period(machine), 40, 8});
  reprise::Bus bus("bus", 2, {{kRegisters, 0x1000}, {kInput, 0x10000}});
  initiator.bus.bind(bus.initiators[0]);
  accelerator.memory.bind(bus.initiators[1]);
  bus.targets[0].bind(accelerator.registers);
  bus.targets[1].bind(memory.socket);
  accelerator.interrupt(initiator.interrupt);
  sc_core::sc_start();
  // One channel: [row][column][channel] is also [channel][row][column], as the reference has it.
  const reprise::IntegerReference reference({image.network, image.reference_weights, {}});
  const bool equal = initiator.output == reference.output(initiator.input);
  std::cout << (equal ? "" : "NOT ") << "equal to the reference at " << sc_core::sc_time_stamp() << "\n";
  return equal ? 0 : 4;
}
