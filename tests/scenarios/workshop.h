#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace reprise::test {

/// What one call of the program gave.
struct Outcome {
  int code = 0;  ///< 128 + the signal, where one ended it
  std::string out;
  std::string err;
};

/// Runs the program `reprise`.
Outcome run_program(const std::vector<std::string>& arguments);

/// The program itself.
std::string program_file();

std::string read_text(const std::filesystem::path& file);

/// A trained network that comes with the project, such as "lenet5".
std::string network_file(const std::string& name);

/// The project's technology file and others.
std::filesystem::path source_file(const std::string& name);

/// Says so and is false where a file is missing.
bool available(const std::filesystem::path& path);

/// A folder with what a compression and a run need: images.idx and labels.idx (`kImages` random ones for LeNet-5),
/// compress.yaml and run.yaml.
class Workshop {
 public:
  static constexpr int kImages = 12;
  Workshop();

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string file(const std::string& name, const std::string& content) const { return folder_.file(name, content); }

  /// Compresses a network by compress.yaml and returns the image's path. Fails the test where that does not work.
  std::string compress(const std::string& network, const std::string& name,
                       const std::vector<std::string>& options = {}) const;
  /// Runs an image by run.yaml into folder `name` and returns its results.json.
  nlohmann::json run(const std::string& image, const std::string& name,
                     const std::vector<std::string>& options = {}) const;

  /// All files below the folder, with their sizes.
  std::vector<std::string> listing() const;

 private:
  TemporaryFolder folder_;
};

/// The options of `compress` that choose an engine: dense, wpr by kernels and by bit columns, in both encodings.
std::vector<std::vector<std::string>> all_engines();

}  // namespace reprise::test
