#pragma once

#include <string>
#include <vector>

#include "support/config.h"

/// What can be said about the keys of a table: for reference pages, explanations and suggestions.
namespace reprise::config {

struct KeyDescription {
  std::string path;      ///< such as platform.adc.bits; NAME for a free key, [] for an item of a list
  std::string type;      ///< such as "integer" or "list of numbers"
  std::string unit;      ///< empty: none
  std::string range;     ///< such as "1..12" or "linear, ideal"; empty: any
  std::string preset;    ///< the default as YAML; empty: none
  std::string expected;  ///< as in messages: "an integer in 1..12"
  std::string meaning;   ///< may have links, in Markdown
  bool required = false;
  bool section = false;  ///< has keys of its own
};

namespace detail {
std::vector<KeyDescription> describe(const Fields& fields, const void* defaults);
}

/// All keys, in the order of the table, sections before what is in them.
template <class T>
std::vector<KeyDescription> describe_keys(const Table<T>& table) {
  static const T defaults{};
  return detail::describe(table.fields(), &defaults);
}

/// Without the links of Markdown: their text stays.
std::string plain_text(const std::string& markdown);

}  // namespace reprise::config
