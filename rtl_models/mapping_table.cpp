#include "rtl_models/mapping_table.h"

namespace reprise::rtl {

MappingTable::MappingTable(const sc_core::sc_module_name& name, const EngineProgram& program, int ports)
    : sc_module(name), program_(program), ports_(static_cast<std::size_t>(ports)) {
  SC_METHOD(step);
  sensitive << clock.pos();
}

void MappingTable::step() {
  if (advance.read()) take(in.read());
  if (ended.read()) take({});
  send();
  finished.write(sent_ == end_);
}

void MappingTable::take(const Activation& activation) {
  scatter.write(activation);
  sent_ = activation.valid ? program_.first_entries[activation.unit] : 0;
  end_ = activation.valid ? program_.first_entries[activation.unit + 1] : 0;
}

void MappingTable::send() {
  Bus<ScatterRequest> requests(ports_);
  for (std::size_t port = 0; port < ports_ && sent_ < end_; ++port, ++sent_) {
    requests[port] = {true, program_.entries[sent_]};
    bits_read_ += program_.entry_bits;
  }
  request.write(requests);
}

}  // namespace reprise::rtl
