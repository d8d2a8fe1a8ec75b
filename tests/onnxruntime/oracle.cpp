#include "tests/onnxruntime/oracle.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "compression/network/integer_reference.h"
#include "tests/scenarios/workshop.h"

namespace reprise::test {
namespace {

const std::string kScripts = ONNXRUNTIME_SCRIPTS;

bool succeeds(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace

std::string missing_for_onnxruntime() {
  if (!succeeds("node --version")) return "node is not installed";
  if (!succeeds("cd '" + kScripts + "' && node -e 'require(\"onnxruntime-node\")'")) {
    return "the package onnxruntime-node is not installed in " + kScripts;
  }
  return "";
}

void Oracle::add(const std::string& name, const std::string& onnx, const QuantisedNetwork& network,
                 const std::vector<std::vector<float>>& images, const std::vector<std::vector<std::uint8_t>>& stored) {
  const IntegerReference reference(network);
  std::string inputs;
  std::string outputs;
  for (std::size_t i = 0; i < images.size(); ++i) {
    inputs.append(reinterpret_cast<const char*>(images[i].data()), images[i].size() * sizeof(float));
    for (const std::uint8_t value : reference.output(stored[i])) outputs += static_cast<char>(value);
  }
  folder_.file(name + ".onnx", onnx);
  folder_.file(name + ".inputs", inputs);
  folder_.file(name + ".reference", outputs);
  const Quantisation& output = network.description.layers.back().quantisation;
  networks_.push_back(
      {{"name", name}, {"images", images.size()}, {"scale", output.scale}, {"zero_point", output.zero_point}});
}

std::vector<Comparison> Oracle::compare(const std::string& optimisation, int batch) const {
  const nlohmann::json job{{"optimisation", optimisation}, {"batch", batch}, {"networks", networks_}};
  const std::string job_file = folder_.file("job.json", job.dump());
  const std::string results = (folder_.path() / "results.json").string();
  const std::string errors = (folder_.path() / "errors").string();
  const std::string command =
      "node '" + kScripts + "/compare.js' '" + job_file + "' >'" + results + "' 2>'" + errors + "'";
  const int status = std::system(command.c_str());
  INFO(read_text(errors));
  REQUIRE(status == 0);
  std::vector<Comparison> comparisons;
  for (const auto& result : nlohmann::json::parse(read_text(results))) {
    comparisons.push_back(
        {result["name"], result["agreeing"], result["outputs"], result["differing"], result["largest_difference"]});
  }
  REQUIRE(comparisons.size() == networks_.size());
  return comparisons;
}

}  // namespace reprise::test
