#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "rtl_models/activation.h"
#include "rtl_models/bus.h"
#include "rtl_models/engine_program.h"

namespace reprise::rtl {

/// What one port asks of the accumulators: add partial[slot] << (shift + input bit) to an output, or subtract it.
struct ScatterRequest {
  bool valid = false;
  ScatterEntry entry;

  friend bool operator==(const ScatterRequest& a, const ScatterRequest& b) {
    return a.valid == b.valid && a.entry.output == b.entry.output && a.entry.slot == b.entry.slot &&
           a.entry.shift == b.entry.shift && a.entry.negative == b.entry.negative;
  }
  friend std::ostream& operator<<(std::ostream& out, const ScatterRequest& request) {
    return request.valid ? out << request.entry.output : out << '-';
  }
};

inline void sc_trace(sc_core::sc_trace_file* file, const ScatterRequest& request, const std::string& name) {
  sc_core::sc_trace(file, request.valid, name + ".valid");
  sc_core::sc_trace(file, request.entry.output, name + ".output");
}

/// Stage SCATTER: the mapping table with the scatter lists of an engine's units.
///
/// Models      `ports` entries a cycle are sent to the accumulators, from the cycle in which the activation arrives;
///             the stage is finished in the cycle of the last. A fan-out that takes longer stalls the pipe.
/// Timing      ceil(entries / ports); an empty stage is finished at once.
/// Events      table.read, entries x bits of an entry as stored.
class MappingTable final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<bool> ended{"ended"};
  sc_core::sc_in<Activation> in{"in"};
  sc_core::sc_out<Activation> scatter{"scatter"};
  sc_core::sc_out<Bus<ScatterRequest>> request{"request"};  ///< one a port
  sc_core::sc_out<bool> finished{"finished"};

  SC_HAS_PROCESS(MappingTable);
  MappingTable(const sc_core::sc_module_name& name, const EngineProgram& program, int ports);

  std::uint64_t bits_read() const { return bits_read_; }

 private:
  void step();
  void take(const Activation& activation);
  void send();

  const EngineProgram& program_;
  const std::size_t ports_;
  std::size_t sent_ = 0;  ///< entries before this one are sent
  std::size_t end_ = 0;   ///< of the present list
  std::uint64_t bits_read_ = 0;
};

}  // namespace reprise::rtl
