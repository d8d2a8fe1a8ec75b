#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "compression/image/hdf5_file.h"
#include "compression/image/require.h"
#include "support/huge_pages.h"

/// Two views of one HDF5 group with the same members, so that one description of the file's layout (image_file.cpp)
/// both writes and reads it.
namespace reprise {

/// What stands for a number or a yes or no in the file.
template <class Field>
using Stored = std::conditional_t<std::is_same_v<Field, bool>, std::uint8_t, Field>;

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
    std::vector<Stored<Field>> fields;
    fields.reserve(values.size());
    for (const Record& value : values) fields.push_back(static_cast<Stored<Field>>(value.*column.field));
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
  template <class Record, class... Fields>
  void records(std::vector<Record>& values, Column<Record, Fields>... columns) const {
    std::optional<hsize_t> count;
    std::tuple readers{ColumnReader<Record, Fields>(group_, columns, count)...};
    reserve_in_huge_pages(values, *count);
    // All of them, also where the first has no more: no short circuit.
    while (std::apply([](auto&... reader) { return (int{reader.next()} & ...) != 0; }, readers)) {
      std::apply([&](const auto&... reader) { append(values, std::get<0>(readers).size(), reader.piece()...); },
                 readers);
    }
  }

 private:
  /// A yes or no must be 0 or 1; anything else would not survive being written again.
  template <class Field>
  static Field as(const char* name, Stored<Field> stored) {
    if constexpr (std::is_same_v<Field, bool>) require(stored <= 1, "'{}' holds {}, expected 0 or 1", name, stored);
    return static_cast<Field>(stored);
  }

  /// Values of one field of some records.
  template <class Record, class Field>
  struct Piece {
    Field Record::*field;
    const Stored<Field>* values;
  };

  /// With all fields at hand each record is written once.
  template <class Record, class... Fields>
  static void append(std::vector<Record>& records, std::size_t count, Piece<Record, Fields>... pieces) {
    const std::size_t first = records.size();
    records.resize(first + count);
    for (std::size_t i = 0; i < count; ++i) {
      ((records[first + i].*pieces.field = static_cast<Fields>(pieces.values[i])), ...);
    }
  }

  /// One field of all records, piece by piece.
  template <class Record, class Field>
  class ColumnReader {
   public:
    /// `count` is that of the columns before this one.
    ColumnReader(const Hdf5Group& group, Column<Record, Field> column, std::optional<hsize_t>& count)
        : column_(column), pieces_(group, column.name, extent_, kPiece) {
      if (!count) count = extent_.front();
      require(*count == extent_.front(), "'{}' has {} values, expected {}", column.name, extent_.front(), *count);
    }

    bool next() {
      if (!pieces_.next()) return false;
      if constexpr (std::is_same_v<Field, bool>) {
        for (const auto stored : pieces_.values()) as<bool>(column_.name, stored);
      }
      return true;
    }
    std::size_t size() const { return pieces_.values().size(); }
    Piece<Record, Field> piece() const { return {column_.field, pieces_.values().data()}; }

   private:
    static constexpr hsize_t kPiece = 1 << 16;

    Column<Record, Field> column_;
    Extent extent_ = Extent(1);
    Hdf5Pieces<Stored<Field>> pieces_;
  };

  Hdf5Group group_;
};

}  // namespace reprise
