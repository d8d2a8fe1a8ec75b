#include "compression/image/hdf5_file.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "compression/image/require.h"

namespace reprise {
namespace {

constexpr hsize_t kChunkBytes = 1 << 18;
constexpr unsigned kDeflateLevel = 1;
constexpr hsize_t kLargestCompression = 2048;  // deflate reaches 1032

/// Small objects keep their attributes and links in their own header instead of heaps of a page each.
void keep_compact(hid_t creation) {
  H5Pset_obj_track_times(creation, false);
  H5Pset_attr_phase_change(creation, 32, 16);
  H5Pset_link_phase_change(creation, 64, 32);
}

Hdf5Handle creation_properties(hid_t type, const Extent& extent, bool deflated) {
  Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  Extent chunk = extent;
  for (hsize_t& size : chunk) size = std::max<hsize_t>(size, 1);
  const hsize_t slice_bytes =
      std::accumulate(chunk.begin() + 1, chunk.end(), hsize_t{H5Tget_size(type)}, std::multiplies<>());
  chunk.front() = std::clamp<hsize_t>(kChunkBytes / slice_bytes, 1, chunk.front());
  H5Pset_obj_track_times(properties.id(), false);
  H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data());
  if (deflated) {
    H5Pset_shuffle(properties.id());
    H5Pset_deflate(properties.id(), kDeflateLevel);
  }
  H5Pset_fletcher32(properties.id());
  return properties;
}

Hdf5Handle attribute_space(std::size_t count) {
  const hsize_t size = count;
  return {count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, nullptr), H5Sclose};
}

Hdf5Handle text_type(std::size_t length) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), std::max<std::size_t>(length, 1));
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

bool is_text_type(hid_t type) {
  return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
}

std::string without_padding(std::string text) {
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

/// HDF5 prints a stack of its own to standard error unless told not to.
void be_quiet() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void* resized(void* string, std::size_t size) {
  auto& bytes = *static_cast<std::string*>(string);
  bytes.resize(size);
  return bytes.data();
}

/// Lets the driver that keeps a file in memory keep it in a string.
H5FD_file_image_callbacks_t memory_of(std::string& bytes) {
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_malloc = [](std::size_t size, H5FD_file_image_op_t, void* string) -> void* {
    return resized(string, size);
  };
  callbacks.image_realloc = [](void*, std::size_t size, H5FD_file_image_op_t, void* string) -> void* {
    return resized(string, size);
  };
  callbacks.image_memcpy = [](void* to, const void* from, std::size_t size, H5FD_file_image_op_t, void*) {
    return std::memcpy(to, from, size);
  };
  callbacks.image_free = [](void*, H5FD_file_image_op_t, void*) -> herr_t { return 0; };
  callbacks.udata_copy = [](void* string) { return string; };
  callbacks.udata_free = [](void*) -> herr_t { return 0; };
  callbacks.udata = &bytes;
  return callbacks;
}

}  // namespace

void Hdf5Group::expect(bool good, const std::string& name, const char* what) const {
  require(good, "'{}/{}' {}", path_, name, what);
}

Hdf5Group Hdf5Group::create_group(const std::string& name) const {
  const Hdf5Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  keep_compact(properties.id());
  Hdf5Handle group(H5Gcreate2(handle_.id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT), H5Gclose);
  expect(group.valid(), name, "cannot be created");
  return {std::move(group), path_ + "/" + name};
}

Hdf5Group Hdf5Group::open_group(const std::string& name) const {
  expect(has(name), name, "is missing");
  Hdf5Handle group(H5Gopen2(handle_.id(), name.c_str(), H5P_DEFAULT), H5Gclose);
  expect(group.valid(), name, "is not a group");
  return {std::move(group), path_ + "/" + name};
}

bool Hdf5Group::has(const std::string& name) const {
  return H5Lexists(handle_.id(), name.c_str(), H5P_DEFAULT) > 0;
}

void Hdf5Group::write_attribute(const char* name, Hdf5Type type, const void* values, std::size_t count) const {
  const Hdf5Handle space = attribute_space(count);
  const Hdf5Handle attribute(H5Acreate2(handle_.id(), name, type.file, space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  expect(attribute.valid() && H5Awrite(attribute.id(), type.memory, values) >= 0, name, "cannot be written");
}

void Hdf5Group::read_attribute(const char* name, Hdf5Type type, void* values, std::size_t count) const {
  expect(H5Aexists(handle_.id(), name) > 0, name, "is missing");
  const Hdf5Handle attribute(H5Aopen(handle_.id(), name, H5P_DEFAULT), H5Aclose);
  const Hdf5Handle stored(H5Aget_type(attribute.id()), H5Tclose);
  const Hdf5Handle space(H5Aget_space(attribute.id()), H5Sclose);
  expect(H5Tequal(stored.id(), type.file) > 0, name, "has the wrong type");
  expect(H5Sget_simple_extent_npoints(space.id()) == static_cast<hssize_t>(count), name, "has the wrong length");
  expect(H5Aread(attribute.id(), type.memory, values) >= 0, name, "cannot be read");
}

void Hdf5Group::write_text(const char* name, const std::string& text) const {
  const Hdf5Handle type = text_type(text.size());
  write_attribute(name, {type.id(), type.id()}, text.c_str(), 1);
}

std::string Hdf5Group::read_text(const char* name) const {
  expect(H5Aexists(handle_.id(), name) > 0, name, "is missing");
  const Hdf5Handle attribute(H5Aopen(handle_.id(), name, H5P_DEFAULT), H5Aclose);
  const Hdf5Handle type(H5Aget_type(attribute.id()), H5Tclose);
  expect(is_text_type(type.id()), name, "is not a text of fixed length");
  std::string text(H5Tget_size(type.id()), '\0');
  read_attribute(name, {type.id(), type.id()}, text.data(), 1);
  return without_padding(std::move(text));
}

void Hdf5Group::write_dataset(const std::string& name, Hdf5Type type, const void* values, const Extent& extent,
                              bool deflated) const {
  const Hdf5Handle properties = creation_properties(type.file, extent, deflated);
  Extent maximum = extent;  // a chunk may not be larger than this, nor empty
  for (hsize_t& size : maximum) size = std::max<hsize_t>(size, 1);
  const Hdf5Handle space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), maximum.data()), H5Sclose);
  Hdf5Handle dataset(
      H5Dcreate2(handle_.id(), name.c_str(), type.file, space.id(), H5P_DEFAULT, properties.id(), H5P_DEFAULT),
      H5Dclose);
  expect(dataset.valid() && H5Dwrite(dataset.id(), type.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0 &&
             dataset.close(),
         name, "cannot be written");
}

