#include "tlm/register_bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace reprise {
namespace {

std::vector<Register> sorted(std::vector<Register> registers) {
  std::sort(registers.begin(), registers.end(),
            [](const Register& a, const Register& b) { return a.offset < b.offset; });
  std::uint64_t free_from = 0;
  for (const Register& item : registers) {
    if ((item.bytes != 4 && item.bytes != 8) || item.offset % item.bytes != 0)
      throw std::logic_error("register " + item.name + ": must be 4 or 8 bytes, aligned");
    if (item.offset < free_from) throw std::logic_error("register " + item.name + ": overlaps the one before");
    free_from = item.offset + item.bytes;
  }
  return registers;
}

/// Replaces `bytes` bytes of `value` from byte `first` on.
std::uint64_t merge(std::uint64_t value, unsigned first, const unsigned char* data, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) {
    const unsigned shift = 8 * (first + i);
    value = (value & ~(std::uint64_t{0xFF} << shift)) | (std::uint64_t{data[i]} << shift);
  }
  return value;
}

void extract(std::uint64_t value, unsigned first, unsigned char* data, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) data[i] = static_cast<unsigned char>(value >> (8 * (first + i)));
}

bool fits(const tlm::tlm_generic_payload& payload, const Register& item) {
  const unsigned length = payload.get_data_length();
  return (length == 4 || length == item.bytes) && payload.get_address() % length == 0;
}

unsigned first_byte(const tlm::tlm_generic_payload& payload, const Register& item) {
  return static_cast<unsigned>(payload.get_address() - item.offset);
}

}  // namespace

RegisterBank::RegisterBank(std::vector<Register> registers, const sc_core::sc_time& access_time)
    : registers_(sorted(std::move(registers))), access_time_(access_time) {
  reset();
}

void RegisterBank::reset() {
  values_.clear();
  for (const Register& item : registers_) values_.push_back(item.reset);
}

std::size_t RegisterBank::index(std::uint64_t offset) const {
  const auto after = std::upper_bound(registers_.begin(), registers_.end(), offset,
                                      [](std::uint64_t o, const Register& item) { return o < item.offset; });
  if (after == registers_.begin()) return registers_.size();
  const auto found = std::prev(after);
  if (offset - found->offset >= found->bytes) return registers_.size();
  return static_cast<std::size_t>(found - registers_.begin());
}

std::uint64_t RegisterBank::read(std::size_t index) const {
  return registers_[index].read ? registers_[index].read() : values_[index];
}

void RegisterBank::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (delay > sc_core::SC_ZERO_TIME) {
    sc_core::wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  payload.set_dmi_allowed(false);
  payload.set_response_status(access(payload));
  delay += access_time_;
}

tlm::tlm_response_status RegisterBank::access(tlm::tlm_generic_payload& payload) {
  const std::size_t found = index(payload.get_address());
  if (found == registers_.size()) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  const Register& item = registers_[found];
  const unsigned length = payload.get_data_length();
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (!fits(payload, item) || payload.get_streaming_width() < length) return tlm::TLM_BURST_ERROR_RESPONSE;

  if (payload.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;

  const unsigned first = first_byte(payload, item);
  if (payload.is_read()) {
    extract(read(found), first, payload.get_data_ptr(), length);
  } else if (payload.is_write()) {
    if (item.access == Register::Access::read_only) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    values_[found] = merge(values_[found], first, payload.get_data_ptr(), length);
    if (item.written) item.written(values_[found]);
  }
  return tlm::TLM_OK_RESPONSE;
}

unsigned RegisterBank::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::size_t found = index(payload.get_address());
  if (found == registers_.size() || !payload.is_read() || payload.get_data_ptr() == nullptr ||
      !fits(payload, registers_[found]))
    return 0;
  extract(read(found), first_byte(payload, registers_[found]), payload.get_data_ptr(), payload.get_data_length());
  return payload.get_data_length();
}

std::string RegisterBank::markdown() const {
  std::string text = "| offset | name | access | meaning |\n|---|---|---|---|\n";
  for (const Register& item : registers_) {
    const std::string high = item.bytes == 8 ? fmt::format(", 0x{:02X}", item.offset + 4) : "";
    const char* access = item.access == Register::Access::read_only ? "r" : "rw";
    text += fmt::format("| 0x{:02X}{} | {} | {} | {} |\n", item.offset, high, item.name, access, item.description);
  }
  return text;
}

}  // namespace reprise
