#include <hdf5.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "compression/image/image_file.h"
#include "support/error.h"
#include "tests/image/random_image.h"
#include "tests/support/temporary_folder.h"

/// HDF5 1.10 loses some memory where metadata that it reads is damaged; the leak sanitizer asks here what to pass over.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5";
}  // NOLINT(bugprone-reserved-identifier)

namespace reprise::test {
namespace {

constexpr std::size_t kUserBlock = 512;

/// One image as bytes, and a place to put changed ones.
class Specimen {
 public:
  explicit Specimen(const WeightImage& image) : path_(folder_.path() / "specimen.h5"), image_(image) {
    write_image(path_, image);
    std::ifstream stream(path_, std::ios::binary);
    content_.assign(std::istreambuf_iterator<char>(stream), {});
  }

  const std::string& content() const { return content_; }
  const std::filesystem::path& path() const { return path_; }
  const WeightImage& image() const { return image_; }
  void put(const std::string& content) const { folder_.file("specimen.h5", content); }

  /// The error for this content, which must name the file.
  std::string error(const std::string& content) const {
    put(content);
    return error();
  }
  std::string error() const {
    try {
      read_image(path_);
    } catch (const InputError& error) {
      CHECK(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL) == 0);
      CHECK_THAT(error.what(), Catch::StartsWith(path_.string() + ": "));
      return error.what();
    }
    return "";
  }

