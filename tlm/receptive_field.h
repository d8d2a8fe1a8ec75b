#pragma once

#include <algorithm>

#include "compression/image/network.h"

namespace reprise {

/// Which part of one input of a layer an output position needs: docs/machine.md, section 5.
class ReceptiveField {
 public:
  /// Of any input of `layer`; `input` is that input's shape.
  ReceptiveField(const Layer& layer, const Shape& input);

  /// First input row that output row y needs, 0..height-1; rows before it may go.
  int first_row(int y) const;
  /// Last input row that output row y reads, -1 for none.
  int last_row(int y) const;
  /// The column of last_position(y, x), whatever y is.
  int last_column(int x) const { return std::max(0, horizontal_.last(x)); }
  /// Raster index of the input position that output position (y, x) waits for, -1 for none: the last that it reads,
  /// or the first of its last row where it lies wholly before that.
  long last_position(int y, int x) const;

 private:
  /// Along one axis output position i reads inputs i * stride + offset ... + span.
  struct Axis {
    int stride = 1;
    int offset = 0;
    int span = 0;
    int size = 0;
    int last(int i) const { return std::max(-1, std::min(i * stride + offset + span, size - 1)); }
  };
  static Axis axis(const Layer& layer, const Shape& input, bool vertical);

  Axis vertical_;
  Axis horizontal_;
};

}  // namespace reprise
