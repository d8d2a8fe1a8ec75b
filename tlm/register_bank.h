#pragma once

#include <systemc>
#include <tlm>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace reprise {

/// One register of 4 bytes, or a pair of 4-byte halves (8 bytes, low half first).
struct Register {
  enum class Access { read_only, read_write };
  struct Field {
    std::string name;
    unsigned bit = 0;
    std::string description;
  };

  std::uint64_t offset = 0;  ///< a multiple of `bytes`
  std::string name;
  unsigned bytes = 4;  ///< 4 or 8
  Access access = Access::read_write;
  std::uint64_t reset = 0;
  std::string description;
  std::function<std::uint64_t()> read;         ///< gives the value in place of the stored one; has no side effects
  std::function<void(std::uint64_t)> written;  ///< is told the new value after a bus write
  std::vector<Field> fields = {};              ///< for documents
};

/// The registers behind a target socket, little endian.
///
/// Models       accesses of 4 aligned bytes, and of 8 to a pair; everything else gets the error response of
///              docs/machine.md, section 7.
/// Leaves out   byte enables, streaming, DMI (never granted).
/// Timing       waits for an initiator that is ahead of time (`delay` > 0), so that what it sees and does happens in
///              its own time, whatever its quantum; then adds the access time to `delay`.
class RegisterBank {
 public:
  /// @throws std::logic_error when registers overlap or are misaligned
  RegisterBank(std::vector<Register> registers, const sc_core::sc_time& access_time);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  /// Reads the whole of an aligned access, or nothing. Writes nothing.
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);

  /// What a register stores. @throws std::out_of_range when none begins at the offset
  std::uint64_t value(std::uint64_t offset) const { return values_.at(index(offset)); }
  void set(std::uint64_t offset, std::uint64_t value) { values_.at(index(offset)) = value; }
  void reset();

  /// The map as a Markdown table, as in docs/machine.md.
  std::string markdown() const;

 private:
  std::size_t index(std::uint64_t offset) const;  ///< of the register that holds the byte; registers_.size(): none
  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload);
  std::uint64_t read(std::size_t index) const;

  const std::vector<Register> registers_;  ///< by offset
  const sc_core::sc_time access_time_;
  std::vector<std::uint64_t> values_;
};

}  // namespace reprise
