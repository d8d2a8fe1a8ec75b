#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "compression/image/image_description.h"
#include "tests/image/random_image.h"

namespace reprise::test {
namespace {

TEST_CASE("The description of the tiny image") {
  const std::string text = describe_image(tiny_image());
  CHECK_THAT(text, Catch::Contains("tiny from tiny.onnx, 1 layers, input 2x1x1, 4 multiply-accumulates"));
  CHECK_THAT(text, Catch::Contains("float 91.25 %, integer reference 91.00 % (10000 images)"));
  CHECK_THAT(text, Catch::Contains("wpr, kernel granularity, twos_complement encoding"));
  CHECK_THAT(text, Catch::Contains("crossbars of 128x128 cells, operation units of 9x8"));

  std::istringstream lines(text);
  std::string line;
  while (line.find("conv ") == std::string::npos) REQUIRE(std::getline(lines, line));
  std::istringstream cells(line);
  const std::vector<std::string> row{std::istream_iterator<std::string>(cells), {}};
  // #, layer, kind, shape, weights, groups, units, engines, crossbars, patterns, entries, repetition, cells, ...
  CHECK(row == std::vector<std::string>{"0", "conv", "convolution", "2x1x1", "4", "1", "1", "1", "1", "1", "2", "2.00",
                                        "16", "4", "1", "21", "32", "0.656"});
}

TEST_CASE("The table is aligned") {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const WeightImage image = random_image(seed);
    std::istringstream lines(describe_image(image));
    std::string line;
    while (line.find("  layer ") == std::string::npos) REQUIRE(std::getline(lines, line));
    const std::size_t width = line.size();
    const std::size_t kind = line.find("kind");
    for (const Layer& layer : image.network.layers) {
      REQUIRE(std::getline(lines, line));
      CHECK(line.find(kind_name(layer.operation), kind) == kind);
      CHECK(line.size() == (std::holds_alternative<ConvolutionLayer>(layer.operation) ? width : line.size()));
    }
    REQUIRE(std::getline(lines, line));
    CHECK(line.size() == width);
    CHECK_THAT(line, Catch::Contains(" total "));
    CHECK(!std::getline(lines, line));
  }
}

TEST_CASE("The description as JSON") {
  const auto json = nlohmann::json::parse(describe_image_json(tiny_image()));
  CHECK(json["engine"] == "wpr");
  CHECK(json["float_accuracy"] == 0.9125);
  CHECK(json["input_shape"] == nlohmann::json{2, 1, 1});
  CHECK(json["layers"].size() == 1);
  CHECK(json["layers"][0]["mapping"]["table_bits"] == 4);
  CHECK(json["layers"][0]["mapping"] == json["total"]);
  CHECK(json["total"]["net_bits"] == 21);

  CHECK(!json["layers"][0].contains("input_filter"));

  WeightImage filtered = tiny_image();
  std::get<ConvolutionLayer>(filtered.network.layers[0].operation).filter = InputFilter{9, 20, 4};
  CHECK(nlohmann::json::parse(describe_image_json(filtered))["layers"][0]["input_filter"] ==
        nlohmann::json{{"block_rows", 9}, {"least_sum", 20}, {"planes", 4}});

  const WeightImage image = random_image(3);
  const auto random = nlohmann::json::parse(describe_image_json(image));
  CHECK(random["reference_accuracy"].is_null());
  std::uint64_t bits = 0;
  for (const LayerMapping& m : image.mappings) bits += m.storage.cells + m.storage.table_bits + m.storage.index_bits;
  CHECK(random["total"]["net_bits"] == bits);
}

}  // namespace
}  // namespace reprise::test
