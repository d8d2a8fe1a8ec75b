#include "tlm/input_activity.h"

#include <algorithm>
#include <functional>

namespace reprise {
namespace {

template <class T>
void add_windows(const std::vector<T>& values, std::vector<std::uint64_t>& sums) {
  std::fill(sums.begin(), sums.end(), 0);
  for (std::size_t first = 0; first < values.size(); first += sums.size()) {
    for (std::size_t group = 0; group < sums.size(); ++group) sums[group] += values[first + group];
  }
}

template <class T>
void take_windows(const std::vector<T>& from, std::size_t first, std::size_t step, std::size_t groups,
                  std::vector<T>& to) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[(first + i / groups * step) * groups + i % groups];
}

}  // namespace

InputActivity::InputActivity(std::size_t windows, std::size_t row_groups, bool formed)
    : windows_(windows),
      groups_(row_groups),
      formed_(formed),
      live_bits_(windows * row_groups),
      live_bit_sums_(row_groups) {
  if (!formed) return;
  parts_.resize(live_bits_.size());
  selected_rows_.resize(live_bits_.size());
  part_sums_.resize(row_groups);
  selected_row_sums_.resize(row_groups);
}

void InputActivity::sum_up() {
  add_windows(live_bits_, live_bit_sums_);
  add_windows(parts_, part_sums_);
  add_windows(selected_rows_, selected_row_sums_);
}

WindowActivity InputActivity::window(std::size_t number) const {
  return {live_bits_.data() + number * groups_, formed_ ? parts_.data() + number * groups_ : nullptr};
}

ActivitySums InputActivity::sums() const {
  if (!formed_) return {live_bit_sums_.data(), nullptr, nullptr};
  return {live_bit_sums_.data(), part_sums_.data(), selected_row_sums_.data()};
}

InputActivity InputActivity::share(std::size_t first, std::size_t step, std::size_t windows) const {
  InputActivity share(windows, groups_, formed_);
  take_windows(live_bits_, first, step, groups_, share.live_bits_);
  take_windows(parts_, first, step, groups_, share.parts_);
  take_windows(selected_rows_, first, step, groups_, share.selected_rows_);
  share.sum_up();
  return share;
}

namespace {

void add_sums(const std::vector<std::uint64_t>& sums, std::vector<std::uint64_t>& totals) {
  totals.resize(sums.size());
  std::transform(sums.begin(), sums.end(), totals.begin(), totals.begin(), std::plus<>());
}

const std::uint64_t* data_or_null(const std::vector<std::uint64_t>& values) {
  return values.empty() ? nullptr : values.data();
}

}  // namespace

void ActivityTotals::add(const InputActivity& row) {
  windows_ += row.windows();
  add_sums(row.live_bit_sums(), live_bits_);
  add_sums(row.part_sums(), parts_);
  add_sums(row.selected_row_sums(), selected_rows_);
}

ActivitySums ActivityTotals::sums() const {
  return {live_bits_.data(), data_or_null(parts_), data_or_null(selected_rows_)};
}

}  // namespace reprise
