#include "support/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace reprise {

namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::quiet:
      break;
  }
  return spdlog::level::off;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    const auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    if (!colours_wanted()) sink->set_color_mode(spdlog::color_mode::never);
    auto made = std::make_shared<spdlog::logger>("reprise", sink);
    // On a terminal a message overwrites the line of a Progress, which is drawn again below it.
    made->set_pattern(isatty(STDERR_FILENO) != 0 ? "\r\x1b[K%^%l%$: %v" : "%l: %v");
    return made;
  }();
  return *instance;
}

}  // namespace

void init_logging(LogLevel level) {
  logger().set_level(to_spdlog(level));
}

bool log_enabled(LogLevel level) {
  return level != LogLevel::quiet && logger().should_log(to_spdlog(level));
}

bool colours_wanted() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour == nullptr || *no_colour == '\0';
}

void detail::log(LogLevel level, const std::string& message) {
  logger().log(to_spdlog(level), message);
}

}  // namespace reprise
