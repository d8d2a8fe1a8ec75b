#include "scenarios/config_schema.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/config_reference.h"

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;
using config::detail::Field;
using config::detail::Fields;
using config::detail::ValueKind;
using Type = ValueKind::Type;

Json object_of(const Fields& fields);

Json number_of(const ValueKind& kind, bool integer) {
  Json json{{"type", integer ? "integer" : "number"}};
  constexpr double kBounded = 1e300;
  if (std::abs(kind.low) < kBounded) json["minimum"] = kind.low;
  if (std::abs(kind.high) < kBounded) json["maximum"] = kind.high;
  return json;
}

Json value_of(const ValueKind& kind) {
  switch (kind.type) {
    case Type::integer:
      return number_of(kind, true);
    case Type::number:
      return number_of(kind, false);
    case Type::flag:
      return {{"type", "boolean"}};
    case Type::text:
    case Type::file:
    case Type::name_or_file:
      return {{"type", "string"}};
    case Type::name:
      return {{"enum", kind.names}};
    case Type::numbers:
      return {{"type", "array"}, {"items", number_of(kind, false)}};
    case Type::numbers_or_file:
      return {{"anyOf", {{{"type", "array"}, {"items", number_of(kind, false)}}, {{"type", "string"}}}}};
    case Type::texts:
      return {{"type", "array"}, {"items", {{"type", "string"}}}};
    case Type::section:
      return object_of(*kind.children);
    case Type::map:
      return {{"type", "object"},
              {"additionalProperties", kind.children ? object_of(*kind.children) : number_of(kind, false)}};
    case Type::list:
      return {{"type", "array"}, {"items", object_of(*kind.children)}};
    case Type::anything:
      return Json::object();
  }
  return {};
}

Json object_of(const Fields& fields) {
  Json properties = Json::object();
  for (const Field& field : fields.fields) {
    Json value = value_of(field.kind);
    value["description"] = config::plain_text(field.meaning) + (field.unit.empty() ? "" : " (in " + field.unit + ")");
    properties[field.key] = std::move(value);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

}  // namespace

Json schema_of(const Fields& fields, const std::string& title) {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  schema.update(object_of(fields));
  const Json path{{"type", "string"}};
  schema["properties"]["include"] = {{"description", "files that are read first, or presets by name; later ones win"},
                                     {"anyOf", {path, {{"type", "array"}, {"items", path}}}}};
  return schema;
}

}  // namespace reprise
