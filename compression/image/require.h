#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "support/error.h"

/// Checks of outside data whose messages are put together only when they fail.
namespace reprise {

/// Throws InputError with the formatted text unless `condition` holds.
template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  if (!condition) throw InputError(fmt::format(text, std::forward<Arguments>(arguments)...));
}

/// Runs `function`; an InputError from it is thrown on with "`where`: " before its message.
template <class Function>
void in_context(const std::string& where, Function function) {
  try {
    function();
  } catch (const InputError& error) {
    throw InputError(where + ": " + error.what());
  }
}

}  // namespace reprise