Hdf5Handle Hdf5Group::open_dataset(const std::string& name, hid_t file_type, Extent& extent) const {
  expect(has(name), name, "is missing");
  Hdf5Handle dataset(H5Dopen2(handle_.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  expect(dataset.valid(), name, "is not a dataset");
  const Hdf5Handle type(H5Dget_type(dataset.id()), H5Tclose);
  expect(H5Tequal(type.id(), file_type) > 0, name, "has the wrong type");
  const Hdf5Handle properties(H5Dget_create_plist(dataset.id()), H5Pclose);
  expect(H5Pget_layout(properties.id()) == H5D_CHUNKED &&
             H5Pget_filter_by_id2(properties.id(), H5Z_FILTER_FLETCHER32, nullptr, nullptr, nullptr, 0, nullptr,
                                  nullptr) >= 0,
         name, "has no checksum");
  const Hdf5Handle space(H5Dget_space(dataset.id()), H5Sclose);
  expect(H5Sget_simple_extent_ndims(space.id()) == static_cast<int>(extent.size()), name,
         "has the wrong number of dimensions");
  H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr);
  const hsize_t stored = H5Dget_storage_size(dataset.id());
  expect(element_count(extent) / kLargestCompression <= stored / H5Tget_size(file_type), name, "lacks data");
  return dataset;
}

void Hdf5Group::read_values(const Hdf5Handle& dataset, const std::string& name, hid_t memory_type, void* values) const {
  expect(H5Dread(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, name, "cannot be read");
}

void Hdf5Group::read_piece(const Hdf5Handle& dataset, const std::string& name, hid_t memory_type, hsize_t first,
                           hsize_t count, const Extent& extent, void* values) const {
  Extent start(extent.size());
  start.front() = first;
  Extent size = extent;
  size.front() = count;
  const Hdf5Handle from(H5Dget_space(dataset.id()), H5Sclose);
  const Hdf5Handle to(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
  expect(H5Sselect_hyperslab(from.id(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) >= 0 &&
             H5Dread(dataset.id(), memory_type, to.id(), from.id(), H5P_DEFAULT, values) >= 0,
         name, "cannot be read");
}

void Hdf5Group::write_text_dataset(const char* name, const std::string& text) const {
  const Hdf5Handle type = text_type(text.size());
  write_dataset(name, {type.id(), type.id()}, text.c_str(), {1}, true);
}

std::string Hdf5Group::read_text_dataset(const char* name) const {
  expect(has(name), name, "is missing");
  const Hdf5Handle opened(H5Dopen2(handle_.id(), name, H5P_DEFAULT), H5Dclose);
  expect(opened.valid(), name, "is not a dataset");
  const Hdf5Handle type(H5Dget_type(opened.id()), H5Tclose);
  expect(is_text_type(type.id()), name, "is not a text of fixed length");
  Extent extent(1);
  const Hdf5Handle dataset = open_dataset(name, type.id(), extent);
  expect(extent.front() == 1, name, "is not one text");
  std::string text(H5Tget_size(type.id()), '\0');
  read_values(dataset, name, type.id(), text.data());
  return without_padding(std::move(text));
}

std::size_t Hdf5Group::element_count(const Extent& extent) {
  return std::accumulate(extent.begin(), extent.end(), std::size_t{1}, std::multiplies<>());
}

Hdf5File Hdf5File::create(hsize_t user_block, std::string& bytes) {
  be_quiet();
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.id(), 1, false);  // grows by single bytes: the string ends where the file does
  H5FD_file_image_callbacks_t callbacks = memory_of(bytes);
  H5Pset_file_image_callbacks(access.id(), &callbacks);
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_userblock(creation.id(), user_block);
  keep_compact(creation.id());
  Hdf5Handle file(H5Fcreate("weight image", H5F_ACC_TRUNC, creation.id(), access.id()), H5Fclose);
  require(file.valid(), "the HDF5 file cannot be created");
  return Hdf5File(std::move(file));
}

Hdf5File Hdf5File::open(const std::filesystem::path& path) {
  be_quiet();
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access.id(), false, true);  // nobody writes into a file that is there
  Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  require(file.valid(), "it holds no HDF5 file");
  return Hdf5File(std::move(file));
}

Hdf5Group Hdf5File::root() const {
  Hdf5Handle group(H5Gopen2(handle_.id(), "/", H5P_DEFAULT), H5Gclose);
  require(group.valid(), "it has no root group");
  return {std::move(group), ""};
}

void Hdf5File::close() {
  const bool flushed = H5Fflush(handle_.id(), H5F_SCOPE_GLOBAL) >= 0;
  require(handle_.close() && flushed, "the HDF5 file cannot be completed");
}

}  // namespace reprise
