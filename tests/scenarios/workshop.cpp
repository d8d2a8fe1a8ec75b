#include "tests/scenarios/workshop.h"

#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

namespace reprise::test {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& argument) {
  std::string text = "'";
  for (const char c : argument) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::string big_endian(const std::vector<unsigned>& words) {
  std::string bytes;
  for (const unsigned word : words) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(word >> shift & 0xFFU);
  }
  return bytes;
}

std::string random_bytes(std::size_t count, unsigned limit) {
  std::mt19937 random(28);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random() % limit);
  return bytes;
}

const char* const kCompress = R"(preprocessing:
  scale: 0.00392156862745098
  mean: [0.2860]
  standard_deviation: [0.3530]
calibration:
  format: idx
  images: images.idx
)";

const char* const kRun = R"(dataset:
  format: idx
  images: images.idx
  labels: labels.idx
check:
  images: 1000
)";

}  // namespace

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

Outcome run_program(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out";
  const fs::path err = folder.path() / "err";
  std::string command = quoted(REPRISE_PROGRAM);
  for (const std::string& argument : arguments) command += " " + quoted(argument);
  command += " <&- >" + quoted(out.string()) + " 2>" + quoted(err.string());
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, read_text(out), read_text(err)};
}

std::string program_file() {
  return REPRISE_PROGRAM;
}

fs::path source_file(const std::string& name) {
  return fs::path(REPRISE_SOURCE_DIR) / name;
}

std::string network_file(const std::string& name) {
  return source_file("networks/" + name + "_fashion_mnist.onnx").string();
}

bool available(const fs::path& path) {
  if (fs::exists(path)) return true;
  WARN("SKIPPED: " << path << " is missing");
  return false;
}

Workshop::Workshop() {
  file("images.idx", big_endian({0x803, kImages, 28, 28}) + random_bytes(kImages * 28 * 28, 256));
  file("labels.idx", big_endian({0x801, kImages}) + random_bytes(kImages, 10));
  file("compress.yaml", kCompress);
  file("run.yaml", kRun);
}

std::string Workshop::compress(const std::string& network, const std::string& name,
                               const std::vector<std::string>& options) const {
  std::vector<std::string> arguments{"-q", "compress", network, "-c", path("compress.yaml"), "-o", path(name)};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Outcome outcome = run_program(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return path(name);
}

nlohmann::json Workshop::run(const std::string& image, const std::string& name,
                             const std::vector<std::string>& options) const {
  std::vector<std::string> arguments{"-q", "run", path("run.yaml"), "--image", image, "-o", path(name)};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const Outcome outcome = run_program(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return nlohmann::json::parse(read_text(path(name + "/results.json")));
}

std::vector<std::string> Workshop::listing() const {
  std::vector<std::string> lines;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder_.path())) {
    if (entry.is_regular_file()) lines.push_back(entry.path().string() + " " + std::to_string(entry.file_size()));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::vector<std::string>> all_engines() {
  std::vector<std::vector<std::string>> engines;
  for (const char* encoding : {"twos_complement", "differential"}) {
    engines.push_back({"--engine", "dense", "--encoding", encoding});
    engines.push_back({"--engine", "wpr", "--granularity", "kernel", "--encoding", encoding});
    engines.push_back({"--engine", "wpr", "--granularity", "bit_column", "--encoding", encoding});
  }
  return engines;
}

}  // namespace reprise::test
