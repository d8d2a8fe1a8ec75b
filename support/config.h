#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/config_node.h"

namespace YAML {
class Emitter;
}

/// Strict YAML configuration. One table of fields per struct says how it is read, checked and dumped; the struct's
/// member initialisers are the defaults. All mistakes of a file are reported at once, in one InputError, one a line:
/// `file:line:column: a.b.c: what is wrong; what is expected`. A file may include others (config_node.h).
namespace reprise::config {

namespace detail {

class Cursor;  // a value in a YAML document, with its place and its key path

struct Fields;

/// What kind of value a field takes, for descriptions of it.
struct ValueKind {
  enum class Type {
    integer,
    number,
    flag,
    text,
    file,
    name,
    name_or_file,
    numbers,
    numbers_or_file,
    texts,
    section,
    map,
    list,
    anything
  };
  Type type = Type::anything;
  double low = 0.0;  ///< of numbers
  double high = 0.0;
  std::vector<std::string> names;          ///< of a name
  std::shared_ptr<const Fields> children;  ///< of a section, of each entry of a map or a list; absent: of numbers
};

struct Field {
  std::string key;
  std::string expected;  ///< such as "an integer in 1..128"
  std::string meaning;
  std::string unit;  ///< empty: none
  ValueKind kind;
  std::function<const void*(const void* object)> child;  ///< of a section: its object, or one with the defaults
  const void* entry_defaults = nullptr;                  ///< of a map or list of sections: an entry with the defaults
  std::function<void(const Cursor&, void* object)> read;
  std::function<bool(const void* object)> present;
  std::function<void(YAML::Emitter&, const void* object)> write;
  bool required = false;
  bool section = false;  ///< read like an empty mapping where it is absent
};

struct Fields {
  std::string summary;
  std::vector<Field> fields;
};

template <class M>
struct BareOf {
  using type = M;
};
template <class V>
struct BareOf<std::optional<V>> {
  using type = V;
};
template <class M>
using Bare = typename BareOf<M>::type;

// Numbers: int, std::int64_t, std::uint64_t and double.
template <class N>
std::string describe_number(N low, N high);
template <class N>
void read_number(const Cursor& cursor, N low, N high, N& value);
template <class N>
void write_number(YAML::Emitter& out, N value);

ValueKind kind_of_numbers(ValueKind::Type type, double low, double high);
ValueKind kind_of_names(ValueKind::Type type, const std::vector<std::string>& names);
ValueKind kind_of_section(ValueKind::Type type, const Fields& children);

void read_flag(const Cursor& cursor, bool& value);
void read_text(const Cursor& cursor, std::string& value);
void read_file(const Cursor& cursor, std::string& value);
void read_name_or_file(const Cursor& cursor, const std::vector<std::string>& names, std::string& value);
void read_numbers(const Cursor& cursor, double low, double high, std::vector<double>& values);
void read_numbers_or_file(const Cursor& cursor, double low, double high, std::vector<double>& values);
void read_texts(const Cursor& cursor, std::vector<std::string>& values);
void read_anything(const Cursor& cursor, Node& value);
std::optional<std::size_t> read_choice(const Cursor& cursor, const std::vector<std::string>& names);
void read_fields(const Cursor& cursor, const Fields& fields, void* object);
void read_list(const Cursor& cursor, const std::string& expected, const std::function<void(const Cursor&)>& read_item);
void read_map(const Cursor& cursor, const std::function<void(const std::string& key, const Cursor&)>& read_entry);

void write_flag(YAML::Emitter& out, bool value);
void write_text(YAML::Emitter& out, const std::string& value);
void write_name(YAML::Emitter& out, const std::string& name);
void write_anything(YAML::Emitter& out, const Node& value);
void write_numbers(YAML::Emitter& out, const std::vector<double>& values);
void write_texts(YAML::Emitter& out, const std::vector<std::string>& values);
void write_fields(YAML::Emitter& out, const Fields& fields, const void* object);
void write_map(YAML::Emitter& out, const std::function<void()>& write_entries);
void write_list(YAML::Emitter& out, std::size_t size, const std::function<void(std::size_t)>& write_item);

std::string join(const std::vector<std::string>& names);
void read(const Node& root, const Fields& fields, void* object);
std::string suggest(const std::string& given, const std::vector<std::string>& names);
std::string dump(const Fields& fields, const void* object);

}  // namespace detail

/// The fields of a configuration struct T. Every member may also be a std::optional: nullopt where its key is absent.
template <class T>
class Table {
 public:
  explicit Table(std::string summary) { fields_.summary = std::move(summary); }