 private:
  TemporaryFolder folder_;
  std::filesystem::path path_;
  WeightImage image_;
  std::string content_;
};

/// Gives the content a user block that fits it.
std::string sign(const std::string& content, int version = 2) {
  const std::string body = content.substr(kUserBlock);
  const XXH128_hash_t hash = XXH3_128bits(body.data(), body.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::string digest;
  for (const unsigned char byte : canonical.digest) {
    digest += "0123456789abcdef"[byte >> 4U];
    digest += "0123456789abcdef"[byte & 15U];
  }
  std::string block = "Reprise weight image\nversion " + std::to_string(version) + "\nbytes " +
                      std::to_string(body.size()) + "\nxxh3_128 " + digest + "\n";
  block.resize(kUserBlock, '\n');
  return block + body;
}

std::string flipped(std::string content, std::size_t byte, unsigned bit) {
  content[byte] = static_cast<char>(static_cast<unsigned char>(content[byte]) ^ (1U << bit));
  return content;
}

TEST_CASE("The documented digest is the one written") {
  const Specimen specimen(tiny_image());
  CHECK(sign(specimen.content()) == specimen.content());
}

TEST_CASE("Every truncation is refused") {
  const Specimen specimen(random_image(7));
  const std::size_t size = specimen.content().size();
  CHECK_THAT(specimen.error(""), Catch::Contains("empty"));
  for (std::size_t length = 1; length < size; length += length < 600 ? 7 : size / 100) {
    INFO("length " << length);
    const char* expected = length < 21 ? "not a Reprise weight image" : "cut off";
    CHECK_THAT(specimen.error(specimen.content().substr(0, length)), Catch::Contains(expected));
  }
  CHECK_THAT(specimen.error(specimen.content().substr(0, size - 1)), Catch::Contains("cut off"));
  CHECK_THAT(specimen.error(specimen.content() + '\0'), Catch::Contains("too long"));
}

TEST_CASE("Every flipped bit is refused") {
  const Specimen specimen(random_image(8));
  std::mt19937 random(1);
  for (std::size_t byte = 0; byte < kUserBlock; ++byte) {
    INFO("byte " << byte);
    CHECK(!specimen.error(flipped(specimen.content(), byte, random() % 8)).empty());
  }
  const std::size_t body = specimen.content().size() - kUserBlock;
  for (std::size_t i = 0; i < 400; ++i) {
    const std::size_t byte = kUserBlock + i * body / 400 + random() % (body / 400);
    INFO("byte " << byte);
    CHECK_THAT(specimen.error(flipped(specimen.content(), byte, random() % 8)), Catch::Contains("digest"));
  }
}

TEST_CASE("A flipped bit under a fitting digest is refused or without effect") {
  for (std::uint32_t seed = 20; seed < 23; ++seed) {
    const Specimen specimen(random_image(seed));
    std::mt19937 random(seed);
    int refused = 0;
    for (int i = 0; i < 500; ++i) {
      const std::size_t byte = kUserBlock + random() % (specimen.content().size() - kUserBlock);
      INFO("seed " << seed << ", byte " << byte);
      if (!specimen.error(sign(flipped(specimen.content(), byte, random() % 8))).empty()) {
        ++refused;
      } else {
        CHECK(first_difference(read_image(specimen.path()), specimen.image()).empty());
      }
    }
    CHECK(refused > 250);
  }
}

TEST_CASE("Other versions are refused") {
  const Specimen specimen(tiny_image());
  CHECK_THAT(specimen.error(sign(specimen.content(), 3)),
             Catch::Contains("version 3") && Catch::Contains("newer") && Catch::Contains("reads version 2"));
  CHECK_THAT(specimen.error(sign(specimen.content(), 0)), Catch::Contains("version 0") && Catch::Contains("older"));
}

TEST_CASE("Foreign files are refused") {
  const Specimen specimen(tiny_image());
  const char* foreign = "not a Reprise weight image";
  CHECK_THAT(specimen.error("hello\n"), Catch::Contains(foreign));
  CHECK_THAT(specimen.error(std::string("\x89PNG\r\n\x1a\n") + std::string(5000, 'x')), Catch::Contains(foreign));
  CHECK_THAT(specimen.error(specimen.content().substr(kUserBlock)), Catch::Contains(foreign));
  CHECK_THAT(specimen.error(std::string(100000, '\0')), Catch::Contains(foreign));
  CHECK_THAT(specimen.error(sign(std::string(2000, 'x'))), Catch::Contains("no HDF5 file"));
  CHECK_THAT(specimen.error("Reprise weight image\nversion one\n" + std::string(1000, '\n')),
             Catch::Contains("header is damaged"));
  std::filesystem::remove(specimen.path());
  CHECK_THAT(specimen.error(), Catch::Contains("no such file"));
  std::filesystem::create_directory(specimen.path());
  CHECK_THAT(specimen.error(), Catch::Contains("not a file"));
}

// Changes of the structure, made with HDF5 itself and signed.

/// Lets `change` work on the specimen's HDF5 file, then signs it.
template <class Change>
void change_structure(const Specimen& specimen, Change change) {
  specimen.put(specimen.content());
  const hid_t file = H5Fopen(specimen.path().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  REQUIRE(file >= 0);
  change(file);
  REQUIRE(H5Fclose(file) >= 0);
  std::ifstream stream(specimen.path(), std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(stream), {});
  specimen.put(sign(content));
}

using Names = std::vector<std::string>;

herr_t collect_link(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<Names*>(names)->push_back(name);
  return 0;
}

struct Attributes {
  std::string object;
  std::vector<std::pair<std::string, std::string>> names;  // object, attribute
};

herr_t collect_attribute(hid_t, const char* name, const H5A_info_t*, void* attributes) {
  auto* found = static_cast<Attributes*>(attributes);
  found->names.emplace_back(found->object, name);
  return 0;
}

herr_t visit_object(hid_t file, const char* name, const H5O_info_t*, void* attributes) {
  static_cast<Attributes*>(attributes)->object = name;
  const hid_t object = H5Oopen(file, name, H5P_DEFAULT);
  const herr_t result = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_attribute, attributes);
  H5Oclose(object);
  return result;
}

/// An image that has every kind of layer and reference weights.
WeightImage full_image() {
  for (std::uint32_t seed = 0;; ++seed) {
    WeightImage image = random_image(seed);
    std::array<bool, 9> kinds{};
    for (const Layer& layer : image.network.layers) kinds.at(layer.operation.index()) = true;
    if (std::all_of(kinds.begin(), kinds.end(), [](bool kind) { return kind; }) && !image.reference_weights.empty()) {
      return image;
    }
  }
}

TEST_CASE("A file without one of its groups or datasets is refused") {
  const Specimen specimen(full_image());
  Names names;
  change_structure(specimen, [&](hid_t file) { H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, collect_link, &names); });
  CHECK(specimen.error().empty());
  REQUIRE(names.size() > 60);
  for (const std::string& name : names) {
    INFO(name);
    change_structure(specimen, [&](hid_t file) { H5Ldelete(file, name.c_str(), H5P_DEFAULT); });
    const std::string error = specimen.error();
    if (name.rfind("reference", 0) == 0) {
      CHECK(error.empty());  // checking only
    } else if (name.size() == 12 && name.rfind("network/", 0) == 0) {
      CHECK(!error.empty());
    } else {
      CHECK_THAT(error, Catch::Contains("'/" + name + "' is missing"));
    }
  }
}

TEST_CASE("A file without one of its attributes is refused") {
  const Specimen specimen(full_image());
  Attributes attributes;
  change_structure(specimen,
                   [&](hid_t file) { H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, visit_object, &attributes); });
  REQUIRE(attributes.names.size() > 60);
  for (const auto& [object, name] : attributes.names) {
    INFO(object << " " << name);
    change_structure(specimen, [&, o = object, n = name](hid_t file) {
      H5Adelete_by_name(file, o.c_str(), n.c_str(), H5P_DEFAULT);
    });
    CHECK_THAT(specimen.error(), Catch::Contains("/" + name + "' is missing"));
  }
}

