#include "support/config_reference.h"

#include <yaml-cpp/yaml.h>

#include <regex>

namespace reprise::config {
namespace detail {
namespace {

using Type = ValueKind::Type;

std::string type_name(const ValueKind& kind) {
  switch (kind.type) {
    case Type::integer:
      return "integer";
    case Type::number:
      return "number";
    case Type::flag:
      return "true or false";
    case Type::text:
      return "text";
    case Type::file:
      return "path";
    case Type::name:
      return "name";
    case Type::name_or_file:
      return "name or path";
    case Type::numbers:
      return "list of numbers";
    case Type::numbers_or_file:
      return "list of numbers or path";
    case Type::texts:
      return "list of texts";
    case Type::section:
      return "section";
    case Type::map:
      return kind.children ? "mapping of sections" : "mapping of numbers";
    case Type::list:
      return "list of sections";
    case Type::anything:
      return "any value";
  }
  return "";
}

/// What `expected` says beyond the type.
std::string range_of(const Field& field) {
  if (field.kind.type == Type::name || field.kind.type == Type::name_or_file) return join(field.kind.names);
  const std::size_t in = field.expected.rfind(" in ");
  if (in != std::string::npos) return field.expected.substr(in + 4);
  const std::size_t least = field.expected.rfind(" at least ");
  return least == std::string::npos ? "" : field.expected.substr(least + 1);
}

std::string preset_of(const Field& field, const void* defaults) {
  if (field.kind.children || field.required || !field.present(defaults)) return "";
  YAML::Emitter out;
  field.write(out, defaults);
  const std::string text = out.c_str();
  return text == "\"\"" || text == "~" ? "" : text;
}

void describe_into(const Fields& fields, const void* defaults, const std::string& prefix,
                   std::vector<KeyDescription>& keys) {
  for (const Field& field : fields.fields) {
    KeyDescription key;
    key.path = prefix + field.key;
    key.type = type_name(field.kind);
    key.unit = field.unit;
    key.preset = preset_of(field, defaults);
    key.expected = field.expected;
    key.meaning = field.meaning;
    key.required = field.required;
    key.section = field.kind.children != nullptr;
    if (!key.section) key.range = range_of(field);
    const std::string path = key.path;
    keys.push_back(std::move(key));
    if (!field.kind.children) continue;
    const char* step = field.kind.type == Type::map ? ".NAME." : field.kind.type == Type::list ? "[]." : ".";
    const void* child = field.child ? field.child(defaults) : field.entry_defaults;
    describe_into(*field.kind.children, child, path + step, keys);
  }
}

}  // namespace

std::vector<KeyDescription> describe(const Fields& fields, const void* defaults) {
  std::vector<KeyDescription> keys;
  describe_into(fields, defaults, "", keys);
  return keys;
}

}  // namespace detail

std::string plain_text(const std::string& markdown) {
  static const std::regex link(R"(\[([^\]]*)\]\([^)]*\))");
  return std::regex_replace(markdown, link, "$1");
}

}  // namespace reprise::config
