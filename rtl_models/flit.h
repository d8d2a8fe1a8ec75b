#pragma once

#include <systemc>

#include <cstdint>
#include <ostream>
#include <string>

#include "rtl_models/bus.h"

namespace reprise::rtl {

/// What is on a link of the mesh in one cycle.
struct Flit {
  bool valid = false;
  bool head = false;         ///< first of its packet
  bool tail = false;         ///< last of its packet
  std::uint32_t column = 0;  ///< of the tile that the packet goes to; with the head
  std::uint32_t row = 0;     ///< likewise
  std::uint32_t tag = 0;     ///< likewise: what the ends of the way tell packets by; routers pass it on
  Bus<std::uint8_t> bytes;   ///< as wide as the link, or empty where nothing is valid

  friend bool operator==(const Flit& a, const Flit& b) {
    return a.valid == b.valid && a.head == b.head && a.tail == b.tail && a.column == b.column && a.row == b.row &&
           a.tag == b.tag && a.bytes == b.bytes;
  }
  friend std::ostream& operator<<(std::ostream& out, const Flit& flit) {
    if (!flit.valid) return out << "-";
    return out << (flit.head ? "head " : "") << (flit.tail ? "tail " : "") << flit.column << ' ' << flit.row << " tag "
               << flit.tag << ": " << flit.bytes;
  }
};

inline void sc_trace(sc_core::sc_trace_file* file, const Flit& flit, const std::string& name) {
  sc_core::sc_trace(file, flit.valid, name + ".valid");
  sc_core::sc_trace(file, flit.head, name + ".head");
  sc_core::sc_trace(file, flit.tail, name + ".tail");
  sc_core::sc_trace(file, flit.column, name + ".column");
  sc_core::sc_trace(file, flit.row, name + ".row");
  sc_core::sc_trace(file, flit.tag, name + ".tag");
}

}  // namespace reprise::rtl
