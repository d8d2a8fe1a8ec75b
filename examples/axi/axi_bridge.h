#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>

#include <array>
#include <cstdint>

/// The wires of AXI4-Lite with 32 bits.
struct AxiWires {
  sc_core::sc_signal<std::uint32_t> awaddr{"awaddr"}, wdata{"wdata"}, wstrb{"wstrb"}, bresp{"bresp"}, araddr{"araddr"},
      rdata{"rdata"}, rresp{"rresp"};
  sc_core::sc_signal<bool> awvalid{"awvalid"}, awready{"awready"}, wvalid{"wvalid"}, wready{"wready"}, bvalid{"bvalid"},
      bready{"bready"}, arvalid{"arvalid"}, arready{"arready"}, rvalid{"rvalid"}, rready{"rready"};
};

/// A slave of AXI4-Lite on one side, an initiator of TLM-2.0 on the other. One transaction at a time; it takes the time
/// that the bus says, and at least a cycle.
class AxiBridge final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  tlm_utils::simple_initiator_socket<AxiBridge> bus{"bus"};
  std::uint64_t transactions = 0;

  SC_HAS_PROCESS(AxiBridge);
  AxiBridge(const sc_core::sc_module_name& name, AxiWires& wires) : sc_module(name), wires_(wires) { SC_THREAD(run); }

 private:
  enum Response : std::uint32_t { okay = 0, slave_error = 2, decode_error = 3 };

  void run() {
    for (;;) {
      wait(clock.posedge_event());
      if (wires_.awvalid.read() && wires_.wvalid.read()) write();
      if (wires_.arvalid.read()) read();
    }
  }
  /// Ready for one cycle, so that the master takes its valid back.
  void accept(sc_core::sc_signal<bool>& first, sc_core::sc_signal<bool>& second) {
    first.write(true);
    second.write(true);
    wait(clock.posedge_event());
    first.write(false);
    second.write(false);
  }
  void answer(sc_core::sc_signal<bool>& valid, sc_core::sc_signal<bool>& ready) {
    valid.write(true);
    do wait(clock.posedge_event());
    while (!ready.read());
    valid.write(false);
    wait(clock.posedge_event());
  }
  void write() {
    std::uint32_t data = wires_.wdata.read();
    const std::uint32_t address = wires_.awaddr.read(), lanes = wires_.wstrb.read();
    accept(wires_.awready, wires_.wready);
    wires_.bresp.write(transport(tlm::TLM_WRITE_COMMAND, address, data, lanes));
    answer(wires_.bvalid, wires_.bready);
  }
  void read() {
    std::uint32_t data = 0;
    const std::uint32_t address = wires_.araddr.read();
    accept(wires_.arready, wires_.arready);
    wires_.rresp.write(transport(tlm::TLM_READ_COMMAND, address, data, 0xF));
    wires_.rdata.write(data);
    answer(wires_.rvalid, wires_.rready);
  }
  Response transport(tlm::tlm_command command, std::uint32_t address, std::uint32_t& data, std::uint32_t lanes) {
    std::array<std::uint8_t, 4> enables{};
    for (unsigned i = 0; i < 4; ++i) enables[i] = (lanes >> i & 1U) != 0 ? 0xFF : 0x00;
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
    payload.set_data_length(4);
    payload.set_streaming_width(4);
    if (lanes != 0xF) {
      payload.set_byte_enable_ptr(enables.data());
      payload.set_byte_enable_length(4);
    }
    sc_core::sc_time delay;
    bus->b_transport(payload, delay);
    if (delay > sc_core::SC_ZERO_TIME) wait(delay);
    ++transactions;
    if (payload.is_response_ok()) return okay;
    return payload.get_response_status() == tlm::TLM_ADDRESS_ERROR_RESPONSE ? decode_error : slave_error;
  }

  AxiWires& wires_;
};

/// What AXI asks of each channel: once valid is up, it stays up and its payload stays the same until ready; and there
/// is no response without a request.
class AxiChecker final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  std::uint64_t violations = 0;
  std::uint64_t transfers = 0;

  SC_HAS_PROCESS(AxiChecker);
  AxiChecker(const sc_core::sc_module_name& name, const AxiWires& wires) : sc_module(name), wires_(wires) {
    SC_METHOD(check);
    sensitive << clock.pos();
    dont_initialize();
  }

 private:
  struct Channel {
    bool waiting = false;
    std::uint64_t payload = 0;
    std::int64_t transfers = 0;
  };
  void watch(Channel& channel, bool valid, bool ready, std::uint64_t payload) {
    if (channel.waiting && (!valid || payload != channel.payload)) ++violations;
    channel.waiting = valid && !ready;
    channel.payload = payload;
    if (valid && ready) ++channel.transfers, ++transfers;
  }
  void check() {
    const AxiWires& w = wires_;
    watch(address_write_, w.awvalid.read(), w.awready.read(), w.awaddr.read());
    watch(data_, w.wvalid.read(), w.wready.read(), w.wdata.read() | std::uint64_t{w.wstrb.read()} << 32U);
    watch(response_, w.bvalid.read(), w.bready.read(), w.bresp.read());
    watch(address_read_, w.arvalid.read(), w.arready.read(), w.araddr.read());
    watch(read_, w.rvalid.read(), w.rready.read(), w.rdata.read() | std::uint64_t{w.rresp.read()} << 32U);
    if (response_.transfers > address_write_.transfers || response_.transfers > data_.transfers) ++violations;
    if (read_.transfers > address_read_.transfers) ++violations;
  }

  const AxiWires& wires_;
  Channel address_write_, data_, response_, address_read_, read_;
};
