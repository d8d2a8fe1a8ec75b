#include "compression/passes/parallel.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace reprise {

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  const std::size_t workers = std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), count);
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
  std::vector<std::future<void>> others;
  for (std::size_t worker = 0; worker < workers; ++worker) others.push_back(std::async(std::launch::async, take));
  for (auto& other : others) other.wait();
  for (auto& other : others) other.get();
}

}  // namespace reprise
