#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compression/image/network.h"
#include "compression/network/quantised_network.h"
#include "tests/support/temporary_folder.h"

namespace reprise::test {

/// Empty where onnxruntime can be called, otherwise what is missing.
std::string missing_for_onnxruntime();

/// What onnxruntime made of an exported network, beside the integer reference.
struct Comparison {
  std::string name;
  int agreeing = 0;  ///< images with the same top-1 class
  int outputs = 0;   ///< of all images
  int differing = 0;
  int largest_difference = 0;  ///< in steps of the output's scale
};

/// Exported networks and images for tests/onnxruntime/compare.js.
class Oracle {
 public:
  /// `images` are as preprocessed, `stored` the same as the integer reference takes them.
  void add(const std::string& name, const std::string& onnx, const QuantisedNetwork& network,
           const std::vector<std::vector<float>>& images, const std::vector<std::vector<std::uint8_t>>& stored);

  /// Runs all networks, `batch` images at once. `optimisation`: "disabled" executes the file's nodes one by one, "all"
  /// lets onnxruntime fuse them into integer kernels. Fails the test where onnxruntime refuses anything.
  std::vector<Comparison> compare(const std::string& optimisation, int batch) const;

 private:
  TemporaryFolder folder_;
  nlohmann::json networks_ = nlohmann::json::array();
};

}  // namespace reprise::test
