#include "support/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "support/log.h"

namespace reprise {

std::string progress_line(const std::string& title, std::uint64_t done, std::uint64_t total, double seconds) {
  const double rate = seconds > 0.0 ? static_cast<double>(done) / seconds : 0.0;
  std::string line = fmt::format("{} {}/{}, {:.3g}/s", title, done, total, rate);
  if (done >= total) return line + fmt::format(", took {:.3g} s", seconds);
  if (rate > 0.0) line += fmt::format(", {:.0f} s left", static_cast<double>(total - done) / rate);
  return line;
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
  const std::string line = progress_line(title_, done_, total_, seconds);
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line, last || !terminal_ ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace reprise
