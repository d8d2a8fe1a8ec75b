#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <functional>
#include <iterator>
#include <thread>

#include "support/log.h"
#include "support/progress.h"
#include "tests/support/temporary_folder.h"

namespace reprise {
namespace {

/// What `job` writes to standard error.
std::string standard_error_of(const std::function<void()>& job) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "stderr";
  std::fflush(stderr);
  const int kept = dup(STDERR_FILENO);
  const int file = open(path.c_str(), O_CREAT | O_WRONLY, 0600);
  dup2(file, STDERR_FILENO);
  job();
  std::fflush(stderr);
  dup2(kept, STDERR_FILENO);
  close(file);
  close(kept);
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string all_messages_at(LogLevel level) {
  return standard_error_of([&] {
    init_logging(level);
    log_debug("a {}", 1);
    log_info("b {:.2f}", 0.5);
    log_warn("c {{}} {}", "%s");
    init_logging(LogLevel::info);
  });
}

TEST_CASE("messages below the level are dropped") {
  CHECK(all_messages_at(LogLevel::debug) == "debug: a 1\ninfo: b 0.50\nwarning: c {} %s\n");
  CHECK(all_messages_at(LogLevel::info) == "info: b 0.50\nwarning: c {} %s\n");
  CHECK(all_messages_at(LogLevel::warning) == "warning: c {} %s\n");
  CHECK(all_messages_at(LogLevel::quiet).empty());
}

TEST_CASE("a progress line has rate and time left") {
  CHECK(progress_line("images", 0, 1000, 0.0) == "images 0/1000, 0/s");
  CHECK(progress_line("images", 250, 1000, 20.0) == "images 250/1000, 12.5/s, 60 s left");
  CHECK(progress_line("images", 1000, 1000, 80.0) == "images 1000/1000, 12.5/s, took 80 s");
  CHECK(progress_line("none", 0, 0, 1.0) == "none 0/0, 0/s, took 1 s");
  CHECK(progress_line("points", 5, 10, 5.0, 2) == "points 5/10, 1/s, 5 s left, 2 failed");
  CHECK(progress_bar(5, 10) == "[##########..........] ");
  CHECK(progress_bar(0, 0) == "[####################] ");
}

TEST_CASE("away from a terminal progress is one line at the end, and nothing when quiet") {
  const auto run = [] {
    Progress progress("steps", 4000);
    std::thread other([&] {
      for (int i = 0; i < 2000; ++i) progress.advance();
    });
    for (int i = 0; i < 1000; ++i) progress.advance(2);
    other.join();
  };
  const std::string shown = standard_error_of(run);
  CHECK_THAT(shown, Catch::StartsWith("steps 4000/4000, ") && Catch::EndsWith(" s\n"));
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 1);
  init_logging(LogLevel::quiet);
  CHECK(standard_error_of(run).empty());
  init_logging(LogLevel::info);
}

}  // namespace
}  // namespace reprise