TEST_CASE("Datasets of another type, rank, length or without a checksum are refused") {
  const Specimen specimen(tiny_image());
  const auto replace = [&](const char* name, hid_t type, std::vector<hsize_t> extent, bool checksum,
                           bool with_data = true) {
    change_structure(specimen, [&](hid_t file) {
      H5Ldelete(file, name, H5P_DEFAULT);
      const hid_t space = H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr);
      const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
      std::vector<hsize_t> chunk = extent;
      chunk[0] = std::min<hsize_t>(chunk[0], 1024);
      H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
      if (checksum) H5Pset_fletcher32(properties);
      const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
      const std::vector<std::uint8_t> zeros(16384);
      if (with_data) H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros.data());
      H5Dclose(dataset);
      H5Pclose(properties);
      H5Sclose(space);
    });
    return specimen.error();
  };
  const char* bias = "network/0000/bias";
  CHECK_THAT(replace(bias, H5T_STD_I64LE, {2}, true), Catch::Contains("'/network/0000/bias' has the wrong type"));
  CHECK_THAT(replace(bias, H5T_STD_U32LE, {2}, true), Catch::Contains("wrong type"));
  CHECK_THAT(replace(bias, H5T_STD_I32BE, {2}, true), Catch::Contains("wrong type"));
  CHECK_THAT(replace(bias, H5T_STD_I32LE, {1, 2}, true), Catch::Contains("number of dimensions"));
  CHECK_THAT(replace(bias, H5T_STD_I32LE, {2}, false), Catch::Contains("no checksum"));
  CHECK_THAT(replace(bias, H5T_STD_I32LE, {3}, true), Catch::Contains("3 biases, expected 2"));
  CHECK_THAT(replace("network/0000/shift", H5T_STD_I32LE, {3}, true), Catch::Contains("'shift' has 3 values"));
  CHECK_THAT(replace("mapping/0000/entry_slot", H5T_STD_U8LE, {1}, true), Catch::Contains("'entry_slot' has 1 values"));
  CHECK_THAT(replace("crossbars/cells", H5T_STD_U8LE, {8, 16, 16}, true), Catch::Contains("crossbars of 16 x 16"));
  CHECK_THAT(replace("mapping/0000/rows", H5T_STD_U32LE, {hsize_t{1} << 40U}, true, false),
             Catch::Contains("lacks data"));
}

TEST_CASE("A yes or no other than 0 and 1 is refused") {
  const Specimen specimen(tiny_image());
  change_structure(specimen, [](hid_t file) {
    const std::uint8_t values[] = {0, 2};
    const hid_t dataset = H5Dopen2(file, "mapping/0000/entry_negative", H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(dataset);
  });
  CHECK_THAT(specimen.error(), Catch::Contains("'entry_negative' holds 2, expected 0 or 1"));
}

TEST_CASE("Unknown names are refused") {
  const Specimen specimen(tiny_image());
  const auto rename = [&](const char* object, const char* attribute, const std::string& text) {
    change_structure(specimen, [&](hid_t file) {
      const hid_t group = H5Oopen(file, object, H5P_DEFAULT);
      H5Adelete(group, attribute);
      const hid_t type = H5Tcopy(H5T_C_S1);
      H5Tset_size(type, text.size());
      const hid_t space = H5Screate(H5S_SCALAR);
      const hid_t created = H5Acreate2(group, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT);
      H5Awrite(created, type, text.data());
      H5Aclose(created);
      H5Sclose(space);
      H5Tclose(type);
      H5Oclose(group);
    });
    return specimen.error();
  };
  CHECK_THAT(rename("/", "engine", "magic"), Catch::Contains("'engine' is 'magic'"));
  CHECK_THAT(rename("/network/0000", "kind", "dense"), Catch::Contains("kind 'dense'"));
  CHECK_THAT(rename("/network/0000", "scale", "1.0"), Catch::Contains("'/network/0000/scale' has the wrong type"));
}

}  // namespace
}  // namespace reprise::test
