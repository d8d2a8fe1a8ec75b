#include "support/config.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <set>
#include <sstream>

#include "support/error.h"

namespace reprise::config::detail {

namespace {

struct Mistake {
  YAML::Mark mark;
  std::string message;
};

struct Document {
  std::string name;
  std::filesystem::path folder;
  std::vector<Mistake> mistakes;
};

std::string place(const std::string& name, const YAML::Mark& mark) {
  return fmt::format("{}:{}:{}: ", name, mark.line + 1, mark.column + 1);
}

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

/// "did you mean rows?" where a name is near, otherwise all of them.
std::string suggest(const std::string& given, const std::vector<std::string>& names) {
  const auto nearest = std::min_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return edit_distance(given, a) < edit_distance(given, b);
  });
  if (nearest != names.end() && 2 * edit_distance(given, *nearest) <= std::max(given.size(), nearest->size())) {
    return "did you mean " + *nearest + "?";
  }
  return "expected one of " + join(names);
}

}  // namespace

class Cursor {
 public:
  Cursor(Document& document, const YAML::Node& value, const YAML::Mark& mark, std::string path, std::string expected)
      : node(value), document_(document), mark_(mark), path_(std::move(path)), expected_(std::move(expected)) {
    if (!node.Mark().is_null() && !node.IsNull()) mark_ = node.Mark();
  }

  Cursor child(const YAML::Node& value, const YAML::Mark& mark, const std::string& path, std::string expected) const {
    return {document_, value, mark, path, std::move(expected)};
  }
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + '.' + key; }
  const std::string& path() const { return path_; }
  const std::string& expected() const { return expected_; }
  const YAML::Mark& mark() const { return mark_; }
  const std::filesystem::path& folder() const { return document_.folder; }

  void fail(const YAML::Mark& mark, const std::string& path, const std::string& message) const {
    document_.mistakes.push_back({mark, (path.empty() ? "" : path + ": ") + message});
  }
  void fail(const std::string& what) const { fail(mark_, path_, what + "; expected " + expected_); }
  /// The value is of another kind than expected.
  void fail_kind() const {
    if (node.IsScalar()) {
      const std::string quote = node.Tag() == "!" ? "\"" : "";
      return fail("found " + quote + node.Scalar() + quote);
    }
    fail(node.IsMap() ? "found a mapping" : node.IsSequence() ? "found a list" : "found no value");
  }

  /// A scalar without quotes (unless they are allowed) or tag.
  bool is_scalar(bool quotes_allowed) const {
    return node.IsScalar() && (node.Tag() == "?" || (quotes_allowed && node.Tag() == "!"));
  }

  const YAML::Node node;

 private:
  Document& document_;
  YAML::Mark mark_;
  std::string path_;
  std::string expected_;
};

namespace {

/// Every key once, with its value; duplicates and keys that are no text are reported.
using Visit = std::function<void(const std::string& key, const YAML::Mark& mark, const YAML::Node& value)>;
void for_each_key(const Cursor& cursor, const Visit& visit) {
  if (!cursor.node.IsMap()) return cursor.fail_kind();
  std::set<std::string> seen;
  for (const auto& pair : cursor.node) {
    const YAML::Mark mark = pair.first.Mark();
    if (!pair.first.IsScalar()) {
      cursor.fail(mark, cursor.path(), "a key is not text; expected a name");
      continue;
    }
    const std::string& key = pair.first.Scalar();
    if (!seen.insert(key).second) {
      cursor.fail(mark, cursor.path_of(key), "duplicate key; expected each key once");
      continue;
    }
    visit(key, mark, pair.second);
  }
}

/// Counts documents. YAML::Load ignores all after the first, and YAML::LoadAll never ends where text is left over.
struct DocumentCounter : YAML::EventHandler {
  int count = 0;
  YAML::Mark last;

