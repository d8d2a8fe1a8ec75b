#include "tlm/window_share.h"

#include <algorithm>

namespace reprise {

WindowShare::WindowShare(const ConvolutionUnit& row, const std::uint8_t* im2col, std::size_t first, std::size_t step,
                         std::size_t width)
    : row_(row), im2col_(im2col), first_(first), step_(step) {
  if (first < width) windows_ = (width - first - 1) / step + 1;
  if (step > 1) copy_windows(im2col);
}

void WindowShare::copy_windows(const std::uint8_t* im2col) {
  activity_ = row_.activity().share(first_, step_, windows_);
  for (std::size_t window = 0; im2col != nullptr && window < windows_; ++window) {
    const std::uint8_t* rows = im2col + column(window) * row_.window_rows();
    im2col_windows_.insert(im2col_windows_.end(), rows, rows + row_.window_rows());
  }
  if (im2col != nullptr) im2col_ = im2col_windows_.data();
}

void WindowShare::describe(EngineJob& job) const {
  job.windows = windows_;
  job.activity = &activity();
  job.window_rows = row_.window_rows();
  job.im2col = im2col_;
  job.noise_keys.clear();
  job.sums.clear();
  for (std::size_t window = 0; im2col_ != nullptr && row_.is_noisy() && window < windows_; ++window) {
    job.noise_keys.push_back(row_.noise_key(column(window)));
  }
}

std::vector<std::int32_t> WindowShare::spread(const std::vector<std::int32_t>& sums, std::size_t width) const {
  const std::size_t outputs = sums.size() / windows_;
  std::vector<std::int32_t> row(width * outputs);
  for (std::size_t window = 0; window < windows_; ++window) {
    std::copy_n(sums.begin() + static_cast<std::ptrdiff_t>(window * outputs), outputs,
                row.begin() + static_cast<std::ptrdiff_t>(column(window) * outputs));
  }
  return row;
}

}  // namespace reprise
