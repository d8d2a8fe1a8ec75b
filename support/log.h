#pragma once

#include <fmt/core.h>

#include <string>
#include <utility>

/// Messages to standard error. The formats are checked at compile time: log_info("{} of {} layers", done, total).
namespace reprise {

enum class LogLevel { debug, info, warning, quiet };

/// Messages below `level` are dropped; the level at the start is info.
void init_logging(LogLevel level);
bool log_enabled(LogLevel level);
/// Terminals get colours unless the environment has NO_COLOR (no-color.org).
bool colours_wanted();

namespace detail {
void log(LogLevel level, const std::string& message);

template <class... Args>
void log_formatted(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log(level, fmt::format(format, std::forward<Args>(args)...));
}
}  // namespace detail

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  detail::log_formatted(LogLevel::debug, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  detail::log_formatted(LogLevel::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  detail::log_formatted(LogLevel::warning, format, std::forward<Args>(args)...);
}

}  // namespace reprise
