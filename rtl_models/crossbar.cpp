#include "rtl_models/crossbar.h"

namespace reprise::rtl {

Crossbar::Crossbar(const sc_core::sc_module_name& name, const Geometry& geometry, std::size_t index,
                   const CellArray& cells, std::size_t crossbar)
    : sc_module(name),
      index_(index),
      columns_(static_cast<std::size_t>(geometry.crossbar_columns)),
      unit_columns_(static_cast<std::size_t>(geometry.unit_columns)),
      cells_(static_cast<std::size_t>(geometry.crossbar_rows) * columns_) {
  if (crossbar < cells.crossbars()) {
    for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] = cells.get(crossbar, i / columns_, i % columns_) ? 1 : 0;
  }
  SC_METHOD(settle);
  sensitive << read << wordline;
  dont_initialize();
  SC_METHOD(count);
  sensitive << clock.pos();
  dont_initialize();
}

void Crossbar::settle() {
  if (!selected()) return;
  const Activation& unit = read.read();
  Bus<std::uint32_t> sums(unit_columns_);
  for (std::size_t r = 0; r < unit.rows; ++r) {
    if (!wordline.read()[r].on) continue;
    const std::size_t first = (unit.wordline + r) * columns_ + unit.bitline;
    for (std::size_t c = 0; c < unit.columns; ++c) sums[c] += cells_[first + c];
  }
  bitline.write(sums);
}

void Crossbar::count() {
  if (advance.read() && selected()) reads_ += std::uint64_t{read.read().selected} * read.read().columns;
}

}  // namespace reprise::rtl