  /// A number within low..high. Plain decimals only (12, -0.5, 1e3): no octal, hexadecimal, infinity or quotes.
  template <class M>
  Table& number(const char* key, M T::*member, detail::Bare<M> low, detail::Bare<M> high, const char* meaning) {
    using N = detail::Bare<M>;
    return add<M>(
        key, detail::describe_number(low, high), meaning, kind_of_number<N>(low, high), member,
        [low, high](const detail::Cursor& cursor, N& value) { detail::read_number(cursor, low, high, value); },
        [](YAML::Emitter& out, N value) { detail::write_number(out, value); });
  }

  /// `true` or `false`.
  template <class M>
  Table& flag(const char* key, M T::*member, const char* meaning) {
    return add<M>(key, "true or false", meaning, Kind{Type::flag, 0, 0, {}, {}}, member, detail::read_flag,
                  detail::write_flag);
  }

  template <class M>
  Table& text(const char* key, M T::*member, const char* meaning) {
    return add<M>(key, "text", meaning, Kind{Type::text, 0, 0, {}, {}}, member, detail::read_text, detail::write_text);
  }

  /// A path. A relative one is resolved against the folder of the YAML file that holds the key; the value is absolute.
  template <class M>
  Table& file(const char* key, M T::*member, const char* meaning) {
    return add<M>(key, "a path", meaning, Kind{Type::file, 0, 0, {}, {}}, member, detail::read_file,
                  detail::write_text);
  }

  /// One of the names, which stays as it is, or a path as of file(). What has neither `/` nor `.` is taken for a name.
  template <class M>
  Table& name_or_file(const char* key, M T::*member, const std::vector<std::string>& names, const char* meaning) {
    return add<M>(
        key, "one of " + detail::join(names) + ", or a path", meaning, detail::kind_of_names(Type::name_or_file, names),
        member,
        [names](const detail::Cursor& cursor, std::string& value) { detail::read_name_or_file(cursor, names, value); },
        detail::write_text);
  }

  /// A list of numbers, each within low..high.
  template <class M>
  Table& numbers(const char* key, M T::*member, double low, double high, const char* meaning) {
    return add<M>(
        key, "a list, each item " + detail::describe_number(low, high), meaning,
        detail::kind_of_numbers(Type::numbers, low, high), member,
        [low, high](const detail::Cursor& cursor, std::vector<double>& values) {
          detail::read_numbers(cursor, low, high, values);
        },
        detail::write_numbers);
  }

  /// The same, or the path, as of file(), of a file that lists them (support/number_file.h); the value is the list.
  template <class M>
  Table& numbers_or_file(const char* key, M T::*member, double low, double high, const char* meaning) {
    return add<M>(
        key, "a list or the path of one, each item " + detail::describe_number(low, high), meaning,
        detail::kind_of_numbers(Type::numbers_or_file, low, high), member,
        [low, high](const detail::Cursor& cursor, std::vector<double>& values) {
          detail::read_numbers_or_file(cursor, low, high, values);
        },
        detail::write_numbers);
  }

  /// A list of texts.
  template <class M>
  Table& texts(const char* key, M T::*member, const char* meaning) {
    return add<M>(key, "a list, each item text", meaning, Kind{Type::texts, 0, 0, {}, {}}, member, detail::read_texts,
                  detail::write_texts);
  }

