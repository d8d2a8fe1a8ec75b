#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// YAML as a tree in which every value knows where it comes from, so that layers of several files and of the command
/// line can be laid over each other and mistakes still name their place.
namespace reprise::config {

/// A file, or an option of the command line.
struct Source {
  std::string name;
  std::filesystem::path folder;  ///< relative paths start here
};

struct Place {
  std::shared_ptr<const Source> source;
  int line = 0;  ///< from 1; 0: an option, which has no lines
  int column = 0;

  /// Such as "lenet5.yaml:3:7: ".
  std::string text() const;
};

struct Node {
  enum class Kind {
    null,     ///< nothing is written there
    removed,  ///< nothing is written over a value, or in an option: back to the default
    scalar,
    list,
    mapping
  };

  Kind kind = Kind::null;
  Place place;               ///< of a null: that of its key
  std::string scalar;        ///< as written, without quotes
  std::string tag;           ///< "?": plain, "!": in quotes, anything else: an explicit tag
  std::vector<Node> keys;    ///< of a mapping, as written: maybe no scalars, maybe twice
  std::vector<Node> values;  ///< of a mapping, one for each key, or of a list

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_mapping() const { return kind == Kind::mapping; }

  /// The value of a key of a mapping, or nullptr.
  const Node* find(const std::string& key) const;
  Node* find(const std::string& key);
  /// Removes a key where it is there.
  void erase(const std::string& key);
  /// On one line, in flow style.
  std::string text() const;
};

/// YAML text as a tree. One document; at most a hundred levels and a million values.
/// @throws InputError
Node parse_node(const std::string& text, const Source& source);

/// The same of a value in an option, whose parts have no lines.
Node parse_option_value(const std::string& text, const Source& source);

/// Reads a file and what it includes (`include:`, a path or a list of them): later files win over earlier ones, the
/// file itself over all. A name without `.` or `/` is a preset: that file, with .yaml, in the folder `presets`.
/// @throws InputError, also where files include each other in a circle
Node load_node(const std::filesystem::path& file, const std::filesystem::path& presets);

/// Mappings are merged key by key, everything else is replaced, nothing (null) removes.
void lay_over(Node& base, Node over);

/// `a.b.c=value` of the command line as a tree; the value is YAML. @throws InputError
Node parse_override(const std::string& text);

/// `value` under nested keys: a.b.c.
Node under_path(const std::string& path, Node value);

}  // namespace reprise::config
