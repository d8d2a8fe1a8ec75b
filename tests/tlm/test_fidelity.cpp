#include <catch2/catch.hpp>

#include "support/error.h"
#include "tlm/component_names.h"
#include "tlm/fidelity.h"

using namespace reprise;

namespace {

/// Three layers, of which the first has engines 0 and 1, the last engine 5; two engines a tile.
WeightImage image() {
  WeightImage image;
  image.geometry.engines_per_tile = 2;
  image.network.layers.resize(3);
  image.network.layers[0].name = "conv/1";
  image.network.layers[1].name = "2";
  image.network.layers[2].name = "conv.1";
  image.mappings.resize(2);
  image.mappings[0].layer = 0;
  image.mappings[0].engines = {{0, 0, 1}, {1, 1, 1}};
  image.mappings[1].layer = 2;
  image.mappings[1].engines = {{5, 0, 1}};
  return image;
}

std::set<int> chosen(const std::vector<std::string>& patterns, Fidelity otherwise = Fidelity::tlm) {
  return pin_level_parts(image(), {otherwise, patterns}, 0).engines;
}

}  // namespace

TEST_CASE("parts have names of their own, whatever the network calls them") {
  CHECK(layer_names(image().network) == std::vector<std::string>{"conv_1", "layer_2", "conv_1_", "output"});
  CHECK(engine_name(5, image().geometry) == "tile2.pe1");
}

TEST_CASE("engines are put at pin level by their name, their layer's or both") {
  using Engines = std::set<int>;
  CHECK(chosen({}).empty());
  CHECK(chosen({"tile0.pe1"}) == Engines{1});
  CHECK(chosen({"tile?.pe1"}) == Engines{1, 5});
  CHECK(chosen({"conv_1"}) == Engines{0, 1});
  CHECK(chosen({"conv_1.*"}) == Engines{0, 1});
  CHECK(chosen({"*.tile0.pe0", "conv_1_"}) == Engines{0, 5});
  CHECK(chosen({"*"}) == Engines{0, 1, 5});
  CHECK(chosen({}, Fidelity::rtl) == Engines{0, 1, 5});
}

TEST_CASE("a pattern that names no engine is refused, with what there is") {
  CHECK_THROWS_WITH(chosen({"tile0.pe0", "tile1.*", "layer_2"}),
                    "platform.fidelity.rtl: no processing engine is named 'tile1.*', 'layer_2'; the engines by layer "
                    "are conv_1: tile0.pe0 to tile0.pe1; conv_1_: tile2.pe1");
  CHECK_THROWS_AS(chosen({"pe0"}, Fidelity::rtl), InputError);
}

TEST_CASE("routers are chosen by name, where packets go through them") {
  using Numbers = std::set<int>;
  const auto parts = [](const std::vector<std::string>& patterns, Fidelity otherwise = Fidelity::tlm) {
    return pin_level_parts(image(), {otherwise, patterns}, 12);
  };
  CHECK(parts({"tile1.router"}).routers == Numbers{1});
  CHECK(parts({"tile1.router"}).engines.empty());
  CHECK(parts({"tile1*.router"}).routers == Numbers{1, 10, 11});
  CHECK(parts({"tile2.*"}).routers == Numbers{2});
  CHECK(parts({"tile2.*"}).engines == Numbers{5});
  CHECK(parts({}, Fidelity::rtl).routers.size() == 12);
  CHECK_THROWS_WITH(parts({"tile12.router"}), Catch::Contains("no processing engine or router is named") &&
                                                  Catch::Contains("the routers are tile0.router to tile11.router"));
  CHECK_THROWS_AS(pin_level_parts(image(), {Fidelity::tlm, {"tile0.router"}}, 0), InputError);
}
