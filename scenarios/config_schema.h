#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "support/config.h"

namespace reprise {

/// JSON Schema (draft 7) of the YAML files that a table reads, for editors. Nothing is required in it: what is
/// required may come from an included file.
nlohmann::ordered_json schema_of(const config::detail::Fields& fields, const std::string& title);

}  // namespace reprise
