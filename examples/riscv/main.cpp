// A RISC-V processor, simulated by Unicorn, runs the C driver against the accelerator: riscv IMAGE.h5
#include <reprise/compression/image/image_file.h>
#include <reprise/compression/network/integer_reference.h>
#include <reprise/platform/accelerator.h>
#include <reprise/platform/bus.h>
#include <reprise/platform/system_memory.h>
#include <unicorn/unicorn.h>

#include <fstream>
#include <iostream>
#include <iterator>

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint64_t kRegisters = 0x10000000, kFinisher = 0x10010000, kPage = 0x1000;
constexpr std::uint64_t kMemory = 0x80000000, kMemoryBytes = 0x100000;
constexpr std::uint64_t kInput = 0x80080000, kOutput = 0x800A0000, kCycles = 0x800C0000;

/// Runs instructions in slices; loads and stores to memory go by DMI, those to registers over the bus.
class Processor final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Processor> bus{"bus"};
  sc_core::sc_in<bool> interrupt{"interrupt"};
  std::uint32_t result = ~0U;                             ///< of the firmware
  std::vector<std::pair<std::uint64_t, Bytes>> contents;  ///< of memory, at first

  SC_HAS_PROCESS(Processor);
  explicit Processor(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_THREAD(run);
    set_stack_size(4 << 20);  // Unicorn runs on it
  }

  /// A payload that is filled in.
  struct Payload : tlm::tlm_generic_payload {
    Payload(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
      set_command(command);
      set_address(address);
      set_data_ptr(static_cast<unsigned char*>(data));
      set_data_length(static_cast<unsigned>(bytes));
      set_streaming_width(static_cast<unsigned>(bytes));
    }
  };
  void debug(tlm::tlm_command command, std::uint64_t address, Bytes& bytes) {
    Payload made(command, address, bytes.data(), bytes.size());
    bus->transport_dbg(made);
  }

 private:
  static constexpr std::size_t kSlice = 200;  ///< instructions, of a nanosecond each

  static std::uint64_t load(uc_engine*, std::uint64_t offset, unsigned size, void* self) {
    std::uint64_t value = 0;
    static_cast<Processor*>(self)->access(tlm::TLM_READ_COMMAND, offset, size, value);
    return value;
  }
  static void store(uc_engine*, std::uint64_t offset, unsigned size, std::uint64_t value, void* self) {
    static_cast<Processor*>(self)->access(tlm::TLM_WRITE_COMMAND, offset, size, value);
  }
  static void finish(uc_engine* engine, std::uint64_t, unsigned, std::uint64_t value, void* self) {
    static_cast<Processor*>(self)->result = static_cast<std::uint32_t>(value);
    static_cast<Processor*>(self)->finished_ = true;
    uc_emu_stop(engine);
  }
  void access(tlm::tlm_command command, std::uint64_t offset, unsigned size, std::uint64_t& value) {
    Payload made(command, kRegisters + offset, &value, size);
    sc_core::sc_time delay;
    bus->b_transport(made, delay);
    wait(delay);
    if (!made.is_response_ok()) SC_REPORT_FATAL("/riscv", made.get_response_string().c_str());
  }
  void check(uc_err error) {
    if (error != UC_ERR_OK) SC_REPORT_FATAL("/riscv", uc_strerror(error));
  }

  void run() {
    for (auto& [address, bytes] : contents) debug(tlm::TLM_WRITE_COMMAND, address, bytes);
    uc_engine* engine = nullptr;
    tlm::tlm_dmi memory;
    Payload wish(tlm::TLM_READ_COMMAND, kMemory, nullptr, 0);
    if (!bus->get_direct_mem_ptr(wish, memory)) SC_REPORT_FATAL("/riscv", "no DMI");
    check(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV64, &engine));
    check(uc_mem_map_ptr(engine, kMemory, kMemoryBytes, UC_PROT_ALL, memory.get_dmi_ptr()));
    check(uc_mmio_map(engine, kRegisters, kPage, load, this, store, this));
    check(uc_mmio_map(engine, kFinisher, kPage, nullptr, this, finish, this));
    for (std::uint64_t pc = kMemory; !finished_;) {
      check(uc_emu_start(engine, pc, 0, 0, kSlice));
      check(uc_reg_read(engine, UC_RISCV_REG_PC, &pc));
      wait(kSlice, sc_core::SC_NS);
      if (waits_for_interrupt(pc, memory) && !interrupt.read()) wait(interrupt.posedge_event());
    }
    uc_close(engine);
    sc_core::sc_stop();
  }
  /// Unicorn ends a slice at WFI.
  static bool waits_for_interrupt(std::uint64_t pc, const tlm::tlm_dmi& memory) {
    constexpr std::uint8_t kWfi[] = {0x73, 0x00, 0x50, 0x10};
    return pc >= kMemory + 4 && std::equal(kWfi, kWfi + 4, memory.get_dmi_ptr() + (pc - 4 - kMemory));
  }

  bool finished_ = false;
};

int sc_main(int, char* argv[]) {
  const reprise::WeightImage image = reprise::read_image(argv[1]);
  std::ifstream file(FIRMWARE, std::ios::binary);
  Bytes firmware{std::istreambuf_iterator<char>(file), {}};
  if (firmware.empty()) SC_REPORT_FATAL("/riscv", "no firmware");
  Bytes input(image.network.input_shape.size()), output(image.network.layers.back().shape.size()), cycles(4);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::uint8_t>(i * 37 % 251);

  const reprise::MachineConfig machine;
  Processor processor("processor");
  reprise::Accelerator accelerator("accelerator", image, machine);
  reprise::SystemMemory memory("memory", {kMemoryBytes, reprise::clock_period(machine), 40, 8});
  reprise::Bus bus("bus", 2, {{kRegisters, kPage}, {kMemory, kMemoryBytes}});
  sc_core::sc_signal<bool> interrupt("interrupt");
  processor.bus.bind(bus.initiators[0]);
  accelerator.memory.bind(bus.initiators[1]);
  bus.targets[0].bind(accelerator.registers);
  bus.targets[1].bind(memory.socket);
  accelerator.interrupt(interrupt);
  processor.interrupt(interrupt);
  processor.contents = {{kMemory, firmware}, {kInput, input}};
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_SEC));
  processor.debug(tlm::TLM_READ_COMMAND, kOutput, output);
  processor.debug(tlm::TLM_READ_COMMAND, kCycles, cycles);
  const bool equal = output == reprise::IntegerReference({image.network, image.reference_weights, {}}).output(input);
  std::cout << "the firmware says " << processor.result << ", " << (cycles[0] | cycles[1] << 8 | cycles[2] << 16)
            << " cycles, output " << (equal ? "equal to the reference\n" : "NOT equal to the reference\n");
  return processor.result == 0 && equal ? 0 : 4;
}
