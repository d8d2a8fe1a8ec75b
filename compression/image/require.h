#pragma once

#include <fmt/format.h>

#include <string>
#include <type_traits>
#include <utility>

#include "support/error.h"

/// Checks of outside data whose messages are put together only when they fail.
namespace reprise {

/// Of its own, so that require() is small enough to be inlined.
template <class... Arguments>
[[noreturn]] void fail(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  throw InputError(fmt::format(text, std::forward<Arguments>(arguments)...));
}

/// Throws InputError with the formatted text unless `condition` holds.
template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!condition) fail<Arguments...>(text, std::forward<Arguments>(arguments)...);
}

/// Runs `function`; an InputError from it is thrown on with "`where`: " before its message. `where` is a text or, where
/// many are needed and few read, a function that makes one.
template <class Where, class Function>
void in_context(const Where& where, Function function) {
  try {
    function();
  } catch (const InputError& error) {
    if constexpr (std::is_invocable_v<const Where&>) {
      throw InputError(where() + ": " + error.what());
    } else {
      throw InputError(std::string(where) + ": " + error.what());
    }
  }
}

}  // namespace reprise
