#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compression/network/quantised_network.h"
#include "compression/network/row_groups.h"

namespace reprise {

/// The precision of one output's weights in one row group (a patch): integers k * 2^shift with k of `bits` bits in
/// two's complement. 0 bits: all are 0.
struct PatchPrecision {
  std::uint8_t bits = 8;   ///< 0..8
  std::uint8_t shift = 0;  ///< bits + shift is at most 8
};

/// How one output's weights in one row group repeat a codeword: +- codeword * 2^shift.
struct PatternUse {
  std::int16_t codeword = -1;  ///< -1: all are 0
  std::uint8_t shift = 0;
  bool negative = false;

  bool operator==(const PatternUse& other) const {
    return codeword == other.codeword && shift == other.shift && negative == other.negative;
  }
};

/// What the passes decided about one row group. Both lists are by RowGroup::outputs; an empty list decides nothing.
struct GroupCode {
  std::vector<PatchPrecision> precision;
  std::vector<std::vector<std::int8_t>> codebook;  ///< [codeword][row of the group]
  std::vector<PatternUse> uses;
};

/// [row group][codeword][row of the group]
using Codebooks = std::vector<std::vector<std::vector<std::int8_t>>>;

/// One convolution of a graph under compression. Its weights and biases are in the graph, in real numbers; every weight
/// is step[output] times an integer of -127..127 that obeys all that is decided here.
struct CompressedLayer {
  int node = 0;               ///< of the graph
  std::vector<double> steps;  ///< [output], positive
  std::optional<RowShapes> shapes;
  std::vector<RowGroup> groups;  ///< row_groups() of the layer with these shapes
  std::vector<GroupCode> codes;  ///< [group], or empty
  std::optional<InputFilter> filter;
};

}  // namespace reprise