  void OnDocumentStart(const YAML::Mark& mark) override {
    ++count;
    last = mark;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

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
  const std::string& text = cursor.node.Scalar();
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
  const std::string text = cursor.is_scalar(false) ? cursor.node.Scalar() : "";
  if (text != "true" && text != "false") return cursor.fail_kind();
  value = text == "true";
}

void read_text(const Cursor& cursor, std::string& value) {
  if (!cursor.is_scalar(true)) return cursor.fail_kind();
  value = cursor.node.Scalar();
}

void read_file(const Cursor& cursor, std::string& value) {
  read_text(cursor, value);
  if (!value.empty()) value = (cursor.folder() / value).lexically_normal().string();
}

void read_name_or_file(const Cursor& cursor, const std::vector<std::string>& names, std::string& value) {
  if (cursor.is_scalar(true) && cursor.node.Scalar().find_first_of("./") == std::string::npos) {
    value = cursor.node.Scalar();
    if (std::find(names.begin(), names.end(), value) == names.end()) cursor.fail_kind();
  } else {
    read_file(cursor, value);
  }
}

void read_numbers(const Cursor& cursor, double low, double high, std::vector<double>& values) {
  if (!cursor.node.IsSequence()) return cursor.fail_kind();
  values.assign(cursor.node.size(), 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", cursor.path(), i);
    const Cursor item = cursor.child(cursor.node[i], cursor.mark(), path, describe_number(low, high));
    read_number(item, low, high, values[i]);
  }
}

void read_texts(const Cursor& cursor, std::vector<std::string>& values) {
  if (!cursor.node.IsSequence()) return cursor.fail_kind();
  values.assign(cursor.node.size(), "");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", cursor.path(), i);
    read_text(cursor.child(cursor.node[i], cursor.mark(), path, "text"), values[i]);
  }
}

std::optional<std::size_t> read_choice(const Cursor& cursor, const std::vector<std::string>& names) {
  if (cursor.is_scalar(true)) {
    const auto found = std::find(names.begin(), names.end(), cursor.node.Scalar());
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  cursor.fail_kind();
  return std::nullopt;
}

void read_fields(const Cursor& cursor, const Fields& fields, void* object) {
  std::vector<std::string> names;
  for (const Field& field : fields.fields) names.push_back(field.key);
  std::set<std::string> given;
  for_each_key(cursor, [&](const std::string& key, const YAML::Mark& mark, const YAML::Node& value) {
    const auto found = std::find(names.begin(), names.end(), key);
    const std::string path = cursor.path_of(key);
    if (found == names.end()) return cursor.fail(mark, path, "unknown key; " + suggest(key, names));
    const Field& field = fields.fields[static_cast<std::size_t>(found - names.begin())];
    given.insert(key);
    field.read(cursor.child(value, mark, path, field.expected), object);
  });
  if (!cursor.node.IsMap()) return;
  for (const Field& field : fields.fields) {
    if (given.count(field.key) != 0) continue;
    const std::string path = cursor.path_of(field.key);
    if (field.required) {
      cursor.fail(cursor.mark(), path, fmt::format("missing key ({}); expected {}", field.meaning, field.expected));
    } else if (field.section) {
      field.read(cursor.child(YAML::Node(YAML::NodeType::Map), cursor.mark(), path, field.expected), object);
    }
  }
}

void read_map(const Cursor& cursor, const std::function<void(const std::string& key, const Cursor&)>& read_entry) {
  for_each_key(cursor, [&](const std::string& key, const YAML::Mark& mark, const YAML::Node& value) {
    read_entry(key, cursor.child(value, mark, cursor.path_of(key), "a mapping"));
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

void parse(const std::string& text, const std::string& name, const Fields& fields, void* object) {
  YAML::Node root;
  DocumentCounter counter;
  try {
    root = YAML::Load(text);
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (counter.count < 2 && parser.HandleNextDocument(counter)) continue;
  } catch (const YAML::Exception& error) {
    throw InputError(place(name, error.mark) + error.msg + "; expected valid YAML");
  }
  if (counter.count > 1) {
    throw InputError(place(name, counter.last) + "stray text or a second document begins here; expected one mapping");
  }
  if (root.IsNull()) {
    throw InputError(place(name, {}) + "the file is empty; expected a mapping: " + fields.summary);
  }
  Document document{name, std::filesystem::absolute(name).parent_path(), {}};
  read_fields(Cursor(document, root, {}, "", "a mapping"), fields, object);
  if (document.mistakes.empty()) return;

  std::stable_sort(document.mistakes.begin(), document.mistakes.end(), [](const Mistake& a, const Mistake& b) {
    return std::pair(a.mark.line, a.mark.column) < std::pair(b.mark.line, b.mark.column);
  });
  std::string message;
  for (const Mistake& mistake : document.mistakes) {
    message += (message.empty() ? "" : "\n") + place(name, mistake.mark) + one_line(mistake.message);
  }
  throw InputError(message);
}

void load(const std::filesystem::path& file, const Fields& fields, void* object) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  if (std::filesystem::is_directory(file) || !in) {
    throw InputError(file.string() + ": cannot be read; expected a YAML file");
  }
  text << in.rdbuf();
  parse(text.str(), file.string(), fields, object);
}

std::string dump(const Fields& fields, const void* object) {
  YAML::Emitter out;
  write_fields(out, fields, object);
  return std::string(out.c_str()) + '\n';
}

}  // namespace reprise::config::detail
