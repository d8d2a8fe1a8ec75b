#include "support/config_node.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "support/error.h"

namespace reprise::config {
namespace {

namespace fs = std::filesystem;
using SourcePointer = std::shared_ptr<const Source>;

constexpr int kDeepest = 100;
constexpr int kMostValues = 1'000'000;  // aliases of aliases grow without bound

Place place_of(const YAML::Mark& mark, const SourcePointer& source) {
  return {source, mark.line + 1, mark.column + 1};
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

class Converter {
 public:
  explicit Converter(SourcePointer source) : source_(std::move(source)) {}

  /// @param place  of the key, for a value that has none of its own
  Node convert(const YAML::Node& yaml, const Place& place, int depth) {
    Node node;
    node.place = yaml.Mark().is_null() || yaml.IsNull() ? place : place_of(yaml.Mark(), source_);
    if (depth > kDeepest || ++values_ > kMostValues) {
      throw InputError(node.place.text() +
                       "nested too deeply, or too large; expected at most a hundred levels and a "
                       "million values");
    }
    if (yaml.IsScalar()) {
      node.kind = Node::Kind::scalar;
      node.scalar = yaml.Scalar();
      node.tag = yaml.Tag();
    } else if (yaml.IsSequence()) {
      node.kind = Node::Kind::list;
      for (const auto& item : yaml) node.values.push_back(convert(item, node.place, depth + 1));
    } else if (yaml.IsMap()) {
      node.kind = Node::Kind::mapping;
      for (const auto& pair : yaml) {
        node.keys.push_back(convert(pair.first, place_of(pair.first.Mark(), source_), depth + 1));
        node.values.push_back(convert(pair.second, node.keys.back().place, depth + 1));
      }
    }
    return node;
  }

 private:
  const SourcePointer source_;
  int values_ = 0;
};

void forget_lines(Node& node, const SourcePointer& source) {
  node.place = {source, 0, 0};
  for (Node& key : node.keys) forget_lines(key, source);
  for (Node& value : node.values) forget_lines(value, source);
}

void check_one_document(const std::string& text, const SourcePointer& source) {
  DocumentCounter counter;
  std::istringstream in(text);
  YAML::Parser parser(in);
  while (counter.count < 2 && parser.HandleNextDocument(counter)) continue;
  if (counter.count < 2) return;
  throw InputError(place_of(counter.last, source).text() +
                   "stray text or a second document begins here; expected one mapping");
}

void emit(YAML::Emitter& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
    case Node::Kind::removed:
      out << YAML::Null;
      return;
    case Node::Kind::scalar:
      if (node.tag == "!") out << YAML::DoubleQuoted;
      out << node.scalar;
      return;
    case Node::Kind::list:
      out << YAML::Flow << YAML::BeginSeq;
      for (const Node& item : node.values) emit(out, item);
      out << YAML::EndSeq;
      return;
    case Node::Kind::mapping:
      out << YAML::Flow << YAML::BeginMap;
      for (std::size_t i = 0; i < node.keys.size(); ++i) {
        emit(out, node.keys[i]);
        emit(out, node.values[i]);
      }
      out << YAML::EndMap;
      return;
  }
}

std::string file_text(const fs::path& file, const std::string& asked_from) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  if (fs::is_directory(file) || !in) {
    throw InputError(asked_from + file.string() + ": cannot be read; expected a YAML file");
  }
  text << in.rdbuf();
  return text.str();
}

/// A file with what it includes.
class Loader {
 public:
  explicit Loader(const fs::path& presets) : presets_(presets) {}

  Node load(const fs::path& file, const std::string& asked_from) {
    const fs::path canonical = fs::weakly_canonical(file);
    if (std::find(open_.begin(), open_.end(), canonical) != open_.end()) {
      throw InputError(asked_from + file.string() + " includes itself, at last; expected no circle");
    }
    const std::string text = file_text(file, asked_from);
    Node own = parse_node(text, {file.string(), fs::absolute(file).parent_path()});
    const Node* include = own.find("include");
    if (include == nullptr) return own;
    open_.push_back(canonical);
    Node all;
    all.kind = Node::Kind::mapping;
    all.place = own.place;
    for (const Node& name : names_in(*include)) {
      Node included = load(file_named(name), name.place.text() + "include: ");
      if (!included.is_mapping()) throw InputError(included.place.text() + "found no keys; expected a mapping");
      lay_over(all, std::move(included));
    }
    open_.pop_back();
    own.erase("include");
    lay_over(all, std::move(own));
    return all;
  }

