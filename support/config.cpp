#include "support/config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>

#include "support/error.h"
#include "support/number_file.h"

namespace reprise::config::detail {

namespace {

struct Mistake {
  Place place;
  std::string message;
};

struct Document {
  const Fields& fields;
  std::vector<Mistake> mistakes;
};

/// On one line, whatever the file holds.
std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : text)
    line += static_cast<unsigned char>(c) < ' ' ? fmt::format("\\x{:02x}", c) : std::string(1, c);
  return line;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

/// The name most like the given one, where there is a near one.
std::optional<std::string> nearest_name(const std::string& given, const std::vector<std::string>& names) {
  const auto nearest = std::min_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return edit_distance(given, a) < edit_distance(given, b);
  });
  if (nearest == names.end()) return std::nullopt;
  const std::size_t longest = std::max(given.size(), nearest->size());
  return 2 * edit_distance(given, *nearest) <= longest ? std::optional(*nearest) : std::nullopt;
}

/// Paths of all keys of this name, sections included.
void collect_paths(const Fields& fields, const std::string& name, const std::string& prefix,
                   std::vector<std::string>& paths) {
  for (const Field& field : fields.fields) {
    if (field.key == name) paths.push_back(prefix + field.key);
    if (field.kind.children && field.kind.type == ValueKind::Type::section) {
      collect_paths(*field.kind.children, name, prefix + field.key + '.', paths);
    }
  }
}

/// Where a key of this name stands, if it is not where it was given; the path most like the given one.
std::optional<std::string> elsewhere(const Fields& root, const std::string& path, const std::string& name) {
  std::vector<std::string> paths;
  collect_paths(root, name, "", paths);
  if (paths.empty()) return std::nullopt;
  return *std::min_element(paths.begin(), paths.end(), [&](const auto& a, const auto& b) {
    return edit_distance(path, a) < edit_distance(path, b);
  });
}

}  // namespace

/// "did you mean rows?" where a name is near, otherwise all of them.
std::string suggest(const std::string& given, const std::vector<std::string>& names) {
  if (const auto nearest = nearest_name(given, names)) return "did you mean " + *nearest + "?";
  return "expected one of " + join(names);
}

class Cursor {
 public:
  Cursor(Document& document, const Node& value, std::string path, std::string expected)
      : node(value), document_(document), path_(std::move(path)), expected_(std::move(expected)) {}

  Cursor child(const Node& value, const std::string& path, std::string expected) const {
    return {document_, value, path, std::move(expected)};
  }
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + '.' + key; }
  const std::string& path() const { return path_; }
  const std::string& expected() const { return expected_; }
  std::filesystem::path folder() const { return node.place.source ? node.place.source->folder : ""; }
  const Fields& root() const { return document_.fields; }

  void fail(const Place& place, const std::string& path, const std::string& message) const {
    document_.mistakes.push_back({place, (path.empty() ? "" : path + ": ") + message});
  }
  void fail(const std::string& what) const { fail(node.place, path_, what + "; expected " + expected_); }
  /// The value is of another kind than expected.
  void fail_kind() const {
    if (node.is_scalar()) {
      const std::string quote = node.tag == "!" ? "\"" : "";
      return fail("found " + quote + node.scalar + quote);
    }
    fail(node.is_mapping() ? "found a mapping" : node.is_list() ? "found a list" : "found no value");
  }

  /// A scalar without quotes (unless they are allowed) or tag.
  bool is_scalar(bool quotes_allowed) const {
    return node.is_scalar() && (node.tag == "?" || (quotes_allowed && node.tag == "!"));
  }

  const Node& node;

 private:
  Document& document_;
  std::string path_;
  std::string expected_;
};

namespace {

/// Every key once, with its value; duplicates and keys that are no text are reported, those removed passed over.
using Visit = std::function<void(const std::string& key, const Place& place, const Node& value)>;
void for_each_key(const Cursor& cursor, const Visit& visit) {
  if (!cursor.node.is_mapping()) return cursor.fail_kind();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < cursor.node.keys.size(); ++i) {
    const Node& key = cursor.node.keys[i];
    if (!key.is_scalar()) {
      cursor.fail(key.place, cursor.path(), "a key is not text; expected a name");
      continue;
    }
    if (!seen.insert(key.scalar).second) {
      cursor.fail(key.place, cursor.path_of(key.scalar), "duplicate key; expected each key once");
      continue;
    }
    visit(key.scalar, key.place, cursor.node.values[i]);
  }
}

