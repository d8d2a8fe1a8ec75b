#pragma once

#include <hdf5.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/huge_pages.h"

/// The part of HDF5 that weight images need, on its C interface. Every failure is an InputError that names the object.
namespace reprise {

/// Owns one HDF5 identifier.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Hdf5Handle(hid_t id, Close close_function) : id_(id), close_(close_function) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;
  ~Hdf5Handle() { close(); }

  hid_t id() const { return id_; }
  bool valid() const { return id_ >= 0; }
  /// Closes early; false where that failed.
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_;
  Close close_;
};

/// A number's type in the file (little endian) and in memory.
struct Hdf5Type {
  hid_t file;
  hid_t memory;
};

template <class T>
Hdf5Type hdf5_type() {
  if constexpr (std::is_same_v<T, std::uint8_t>) return {H5T_STD_U8LE, H5T_NATIVE_UINT8};
  if constexpr (std::is_same_v<T, std::uint16_t>) return {H5T_STD_U16LE, H5T_NATIVE_UINT16};
  if constexpr (std::is_same_v<T, std::uint32_t>) return {H5T_STD_U32LE, H5T_NATIVE_UINT32};
  if constexpr (std::is_same_v<T, std::uint64_t>) return {H5T_STD_U64LE, H5T_NATIVE_UINT64};
  if constexpr (std::is_same_v<T, std::int8_t>) return {H5T_STD_I8LE, H5T_NATIVE_INT8};
  if constexpr (std::is_same_v<T, std::int32_t>) return {H5T_STD_I32LE, H5T_NATIVE_INT32};
  if constexpr (std::is_same_v<T, std::int64_t>) return {H5T_STD_I64LE, H5T_NATIVE_INT64};
  if constexpr (std::is_same_v<T, double>) return {H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE};
}

/// The sizes of a dataset, slowest first.
using Extent = std::vector<hsize_t>;

template <class T>
class Hdf5Pieces;

class Hdf5Group {
 public:
  Hdf5Group(Hdf5Handle handle, std::string path) : handle_(std::move(handle)), path_(std::move(path)) {}

  Hdf5Group create_group(const std::string& name) const;
  Hdf5Group open_group(const std::string& name) const;
  bool has(const std::string& name) const;

  /// A scalar attribute where `count` is 1, else a list.
  template <class T>
  void write_attribute(const char* name, const T* values, std::size_t count) const {
    write_attribute(name, hdf5_type<T>(), values, count);
  }
  template <class T>
  void read_attribute(const char* name, T* values, std::size_t count) const {
    read_attribute(name, hdf5_type<T>(), values, count);
  }
  void write_text(const char* name, const std::string& text) const;
  std::string read_text(const char* name) const;

  /// A chunked, checksummed dataset; `deflated`: compressed, which noise is not worth.
  template <class T>
  void write_dataset(const std::string& name, const std::vector<T>& values, const Extent& extent,
                     bool deflated = true) const {
    write_dataset(name, hdf5_type<T>(), values.data(), extent, deflated);
  }
  /// The whole dataset and, in `extent`, its sizes; `extent` comes with the expected number of dimensions.
  template <class T>
  std::vector<T> read_dataset(const std::string& name, Extent& extent) const {
    constexpr hsize_t kPieceBytes = 1 << 18;
    Hdf5Pieces<T> pieces(*this, name, extent, kPieceBytes / sizeof(T));
    std::vector<T> values;
    reserve_in_huge_pages(values, element_count(extent));
    while (pieces.next()) values.insert(values.end(), pieces.values().begin(), pieces.values().end());
    return values;
  }
  /// One long text in a dataset: attributes are kept short.
  void write_text_dataset(const char* name, const std::string& text) const;
  std::string read_text_dataset(const char* name) const;

 private:
  template <class T>
  friend class Hdf5Pieces;

  static std::size_t element_count(const Extent& extent);
  void write_attribute(const char* name, Hdf5Type type, const void* values, std::size_t count) const;
  void read_attribute(const char* name, Hdf5Type type, void* values, std::size_t count) const;
  void write_dataset(const std::string& name, Hdf5Type type, const void* values, const Extent& extent,
                     bool deflated) const;
  Hdf5Handle open_dataset(const std::string& name, hid_t file_type, Extent& extent) const;
  /// `count` slices of the first dimension.
  void read_piece(const Hdf5Handle& dataset, const std::string& name, hid_t memory_type, hsize_t first, hsize_t count,
                  const Extent& extent, void* values) const;
  void read_values(const Hdf5Handle& dataset, const std::string& name, hid_t memory_type, void* values) const;
  void expect(bool good, const std::string& name, const char* what) const;

  Hdf5Handle handle_;
  std::string path_;
};

/// A dataset in its order, a piece at a time that a cache holds.
template <class T>
class Hdf5Pieces {
 public:
  /// @param extent comes with the expected number of dimensions and goes with their sizes
  /// @param most values of a piece, unless one slice of the first dimension has more
  Hdf5Pieces(const Hdf5Group& group, std::string name, Extent& extent, hsize_t most)
      : group_(group),
        name_(std::move(name)),
        dataset_(group.open_dataset(name_, hdf5_type<T>().file, extent)),
        extent_(extent),
        slice_(Hdf5Group::element_count({extent.begin() + 1, extent.end()})),
        most_(std::max<hsize_t>(most / std::max<hsize_t>(slice_, 1), 1)) {}

  /// Goes to the first or the next piece; false where there is none.
  bool next() {
    const hsize_t count = slice_ == 0 ? 0 : std::min(most_, extent_.front() - end_);
    values_.resize(count * slice_);
    if (count == 0) return false;
    group_.read_piece(dataset_, name_, hdf5_type<T>().memory, end_, count, extent_, values_.data());
    end_ += count;
    return true;
  }

  const std::vector<T>& values() const { return values_; }

 private:
  const Hdf5Group& group_;
  std::string name_;
  Hdf5Handle dataset_;
  Extent extent_;
  hsize_t slice_;    ///< values
  hsize_t most_;     ///< slices
  hsize_t end_ = 0;  ///< of the present piece
  std::vector<T> values_;
};

/// A file that is put together in memory, or one on a disk that is read.
class Hdf5File {
 public:
  /// Creates a file whose content, complete after close(), is `bytes`: `user_block` bytes to be filled in, then HDF5.
  static Hdf5File create(hsize_t user_block, std::string& bytes);
  /// Opens a file, user block and all, for reading.
  static Hdf5File open(const std::filesystem::path& path);

  Hdf5Group root() const;
  void close();

 private:
  explicit Hdf5File(Hdf5Handle handle) : handle_(std::move(handle)) {}
  Hdf5Handle handle_;
};

}  // namespace reprise
