#include "platform/system_memory.h"

#include <algorithm>
#include <cstring>

#include "tlm/machine_config.h"

namespace reprise {
namespace {

void copy(const tlm::tlm_generic_payload& payload, unsigned bytes, std::uint8_t* memory, std::uint8_t* data) {
  if (payload.is_read()) std::memcpy(data, memory, bytes);
  if (payload.is_write()) std::memcpy(memory, data, bytes);
}

/// Byte i goes to address i modulo the streaming width, if its byte enable says so; the enables repeat.
void copy_enabled(const tlm::tlm_generic_payload& payload, std::uint8_t* memory, std::uint8_t* data) {
  const std::uint8_t* enable = payload.get_byte_enable_ptr();
  for (unsigned i = 0; i < payload.get_data_length(); ++i) {
    if (enable != nullptr && enable[i % payload.get_byte_enable_length()] != TLM_BYTE_ENABLED) continue;
    std::uint8_t& cell = memory[i % payload.get_streaming_width()];
    if (payload.is_read()) data[i] = cell;
    if (payload.is_write()) cell = data[i];
  }
}

}  // namespace

SystemMemory::SystemMemory(const sc_core::sc_module_name& name, const Config& config)
    : sc_module(name),
      config_(config),
      bytes_(config.bytes),
      phases_(
          "phases", TargetPhases::Completion::phased,
          [this](auto& payload, auto& delay) { b_transport(payload, delay); }, *socket.operator->()) {
  socket.register_b_transport(this, &SystemMemory::b_transport);
  socket.register_nb_transport_fw(this, &SystemMemory::nb_transport_fw);
  socket.register_transport_dbg(this, &SystemMemory::transport_dbg);
  socket.register_get_direct_mem_ptr(this, &SystemMemory::get_direct_mem_ptr);
}

bool SystemMemory::contains(std::uint64_t address, std::uint64_t bytes) const {
  return bytes <= bytes_.size() && address <= bytes_.size() - bytes;
}

sc_core::sc_time SystemMemory::access_time(std::uint64_t bytes) const {
  const auto width = static_cast<std::uint64_t>(config_.bus_bytes_per_cycle);
  const auto cycles = static_cast<std::uint64_t>(config_.memory_cycles) + ceil_divide(bytes, width);
  return config_.period * static_cast<double>(cycles);
}

void SystemMemory::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  payload.set_response_status(access(payload));
  payload.set_dmi_allowed(payload.is_response_ok());
  delay += access_time(payload.get_data_length());
}

tlm::tlm_sync_enum SystemMemory::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                 sc_core::sc_time& delay) {
  return phases_.forward(payload, phase, delay);
}

tlm::tlm_response_status SystemMemory::access(tlm::tlm_generic_payload& payload) {
  const unsigned length = payload.get_data_length();
  const unsigned width = payload.get_streaming_width();
  const bool enables = payload.get_byte_enable_ptr() != nullptr;
  if (length == 0 || width == 0) return tlm::TLM_BURST_ERROR_RESPONSE;
  if (enables && payload.get_byte_enable_length() == 0) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (!contains(payload.get_address(), std::min(length, width))) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (payload.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  std::uint8_t* memory = bytes_.data() + payload.get_address();
  if (enables || width < length) {
    copy_enabled(payload, memory, payload.get_data_ptr());
  } else {
    copy(payload, length, memory, payload.get_data_ptr());
  }
  return tlm::TLM_OK_RESPONSE;
}

unsigned SystemMemory::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  if (address >= bytes_.size() || payload.get_data_ptr() == nullptr) return 0;
  const auto length =
      static_cast<unsigned>(std::min<std::uint64_t>(payload.get_data_length(), bytes_.size() - address));
  copy(payload, length, bytes_.data() + address, payload.get_data_ptr());
  return length;
}

bool SystemMemory::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  if (!contains(payload.get_address(), 1)) {
    dmi.set_start_address(payload.get_address());
    dmi.set_end_address(payload.get_address());
    return false;
  }
  dmi.allow_read_write();
  dmi.set_dmi_ptr(bytes_.data());
  dmi.set_start_address(0);
  dmi.set_end_address(bytes_.size() - 1);
  const sc_core::sc_time latency = access_time(static_cast<std::uint64_t>(config_.bus_bytes_per_cycle));
  dmi.set_read_latency(latency);
  dmi.set_write_latency(latency);
  return true;
}

}  // namespace reprise
