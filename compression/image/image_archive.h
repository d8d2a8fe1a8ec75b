#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "compression/image/hdf5_file.h"
#include "compression/image/require.h"

/// Two views of one HDF5 group with the same members, so that one description of the file's layout (image_file.cpp)
/// both writes and reads it.
namespace reprise {

/// One field of records that are stored column by column.
template <class Record, class Field>
struct Column {
  const char* name;
  Field Record::*field;
};
template <class Record, class Field>
Column<Record, Field> column(const char* name, Field Record::*field) {
  return {name, field};
}

class GroupWriter {
 public:
  static constexpr bool kReads = false;
  explicit GroupWriter(Hdf5Group group) : group_(std::move(group)) {}

  GroupWriter child(const std::string& name) const { return GroupWriter(group_.create_group(name)); }

  /// One attribute of as many numbers as are given.
  template <class First, class... Rest>
  void numbers(const char* name, const First& first, const Rest&... rest) const {
    const std::array<First, 1 + sizeof...(Rest)> values{first, rest...};
    group_.write_attribute(name, values.data(), values.size());
  }
  void flag(const char* name, bool value) const { numbers(name, static_cast<std::uint8_t>(value)); }
  void text(const char* name, const std::string& value) const { group_.write_text(name, value); }
  void long_text(const char* name, const std::string& value) const { group_.write_text_dataset(name, value); }
  template <class Enum>
  void choice(const char* name, Enum value, const std::vector<Enum>&) const {
    text(name, to_string(value));
  }

  template <class T>
  void list(const std::string& name, const std::vector<T>& values) const {
    group_.write_dataset(name, values, {values.size()});
  }
  template <std::size_t kSize>
  void list(const char* name, const std::array<std::uint8_t, kSize>& values) const {
    list(name, std::vector<std::uint8_t>(values.begin(), values.end()));
  }
  /// Weights and cells, which hardly become smaller by compression.
  template <class T>
  void block(const std::string& name, const std::vector<T>& values, const Extent& extent) const {
    group_.write_dataset(name, values, extent, false);
  }
  template <class Record, class... Fields>
  void records(const std::vector<Record>& values, Column<Record, Fields>... columns) const {
    (write_column(values, columns), ...);
  }

 private:
  template <class Record, class Field>
  void write_column(const std::vector<Record>& values, Column<Record, Field> column) const {
    using Stored = std::conditional_t<std::is_same_v<Field, bool>, std::uint8_t, Field>;
    std::vector<Stored> fields;
    fields.reserve(values.size());
    for (const Record& value : values) fields.push_back(static_cast<Stored>(value.*column.field));
    list(column.name, fields);
  }

  Hdf5Group group_;
};

class GroupReader {
 public:
  static constexpr bool kReads = true;
  explicit GroupReader(Hdf5Group group) : group_(std::move(group)) {}

  GroupReader child(const std::string& name) const { return GroupReader(group_.open_group(name)); }
  bool has(const std::string& name) const { return group_.has(name); }

  template <class First, class... Rest>
  void numbers(const char* name, First& first, Rest&... rest) const {
    std::array<First, 1 + sizeof...(Rest)> values{};
    group_.read_attribute(name, values.data(), values.size());
    const First* next = values.data();
    first = *next;
    ((rest = *++next), ...);
  }
  void flag(const char* name, bool& value) const {
    std::uint8_t stored = 0;
    numbers(name, stored);
    value = as<bool>(name, stored);
  }
  void text(const char* name, std::string& value) const { value = group_.read_text(name); }
  void long_text(const char* name, std::string& value) const { value = group_.read_text_dataset(name); }
  template <class Enum>
  void choice(const char* name, Enum& value, const std::vector<Enum>& choices) const {
    const std::string stored = group_.read_text(name);
    for (const Enum choice : choices) {
      value = choice;
      if (stored == to_string(choice)) return;
    }
    throw InputError(fmt::format("'{}' is '{}', which is not known", name, stored));
  }

  template <class T>
  void list(const std::string& name, std::vector<T>& values) const {
    Extent extent(1);
    values = group_.read_dataset<T>(name, extent);
  }
  template <std::size_t kSize>
  void list(const char* name, std::array<std::uint8_t, kSize>& values) const {
    std::vector<std::uint8_t> stored;
    list(name, stored);
    require(stored.size() == kSize, "'{}' has {} values, expected {}", name, stored.size(), kSize);
    std::copy(stored.begin(), stored.end(), values.begin());
  }
  /// `extent` comes with the number of dimensions and goes with their sizes.
  template <class T>
  void block(const std::string& name, std::vector<T>& values, Extent& extent) const {
    values = group_.read_dataset<T>(name, extent);
  }
  template <class Record, class First, class... Rest>
  void records(std::vector<Record>& values, Column<Record, First> first, Column<Record, Rest>... rest) const {
    read_column(values, first, true);
    (read_column(values, rest, false), ...);
  }

 private:
  /// A yes or no must be 0 or 1; anything else would not survive being written again.
  template <class Field, class Stored>
  static Field as(const char* name, Stored stored) {
    if constexpr (std::is_same_v<Field, bool>) require(stored <= 1, "'{}' holds {}, expected 0 or 1", name, stored);
    return static_cast<Field>(stored);
  }

  template <class Record, class Field>
  void read_column(std::vector<Record>& values, Column<Record, Field> column, bool is_first) const {
    using Stored = std::conditional_t<std::is_same_v<Field, bool>, std::uint8_t, Field>;
    const auto start = [&](std::size_t count) {
      if (is_first) values.resize(count);
      require(count == values.size(), "'{}' has {} values, expected {}", column.name, count, values.size());
    };
    group_.read_pieces<Stored>(column.name, start, [&](std::size_t first, const std::vector<Stored>& fields) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        values[first + i].*column.field = as<Field>(column.name, fields[i]);
      }
    });
  }

  Hdf5Group group_;
};

}  // namespace reprise
