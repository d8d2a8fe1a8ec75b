#include "support/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "support/log.h"

namespace reprise {

std::string progress_line(const std::string& title, std::uint64_t done, std::uint64_t total, double seconds,
                          std::uint64_t failed) {
  const double rate = seconds > 0.0 ? static_cast<double>(done) / seconds : 0.0;
  std::string line = fmt::format("{} {}/{}, {:.3g}/s", title, done, total, rate);
  if (done >= total) {
    line += fmt::format(", took {:.3g} s", seconds);
  } else if (rate > 0.0) {
    line += fmt::format(", {:.0f} s left", static_cast<double>(total - done) / rate);
  }
  return failed > 0 ? line + fmt::format(", {} failed", failed) : line;
}

std::string progress_bar(std::uint64_t done, std::uint64_t total) {
  constexpr std::uint64_t kWidth = 20;
  const std::uint64_t filled = total == 0 ? kWidth : kWidth * std::min(done, total) / total;
  return '[' + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] ";
}

Progress::Progress(std::string title, std::uint64_t total)
    : title_(std::move(title)),
      total_(total),
      shown_(log_enabled(LogLevel::info)),
      terminal_(isatty(STDERR_FILENO) != 0),
      interval_(terminal_ ? Clock::duration(std::chrono::milliseconds(200)) : std::chrono::seconds(10)) {}

Progress::~Progress() {
  if (shown_) print(Clock::now(), true);
}

void Progress::advance(std::uint64_t steps) {
  done_ += steps;
  if (!shown_) return;
  const std::unique_lock lock(printing_, std::try_to_lock);
  if (!lock) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + interval_;
  print(now, false);
}

void Progress::print(Clock::time_point now, bool last) const {
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const std::string line = progress_line(title_, done_, total_, seconds, failed_);
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" + progress_bar(done_, total_) : "", line,
             last || !terminal_ ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace reprise
