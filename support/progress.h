#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace reprise {

/// How far a long job is, on standard error: on a terminal one line that is updated, elsewhere a line about every ten
/// seconds and one at the end. Silent where messages of level info are. May be advanced from several threads.
class Progress {
 public:
  Progress(std::string title, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t steps = 1);
  void fail() { ++failed_; }  ///< one of the steps failed; shown with the next advance()

 private:
  using Clock = std::chrono::steady_clock;
  void print(Clock::time_point now, bool last) const;

  const std::string title_;
  const std::uint64_t total_;
  const bool shown_;
  const bool terminal_;
  const Clock::duration interval_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::mutex printing_;
  Clock::time_point next_ = start_ + interval_;
};

/// Such as "images 250/1000, 12.5/s, 60 s left, 2 failed"; the time taken instead where all is done.
std::string progress_line(const std::string& title, std::uint64_t done, std::uint64_t total, double seconds,
                          std::uint64_t failed = 0);

/// Such as "[#####...............] ".
std::string progress_bar(std::uint64_t done, std::uint64_t total);

}  // namespace reprise
