#include "compression/passes/parallel.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace reprise {
namespace {

/// Processors that no thread of in_parallel works on.
std::atomic<int>& idle_processors() {
  static std::atomic<int> count{std::max(1, static_cast<int>(std::thread::hardware_concurrency())) - 1};
  return count;
}

/// Some of the idle processors, while it lives.
class Helpers {
 public:
  explicit Helpers(std::size_t wanted) {
    int idle = idle_processors();
    do {
      count_ = std::clamp(static_cast<int>(std::min<std::size_t>(wanted, 1U << 16U)), 0, std::max(idle, 0));
    } while (!idle_processors().compare_exchange_weak(idle, idle - count_));
  }
  ~Helpers() { idle_processors() += count_; }
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  int count() const { return count_; }

 private:
  int count_ = 0;
};

}  // namespace

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (count == 0) return;
  const Helpers helpers(count - 1);
  std::atomic<std::size_t> next{0};
  const auto take = [&] {
    for (std::size_t job = next++; job < count; job = next++) {
      try {
        work(job);
      } catch (...) {
        next = count;
        throw;
      }
    }
  };
  std::vector<std::future<void>> all;
  for (int helper = 0; helper < helpers.count(); ++helper) all.push_back(std::async(std::launch::async, take));
  all.push_back(std::async(std::launch::deferred, take));
  all.back().wait();  // this thread works, too
  for (auto& one : all) one.wait();
  for (auto& one : all) one.get();
}

void in_parallel_runs(std::size_t count, std::size_t run, const std::function<void(std::size_t, std::size_t)>& work) {
  if (count <= run) return work(0, count);
  in_parallel((count + run - 1) / run, [&](std::size_t i) { work(i * run, std::min((i + 1) * run, count)); });
}

}  // namespace reprise