  /// One of the names.
  template <class M>
  Table& choice(const char* key, M T::*member, const std::vector<std::pair<const char*, detail::Bare<M>>>& names,
                const char* meaning) {
    using E = detail::Bare<M>;
    std::vector<std::string> words;
    std::vector<E> values;
    for (const auto& [word, value] : names) {
      words.emplace_back(word);
      values.push_back(value);
    }
    return add<M>(
        key, "one of " + detail::join(words), meaning, detail::kind_of_names(Type::name, words), member,
        [words, values](const detail::Cursor& cursor, E& value) {
          if (const auto index = detail::read_choice(cursor, words)) value = values[*index];
        },
        [words, values](YAML::Emitter& out, E value) {
          for (std::size_t i = 0; i < values.size(); ++i) {
            if (values[i] == value) return detail::write_name(out, words[i]);
          }
        });
  }

  /// A mapping with the keys of another table.
  template <class M>
  Table& section(const char* key, M T::*member, const Table<detail::Bare<M>>& table, const char* meaning) {
    using U = detail::Bare<M>;
    add<M>(
        key, "a mapping", meaning, detail::kind_of_section(Type::section, table.fields()), member,
        [fields = table.fields()](const detail::Cursor& cursor, U& value) {
          detail::read_fields(cursor, fields, &value);
        },
        [fields = table.fields()](YAML::Emitter& out, const U& value) { detail::write_fields(out, fields, &value); });
    fields_.fields.back().section = std::is_same_v<M, U>;
    fields_.fields.back().child = [member](const void* object) -> const void* {
      if constexpr (std::is_same_v<M, U>) {
        return &(static_cast<const T*>(object)->*member);
      } else {
        static const U defaults{};
        const M& value = static_cast<const T*>(object)->*member;
        return value ? &*value : &defaults;
      }
    };
    return *this;
  }

  /// A mapping with free keys to values described by another table.
  template <class U>
  Table& map(const char* key, std::map<std::string, U> T::*member, const Table<U>& table, const char* meaning) {
    using Map = std::map<std::string, U>;
    add<Map>(
        key, "a mapping", meaning, detail::kind_of_section(Type::map, table.fields()), member,
        [fields = table.fields()](const detail::Cursor& cursor, Map& map) {
          map.clear();
          detail::read_map(cursor, [&](const std::string& name, const detail::Cursor& entry) {
            detail::read_fields(entry, fields, &map[name]);
          });
        },
        [fields = table.fields()](YAML::Emitter& out, const Map& map) {
          detail::write_map(out, [&] {
            for (const auto& [name, value] : map) {
              detail::write_text(out, name);
              detail::write_fields(out, fields, &value);
            }
          });
        });
    return with_entry_defaults<U>();
  }

  /// A mapping with free keys to numbers within low..high.
  template <class N>
  Table& numbers_by_name(const char* key, std::map<std::string, N> T::*member, N low, N high, const char* meaning) {
    using Map = std::map<std::string, N>;
    return add<Map>(
        key, "a mapping, each value " + detail::describe_number(low, high), meaning,
        detail::kind_of_numbers(Type::map, static_cast<double>(low), static_cast<double>(high)), member,
        [low, high](const detail::Cursor& cursor, Map& map) {
          map.clear();
          detail::read_map(cursor, [&](const std::string& name, const detail::Cursor& entry) {
            detail::read_number(entry, low, high, map[name]);
          });
        },
        [](YAML::Emitter& out, const Map& map) {
          detail::write_map(out, [&] {
            for (const auto& [name, value] : map) {
              detail::write_text(out, name);
              detail::write_number(out, value);
            }
          });
        });
  }

  /// Any YAML, to be read later.
  Table& anything(const char* key, Node T::*member, const char* expected, const char* meaning) {
    return add<Node>(key, expected, meaning, Kind{}, member, detail::read_anything, detail::write_anything);
  }

  /// A list of mappings, each with the keys of another table.
  template <class U>
  Table& list(const char* key, std::vector<U> T::*member, const Table<U>& table, const char* meaning) {
    using List = std::vector<U>;
    add<List>(
        key, "a list of mappings", meaning, detail::kind_of_section(Type::list, table.fields()), member,
        [fields = table.fields()](const detail::Cursor& cursor, List& list) {
          list.clear();
          detail::read_list(cursor, "a mapping", [&](const detail::Cursor& item) {
            detail::read_fields(item, fields, &list.emplace_back());
          });
        },
        [fields = table.fields()](YAML::Emitter& out, const List& list) {
          detail::write_list(out, list.size(), [&](std::size_t i) { detail::write_fields(out, fields, &list[i]); });
        });
    return with_entry_defaults<U>();
  }

