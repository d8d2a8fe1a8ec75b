#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tlm/convolution_unit.h"
#include "tlm/processing_engine.h"

namespace reprise {

/// The windows of one output row that one copy of a layer takes: every n-th.
class WindowShare {
 public:
  /// @param row     whose row is gathered; outlives the share
  /// @param im2col  of it, or null
  /// @param first   column of the first window
  /// @param step    to the next one
  WindowShare(const ConvolutionUnit& row, const std::uint8_t* im2col, std::size_t first, std::size_t step,
              std::size_t width);

  std::size_t windows() const { return windows_; }
  const InputActivity& activity() const { return activity_ ? *activity_ : row_.activity(); }
  std::size_t column(std::size_t window) const { return first_ + window * step_; }

  /// Fills in all but the answers, of which there are none then. The share outlives the job.
  void describe(EngineJob& job) const;
  /// [window][output] of the share to [column][output] of the row, 0 elsewhere.
  std::vector<std::int32_t> spread(const std::vector<std::int32_t>& sums, std::size_t width) const;

 private:
  void copy_windows(const std::uint8_t* im2col);

  const ConvolutionUnit& row_;
  const std::uint8_t* im2col_;
  const std::size_t first_;
  const std::size_t step_;
  std::size_t windows_ = 0;
  // Of the share's windows alone, where it is not the whole row.
  std::optional<InputActivity> activity_;
  std::vector<std::uint8_t> im2col_windows_;
};

}  // namespace reprise