 private:
  static std::vector<Node> names_in(const Node& include) {
    std::vector<Node> names = include.is_list() ? include.values : std::vector<Node>{include};
    for (const Node& name : names) {
      if (name.is_scalar() && !name.scalar.empty()) continue;
      throw InputError(name.place.text() + "include: found " + name.text() + "; expected a path, or a list of paths");
    }
    return names;
  }

  fs::path file_named(const Node& name) const {
    if (name.scalar.find_first_of("./") != std::string::npos) {
      return (name.place.source->folder / name.scalar).lexically_normal();
    }
    const fs::path preset = presets_ / (name.scalar + ".yaml");
    if (!presets_.empty() && fs::exists(preset)) return preset;
    std::vector<std::string> known;
    if (!presets_.empty() && fs::is_directory(presets_)) {
      for (const auto& entry : fs::directory_iterator(presets_)) known.push_back(entry.path().stem().string());
    }
    std::sort(known.begin(), known.end());
    throw InputError(fmt::format("{}include: there is no preset {}; expected a path (with . or /) or one of {}",
                                 name.place.text(), name.scalar, fmt::join(known, ", ")));
  }

  const fs::path presets_;
  std::vector<fs::path> open_;
};

}  // namespace

std::string Place::text() const {
  const std::string name = source ? source->name : "";
  return line == 0 ? name + ": " : fmt::format("{}:{}:{}: ", name, line, column);
}

const Node* Node::find(const std::string& key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].is_scalar() && keys[i].scalar == key) return &values[i];
  }
  return nullptr;
}

Node* Node::find(const std::string& key) {
  return const_cast<Node*>(static_cast<const Node&>(*this).find(key));
}

void Node::erase(const std::string& key) {
  for (std::size_t i = keys.size(); i-- > 0;) {
    if (!keys[i].is_scalar() || keys[i].scalar != key) continue;
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(i));
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

std::string Node::text() const {
  YAML::Emitter out;
  emit(out, *this);
  return out.c_str();
}

Node parse_node(const std::string& text, const Source& source) {
  const auto shared = std::make_shared<const Source>(source);
  try {
    const YAML::Node root = YAML::Load(text);
    check_one_document(text, shared);
    return Converter(shared).convert(root, place_of({}, shared), 0);
  } catch (const YAML::Exception& error) {
    throw InputError(place_of(error.mark, shared).text() + error.msg + "; expected valid YAML");
  }
}

Node parse_option_value(const std::string& text, const Source& source) {
  Node node = parse_node(text, source);
  forget_lines(node, std::make_shared<const Source>(source));
  return node;
}

Node load_node(const fs::path& file, const fs::path& presets) {
  return Loader(presets).load(file, "");
}

void lay_over(Node& base, Node over) {
  if (over.is_null()) over.kind = Node::Kind::removed;
  if (!base.is_mapping() || !over.is_mapping()) {
    base = std::move(over);
    return;
  }
  const std::size_t old_keys = base.keys.size();
  std::vector<bool> replaced(old_keys, false);  // a key that `over` has twice stays there twice, and is a mistake
  for (std::size_t i = 0; i < over.keys.size(); ++i) {
    std::size_t at = 0;
    while (at < old_keys && (replaced[at] || base.keys[at].scalar != over.keys[i].scalar)) ++at;
    if (at < old_keys && over.keys[i].is_scalar()) {
      replaced[at] = true;
      base.keys[at] = std::move(over.keys[i]);
      lay_over(base.values[at], std::move(over.values[i]));
    } else {
      base.keys.push_back(std::move(over.keys[i]));
      base.values.push_back(std::move(over.values[i]));
    }
  }
}

Node parse_override(const std::string& text) {
  const Source source{"--set " + text, fs::current_path()};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) throw InputError(source.name + ": expected KEY=VALUE");
  Node value = parse_option_value(text.substr(equals + 1), source);
  if (value.is_null()) value.kind = Node::Kind::removed;
  return under_path(text.substr(0, equals), std::move(value));
}

Node under_path(const std::string& path, Node value) {
  for (std::size_t end = path.size();;) {
    const std::size_t dot = end == 0 ? std::string::npos : path.rfind('.', end - 1);
    const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
    Node key;
    key.kind = Node::Kind::scalar;
    key.place = value.place;
    key.scalar = path.substr(begin, end - begin);
    key.tag = "?";
    Node mapping;
    mapping.kind = Node::Kind::mapping;
    mapping.place = value.place;
    mapping.keys.push_back(std::move(key));
    mapping.values.push_back(std::move(value));
    value = std::move(mapping);
    if (dot == std::string::npos) return value;
    end = dot;
  }
}

}  // namespace reprise::config