  /// All keys of another table, at this level.
  template <class U>
  Table& all_of(U T::*member, const Table<U>& table) {
    for (detail::Field field : table.fields().fields) {
      field.read = [member, inner = field.read](const detail::Cursor& cursor, void* object) {
        inner(cursor, &(static_cast<T*>(object)->*member));
      };
      const auto part = [member](const void* object) -> const void* {
        return &(static_cast<const T*>(object)->*member);
      };
      field.present = [part, inner = field.present](const void* object) { return inner(part(object)); };
      field.write = [part, inner = field.write](YAML::Emitter& out, const void* object) { inner(out, part(object)); };
      if (field.child) field.child = [part, inner = field.child](const void* object) { return inner(part(object)); };
      fields_.fields.push_back(std::move(field));
    }
    return *this;
  }

  /// The field added last must be given.
  Table& required() {
    fields_.fields.back().required = true;
    return *this;
  }

  /// What the field added last is measured in.
  Table& unit(const char* unit) {
    fields_.fields.back().unit = unit;
    return *this;
  }

  const detail::Fields& fields() const { return fields_; }

 private:
  using Kind = detail::ValueKind;
  using Type = detail::ValueKind::Type;

  template <class U>
  Table& with_entry_defaults() {
    static const U defaults{};
    fields_.fields.back().entry_defaults = &defaults;
    return *this;
  }

  template <class N>
  static Kind kind_of_number(N low, N high) {
    return detail::kind_of_numbers(std::is_integral_v<N> ? Type::integer : Type::number, static_cast<double>(low),
                                   static_cast<double>(high));
  }

  template <class M, class Read, class Write>
  Table& add(const char* key, std::string expected, const char* meaning, Kind kind, M T::*member, Read read,
             Write write) {
    detail::Field field;
    field.key = key;
    field.expected = std::move(expected);
    field.meaning = meaning;
    field.kind = std::move(kind);
    field.read = [member, read](const detail::Cursor& cursor, void* object) {
      M& value = static_cast<T*>(object)->*member;
      if constexpr (std::is_same_v<M, detail::Bare<M>>) {
        read(cursor, value);
      } else {
        read(cursor, value.emplace());
      }
    };
    field.present = [member](const void* object) {
      [[maybe_unused]] const M& value = static_cast<const T*>(object)->*member;
      if constexpr (std::is_same_v<M, detail::Bare<M>>) {
        return true;
      } else {
        return value.has_value();
      }
    };
    field.write = [member, write](YAML::Emitter& out, const void* object) {
      const M& value = static_cast<const T*>(object)->*member;
      if constexpr (std::is_same_v<M, detail::Bare<M>>) {
        write(out, value);
      } else {
        write(out, *value);
      }
    };
    fields_.fields.push_back(std::move(field));
    return *this;
  }

  detail::Fields fields_;
};

/// What a file is read with.
struct Layers {
  std::vector<std::string> overrides;  ///< `a.b.c=value`, laid over the file, later ones win
  std::filesystem::path presets;       ///< folder of the files that can be included by name
};

/// A file, what it includes and what is laid over it. Throws InputError.
Node load_layers(const std::filesystem::path& file, const Layers& layers);

/// A tree as a value. Throws InputError.
template <class T>
T read(const Node& root, const Table<T>& table) {
  T value{};
  detail::read(root, table.fields(), &value);
  return value;
}

/// Reads a YAML file. Throws InputError.
template <class T>
T load(const std::filesystem::path& file, const Table<T>& table, const Layers& layers = {}) {
  return read(load_layers(file, layers), table);
}

/// Reads YAML text; `name` stands for the file in messages and for relative paths. Throws InputError.
template <class T>
T parse(const std::string& text, const std::string& name, const Table<T>& table) {
  return read(parse_node(text, {name, std::filesystem::absolute(name).parent_path()}), table);
}

/// The effective configuration as YAML: parses back to the same value.
template <class T>
std::string dump(const T& value, const Table<T>& table) {
  return detail::dump(table.fields(), &value);
}

}  // namespace reprise::config
