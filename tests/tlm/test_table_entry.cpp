#include <catch2/catch.hpp>

#include "tlm/table_entry.h"

using namespace reprise;

namespace {

/// A 1 x 1 convolution of 5 outputs over 3 channels, in one unit of which each slot goes to one output.
struct Example {
  Example() {
    Layer layer;
    layer.inputs = {kNetworkInput};
    layer.shape = {5, 1, 1};
    layer.operation = ConvolutionLayer{};
    image.network.input_shape = {3, 1, 1};
    image.network.layers = {layer};
    mapping.rows = {0, 1, 2};
    mapping.row_group_starts = {0, 3};
    mapping.initial_sums.resize(5);
    OperationUnit unit;
    unit.columns = 40;
    unit.slot_columns = 8;
    unit.signed_slots = true;
    mapping.units = {unit};
    for (std::uint32_t output = 0; output < 5; ++output) {
      mapping.entries.push_back({output, static_cast<std::uint8_t>(output), 0, false});
    }
    image.encoding = Encoding::twos_complement;
  }

  int bits(EngineKind engine) {
    image.engine = engine;
    return table_entry_bits(image, mapping);
  }

  WeightImage image;
  LayerMapping mapping;
};

}  // namespace

TEST_CASE("a layer that lies as dense would lay it out has no table") {
  Example example;
  for (const EngineKind engine : {EngineKind::dense, EngineKind::sre, EngineKind::wpr, EngineKind::reprise}) {
    CHECK(example.bits(engine) == 0);
  }
}

TEST_CASE("a table entry has bits for its output, and for what else the engine may do with it") {
  Example example;
  std::swap(example.mapping.entries[0].output, example.mapping.entries[1].output);
  CHECK(example.bits(EngineKind::dense) == 0);
  CHECK(example.bits(EngineKind::sre) == 3);      // 5 outputs
  CHECK(example.bits(EngineKind::wpr) == 3 + 1);  // the end of a list
  example.mapping.entries[2].negative = true;
  CHECK(example.bits(EngineKind::sre) == 3 + 1);
  CHECK(example.bits(EngineKind::wpr) == 3 + 1 + 1);
  example.image.granularity = Granularity::bit_column;
  CHECK(example.bits(EngineKind::wpr) == 3 + 1 + 3);  // a shift; the sign follows from it
  example.image.encoding = Encoding::differential;
  CHECK(example.bits(EngineKind::wpr) == 3 + 1 + 3 + 1);
}

TEST_CASE("slots that are narrow have a shift where any is not 0") {
  Example example;
  example.mapping.units[0].slot_columns = 4;
  example.mapping.units[0].columns = 20;
  CHECK(example.bits(EngineKind::reprise) == 3 + 1);
  example.mapping.entries[4].shift = 2;
  CHECK(example.bits(EngineKind::reprise) == 3 + 1 + 3);
  CHECK(example.bits(EngineKind::wpr) == 3 + 1);  // its slots are never narrow
}

TEST_CASE("rows that are left out make a layer irregular") {
  Example example;
  example.mapping.rows = {0, 1};
  example.mapping.row_group_starts = {0, 2};
  CHECK(example.bits(EngineKind::sre) == 3);
}
