#pragma once

#include <fmt/format.h>

#include <string>
#include <type_traits>
#include <utility>

#include "support/error.h"

/// Checks of outside data whose messages are put together only when they fail.
namespace reprise {

/// Throws InputError with the formatted text unless `condition` holds.
template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!condition) throw InputError(fmt::format(text, std::forward<Arguments>(arguments)...));
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
