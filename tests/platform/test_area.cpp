#include <catch2/catch.hpp>

#include "platform/area.h"
#include "support/error.h"

using namespace reprise;

namespace {

Technology default_technology() {
  return load_technology(REPRISE_SOURCE_DIR "/scenarios/technology/default.yaml", {});
}

/// Three engines in tiles 0 and 1.
WeightImage three_engines() {
  WeightImage image;
  LayerMapping mapping;
  mapping.engines = {{0, 0, 1}, {11, 1, 1}, {12, 2, 1}};
  image.network.layers.resize(2);
  std::get<ConvolutionLayer>(image.network.layers[1].operation).filter = InputFilter{};
  mapping.storage.table_bits = 900;
  mapping.storage.index_bits = 100;
  image.mappings.push_back(mapping);
  return image;
}

/// Of all tiles.
AreaItem item(const std::vector<AreaItem>& items, const std::string& component) {
  AreaItem sum;
  for (const AreaItem& part : items) {
    if (component_name(part.component) != component) continue;
    sum.count += part.count;
    sum.square_millimetres += part.square_millimetres;
  }
  return sum;
}

const AreaItem& item(const std::vector<AreaItem>& items, Component component, int tile) {
  for (const AreaItem& part : items) {
    if (part.component == component && part.tile == tile) return part;
  }
  FAIL("nothing in tile " << tile);
  return items.front();
}

}  // namespace

TEST_CASE("the area of three engines, by hand") {
  MachineConfig machine;
  machine.pipeline.adcs = 2;
  const std::vector<AreaItem> items = area_in_use(default_technology(), 4, three_engines(), machine);
  CHECK(item(items, "crossbar_cell").count == 3 * 8 * 128 * 128);
  CHECK(item(items, "crossbar_cell").square_millimetres == Approx(3 * 0.0002).epsilon(0.001));  // ISAAC: 8 crossbars
  CHECK(item(items, "dac").count == 3 * 1024);
  CHECK(item(items, "sample_hold").count == 3 * 1024);
  CHECK(item(items, "adc").count == 6);
  CHECK(item(items, "adc").square_millimetres == Approx(6 * 361e-6));
  CHECK(item(items, "input_register").square_millimetres == Approx(3 * 0.0021));
  CHECK(item(items, "input_filter_lane").count == 32);  // one filter, as wide as the way from the buffer
  CHECK(item(items, "mapping_table_bit").count == 1000);
  CHECK(item(items, "layer_buffers").count == 2);
  CHECK(items.size() == 2 * kComponentCount);
  CHECK(item(items, Component::dac, 0).count == 2 * 1024);
  CHECK(item(items, Component::dac, 1).count == 1024);
  CHECK(item(items, Component::router, 0).count == 1);
  CHECK(item(items, Component::router, 1).square_millimetres == Approx(0.038));
  CHECK(item(items, Component::mapping_table_bit, 0).count == 666);  // two units of three
  CHECK(item(items, Component::mapping_table_bit, 1).count == 334);
  CHECK(item(items, "router").square_millimetres == Approx(2 * 0.038));
}

TEST_CASE("copies of a layer take engines, tiles and tables of their own") {
  MachineConfig machine;
  machine.replication.kind = ReplicationKind::given_explicitly;
  WeightImage image = three_engines();
  image.network.layers[0].name = "first";
  image.network.layers[0].shape = {1, 2, 2};
  machine.replication.copies["first"] = 4;  // engines 13 to 21, in tile 1
  const std::vector<AreaItem> items = area_in_use(default_technology(), 4, image, machine);
  CHECK(item(items, "adc").count == 12);
  CHECK(item(items, "mapping_table_bit").count == 4000);
  CHECK(item(items, "router").count == 2);
}

TEST_CASE("an area that the technology does not know is refused") {
  const Technology technology = default_technology();
  CHECK_THROWS_WITH(area_in_use(technology, 10, three_engines(), {}), Catch::Contains("adc.area covers up to 9 bits"));
}
