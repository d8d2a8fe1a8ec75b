#pragma once

#include <systemc>

#include <cstdint>
#include <ostream>
#include <string>
#include <tuple>

namespace reprise::rtl {

/// The control word that travels down the pipeline: one operation unit, or a part of it, with one input bit. Everything
/// but `valid`, `bit` and what is selected is the schedule entry of the unit.
struct Activation {
  bool valid = false;          ///< false: the stage is empty
  std::uint8_t bit = 0;        ///< of the inputs, 0..7
  std::uint32_t unit = 0;      ///< of the engine, in its order
  std::uint32_t number = 0;    ///< of the unit, in the layer
  std::uint32_t crossbar = 0;  ///< of the engine
  std::uint16_t wordline = 0;  ///< of the first cell
  std::uint16_t bitline = 0;
  std::uint32_t first_row = 0;  ///< of the row group, in the input register
  std::uint16_t rows = 0;
  std::uint32_t first_selected = 0;  ///< among the selected rows of the row group and bit, those before this part
  std::uint32_t selected = 0;        ///< rows of the part; all where units are not formed
  std::uint8_t columns = 0;          ///< in use
  std::uint8_t slot_columns = 0;
  bool signed_slots = false;  ///< the last column of a slot counts negative

  friend bool operator==(const Activation& a, const Activation& b) {
    const auto fields = [](const Activation& x) {
      return std::tie(x.valid, x.bit, x.unit, x.number, x.crossbar, x.wordline, x.bitline, x.first_row, x.rows,
                      x.first_selected, x.selected, x.columns, x.slot_columns, x.signed_slots);
    };
    return fields(a) == fields(b);
  }
  friend std::ostream& operator<<(std::ostream& out, const Activation& a) {
    if (!a.valid) return out << "empty";
    return out << "unit " << a.unit << " bit " << int{a.bit};
  }
};

inline void sc_trace(sc_core::sc_trace_file* file, const Activation& activation, const std::string& name) {
  sc_core::sc_trace(file, activation.valid, name + ".busy");
  sc_core::sc_trace(file, activation.unit, name + ".unit");
  sc_core::sc_trace(file, activation.bit, name + ".bit");
}

}  // namespace reprise::rtl
