#include <catch2/catch.hpp>
#include <iterator>

#include "support/atomic_file.h"
#include "support/error.h"
#include "tests/support/temporary_folder.h"

namespace reprise {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t files_in(const std::filesystem::path& folder) {
  const std::filesystem::directory_iterator files(folder);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

TEST_CASE("a file is written whole and replaced whole") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "out.json";
  write_file_atomically(path, "first, longer");
  CHECK(content_of(path) == "first, longer");
  write_file_atomically(path, std::string("\0x", 2));
  CHECK(content_of(path) == std::string("\0x", 2));
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a file that cannot be written is named and leaves nothing behind") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH(write_file_atomically(folder.path() / "none" / "x", "1"),
                    Catch::Contains("none/x: cannot be written: No such file or directory"));
  std::filesystem::create_directories(folder.path() / "is_folder" / "full");
  CHECK_THROWS_AS(write_file_atomically(folder.path() / "is_folder", "1"), InputError);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("without commit the old file stays") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("a", "old");
  {
    const AtomicFile file(path);
    std::ofstream(file.temporary()) << "half";
    CHECK(files_in(folder.path()) == 2);
  }
  CHECK(content_of(path) == "old");
  CHECK(files_in(folder.path()) == 1);
}

}  // namespace
}  // namespace reprise
