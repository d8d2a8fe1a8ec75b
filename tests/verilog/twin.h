#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "rtl_models/activation.h"
#include "rtl_models/engine_program.h"
#include "rtl_models/mapping_table.h"

class Vevery_width;

namespace reprise::rtl::test {

/// The Verilog modules of verilog/, Verilated, in all the widths of every_width.v, of which one is selected.
class Twin {
 public:
  /// What is on its inputs in a cycle.
  struct Inputs {
    bool begin = false;
    bool advance = false;
    bool ended = false;
    Activation shift_add;
    std::vector<std::uint32_t> code;  ///< one a column of the unit
  };

  Twin();
  ~Twin();

  /// The one for units of so many columns, 1..16.
  void select(std::size_t columns);
  std::size_t columns() const;
  std::size_t ports() const;
  int code_bits() const;

  void reset();
  void load(const EngineProgram& program);
  /// To the next cycle, over an edge of the clock.
  void clock(const Inputs& inputs);

  std::vector<std::int32_t> partial() const;
  bool holds(const Activation& scatter) const;
  std::vector<ScatterRequest> request() const;
  bool finished() const;
  std::vector<std::int32_t> sums(std::size_t outputs) const;

 private:
  void edge();
  /// Up to one line of a list; says how many entries went into it.
  std::size_t put_line(const ScatterEntry* entries, std::size_t count);

  const std::unique_ptr<Vevery_width> model_;
};

}  // namespace reprise::rtl::test