/// The whole text as a plain decimal number.
template <class Wide>
std::errc parse_decimal(const std::string& text, Wide& value) {
  const char* begin = text.data() + (text.size() > 1 && text[0] == '+' ? 1 : 0);
  const char* digits = begin + (*begin == '-' ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto is_digit = [&](const char* c) { return c < end && *c >= '0' && *c <= '9'; };
  if (!is_digit(digits) && !(digits < end && *digits == '.' && is_digit(digits + 1)))
    return std::errc::invalid_argument;
  if (*digits == '0' && is_digit(digits + 1)) return std::errc::invalid_argument;
  const auto [rest, error] = std::from_chars(begin, end, value);
  return rest == end ? error : std::errc::invalid_argument;
}

}  // namespace

ValueKind kind_of_numbers(ValueKind::Type type, double low, double high) {
  return {type, low, high, {}, {}};
}

ValueKind kind_of_names(ValueKind::Type type, const std::vector<std::string>& names) {
  return {type, 0, 0, names, {}};
}

ValueKind kind_of_section(ValueKind::Type type, const Fields& children) {
  return {type, 0, 0, {}, std::make_shared<const Fields>(children)};
}

std::string join(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

template <class N>
std::string describe_number(N low, N high) {
  const char* kind = std::is_integral_v<N> ? "an integer" : "a number";
  const auto bounded = [](N bound) {
    return std::abs(static_cast<double>(bound)) < (std::is_integral_v<N> ? 2e9 : 1e300);
  };
  if (bounded(high)) return fmt::format("{} in {}..{}", kind, low, high);
  return bounded(low) ? fmt::format("{} of at least {}", kind, low) : kind;
}

template <class N>
void read_number(const Cursor& cursor, N low, N high, N& value) {
  // A long double holds every 64-bit integer, so that 1e3 and 1000 are the same thing.
  using Wide = std::conditional_t<std::is_integral_v<N>, long double, N>;
  if (!cursor.is_scalar(false)) return cursor.fail_kind();
  const std::string& text = cursor.node.scalar;
  Wide number = 0;
  const std::errc error = parse_decimal(text, number);
  if (error == std::errc::invalid_argument) return cursor.fail_kind();
  if (error != std::errc() || number < static_cast<Wide>(low) || number > static_cast<Wide>(high)) {
    return cursor.fail(text + " is out of range");
  }
  if (std::is_integral_v<N> && std::floor(number) != number) return cursor.fail_kind();
  value = static_cast<N>(number);
}

template <class N>
void write_number(YAML::Emitter& out, N value) {
  out << fmt::format("{}", value);
}

template std::string describe_number(int, int);
template std::string describe_number(std::int64_t, std::int64_t);
template std::string describe_number(std::uint64_t, std::uint64_t);
template std::string describe_number(double, double);
template void read_number(const Cursor&, int, int, int&);
template void read_number(const Cursor&, std::int64_t, std::int64_t, std::int64_t&);
template void read_number(const Cursor&, std::uint64_t, std::uint64_t, std::uint64_t&);
template void read_number(const Cursor&, double, double, double&);
template void write_number(YAML::Emitter&, int);
template void write_number(YAML::Emitter&, std::int64_t);
template void write_number(YAML::Emitter&, std::uint64_t);
template void write_number(YAML::Emitter&, double);

void read_flag(const Cursor& cursor, bool& value) {
  const std::string text = cursor.is_scalar(false) ? cursor.node.scalar : "";
  if (text != "true" && text != "false") return cursor.fail_kind();
  value = text == "true";
}

void read_text(const Cursor& cursor, std::string& value) {
  if (!cursor.is_scalar(true)) return cursor.fail_kind();
  value = cursor.node.scalar;
}

void read_file(const Cursor& cursor, std::string& value) {
  read_text(cursor, value);
  if (!value.empty()) value = (cursor.folder() / value).lexically_normal().string();
}

void read_name_or_file(const Cursor& cursor, const std::vector<std::string>& names, std::string& value) {
  if (cursor.is_scalar(true) && cursor.node.scalar.find_first_of("./") == std::string::npos) {
    value = cursor.node.scalar;
    if (std::find(names.begin(), names.end(), value) == names.end()) cursor.fail_kind();
  } else {
    read_file(cursor, value);
  }
}

void read_list(const Cursor& cursor, const std::string& expected, const std::function<void(const Cursor&)>& read_item) {
  if (!cursor.node.is_list()) return cursor.fail_kind();
  for (std::size_t i = 0; i < cursor.node.values.size(); ++i) {
    read_item(cursor.child(cursor.node.values[i], fmt::format("{}[{}]", cursor.path(), i), expected));
  }
}

void read_numbers(const Cursor& cursor, double low, double high, std::vector<double>& values) {
  values.clear();
  read_list(cursor, describe_number(low, high),
            [&](const Cursor& item) { read_number(item, low, high, values.emplace_back(0.0)); });
}

void read_numbers_or_file(const Cursor& cursor, double low, double high, std::vector<double>& values) {
  if (!cursor.is_scalar(true)) return read_numbers(cursor, low, high, values);
  std::string file;
  read_file(cursor, file);
  try {
    const Node list = load_number_list(file);
    if (!list.is_list()) throw InputError(file + ": expected a list of numbers");
    read_numbers(cursor.child(list, cursor.path(), cursor.expected()), low, high, values);
  } catch (const InputError& mistake) {
    cursor.fail(cursor.node.place, cursor.path(), mistake.what());
  }
}

void read_texts(const Cursor& cursor, std::vector<std::string>& values) {
  values.clear();
  read_list(cursor, "text", [&](const Cursor& item) { read_text(item, values.emplace_back()); });
}

void read_anything(const Cursor& cursor, Node& value) {
  value = cursor.node;
}

std::optional<std::size_t> read_choice(const Cursor& cursor, const std::vector<std::string>& names) {
  if (cursor.is_scalar(true)) {
    const auto found = std::find(names.begin(), names.end(), cursor.node.scalar);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  cursor.fail_kind();
  return std::nullopt;
}

namespace {

/// The nearest name here, or the same name elsewhere, or all names here.
std::string advice(const Cursor& cursor, const std::string& path, const std::string& key,
                   const std::vector<std::string>& names) {
  if (nearest_name(key, names)) return suggest(key, names);
  if (const auto other = elsewhere(cursor.root(), path, key)) return "did you mean " + *other + "?";
  return suggest(key, names);
}

}  // namespace

void read_fields(const Cursor& cursor, const Fields& fields, void* object) {
  std::vector<std::string> names;
  for (const Field& field : fields.fields) names.push_back(field.key);
  std::set<std::string> given;
  for_each_key(cursor, [&](const std::string& key, const Place& place, const Node& value) {
    const auto found = std::find(names.begin(), names.end(), key);
    const std::string path = cursor.path_of(key);
    if (found == names.end()) return cursor.fail(place, path, "unknown key; " + advice(cursor, path, key, names));
    if (value.kind == Node::Kind::removed) return;
    const Field& field = fields.fields[static_cast<std::size_t>(found - names.begin())];
    given.insert(key);
    field.read(cursor.child(value, path, field.expected), object);
  });
  if (!cursor.node.is_mapping()) return;
  for (const Field& field : fields.fields) {
    if (given.count(field.key) != 0) continue;
    const std::string path = cursor.path_of(field.key);
    if (field.required) {
      cursor.fail(cursor.node.place, path, fmt::format("missing key ({}); expected {}", field.meaning, field.expected));
    } else if (field.section) {
      Node empty;
      empty.kind = Node::Kind::mapping;
      empty.place = cursor.node.place;
      field.read(cursor.child(empty, path, field.expected), object);
    }
  }
}

void read_map(const Cursor& cursor, const std::function<void(const std::string& key, const Cursor&)>& read_entry) {
  for_each_key(cursor, [&](const std::string& key, const Place&, const Node& value) {
    if (value.kind == Node::Kind::removed) return;
    read_entry(key, cursor.child(value, cursor.path_of(key), "a mapping"));
  });
}

void write_flag(YAML::Emitter& out, bool value) {
  out << (value ? "true" : "false");
}

void write_text(YAML::Emitter& out, const std::string& value) {
  out << YAML::DoubleQuoted << value;
}

void write_name(YAML::Emitter& out, const std::string& name) {
  out << name;
}

void write_anything(YAML::Emitter& out, const Node& value) {
  switch (value.kind) {
    case Node::Kind::null:
    case Node::Kind::removed:
      out << YAML::Null;
      return;
    case Node::Kind::scalar:
      value.tag == "!" ? write_text(out, value.scalar) : write_name(out, value.scalar);
      return;
    case Node::Kind::list:
      write_list(out, value.values.size(), [&](std::size_t i) { write_anything(out, value.values[i]); });
      return;
    case Node::Kind::mapping:
      write_map(out, [&] {
        for (std::size_t i = 0; i < value.keys.size(); ++i) {
          write_anything(out, value.keys[i]);
          write_anything(out, value.values[i]);
        }
      });
      return;
  }
}

void write_list(YAML::Emitter& out, std::size_t size, const std::function<void(std::size_t)>& write_item) {
  out << YAML::BeginSeq;
  for (std::size_t i = 0; i < size; ++i) write_item(i);
  out << YAML::EndSeq;
}

void write_numbers(YAML::Emitter& out, const std::vector<double>& values) {
  out << YAML::Flow << YAML::BeginSeq;
  for (const double value : values) write_number(out, value);
  out << YAML::EndSeq;
}

void write_texts(YAML::Emitter& out, const std::vector<std::string>& values) {
  out << YAML::Flow << YAML::BeginSeq;
  for (const std::string& value : values) write_text(out, value);
  out << YAML::EndSeq;
}

void write_map(YAML::Emitter& out, const std::function<void()>& write_entries) {
  out << YAML::BeginMap;
  write_entries();
  out << YAML::EndMap;
}

void write_fields(YAML::Emitter& out, const Fields& fields, const void* object) {
  write_map(out, [&] {
    for (const Field& field : fields.fields) {
      if (!field.present(object)) continue;
      write_name(out, field.key);
      field.write(out, object);
    }
  });
}

void read(const Node& root, const Fields& fields, void* object) {
  if (root.is_null()) {
    throw InputError(root.place.text() + "the file is empty; expected a mapping: " + fields.summary);
  }
  Document document{fields, {}};
  read_fields(Cursor(document, root, "", "a mapping"), fields, object);
  if (document.mistakes.empty()) return;

  std::map<const Source*, std::size_t> order;  // of the files: as they are first met
  for (const Mistake& mistake : document.mistakes) order.emplace(mistake.place.source.get(), order.size());
  std::stable_sort(document.mistakes.begin(), document.mistakes.end(), [&](const Mistake& a, const Mistake& b) {
    const auto key = [&](const Place& place) {
      return std::tuple(order.at(place.source.get()), place.line, place.column);
    };
    return key(a.place) < key(b.place);
  });
  std::string message;
  for (const Mistake& mistake : document.mistakes) {
    message += (message.empty() ? "" : "\n") + mistake.place.text() + one_line(mistake.message);
  }
  throw InputError(message);
}

std::string dump(const Fields& fields, const void* object) {
  YAML::Emitter out;
  write_fields(out, fields, object);
  return std::string(out.c_str()) + '\n';
}

}  // namespace reprise::config::detail

namespace reprise::config {

Node load_layers(const std::filesystem::path& file, const Layers& layers) {
  Node root = load_node(file, layers.presets);
  if (root.is_null() && !layers.overrides.empty()) root.kind = Node::Kind::mapping;
  for (const std::string& text : layers.overrides) lay_over(root, parse_override(text));
  return root;
}

}  // namespace reprise::config
