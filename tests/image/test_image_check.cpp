#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "compression/image/image_check.h"
#include "support/error.h"
#include "tests/image/random_image.h"

namespace reprise::test {
namespace {

/// The message for the image after `change`; empty where nothing is wrong.
std::string error_of(WeightImage image, const std::function<void(WeightImage&)>& change) {
  change(image);
  try {
    check_image(image);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string tiny_error(const std::function<void(WeightImage&)>& change) {
  return error_of(tiny_image(), change);
}

/// As tiny_image(), but the layer of the given kind follows the convolution.
std::string error_with(Operation operation, Shape shape, const std::function<void(WeightImage&, Layer&)>& change) {
  return tiny_error([&](WeightImage& image) {
    Layer layer;
    layer.name = "second";
    layer.operation = std::move(operation);
    layer.inputs = {0};
    layer.shape = shape;
    image.reference_weights.emplace_back();
    change(image, layer);
    image.network.layers.push_back(layer);
  });
}

#define REFUSED(change, message) CHECK_THAT(tiny_error([](WeightImage& i) { change; }), Catch::Contains(message))

ConvolutionLayer& convolution(WeightImage& image) {
  return std::get<ConvolutionLayer>(image.network.layers[0].operation);
}

TEST_CASE("Unchanged images are accepted") {
  CHECK(tiny_error([](WeightImage&) {}).empty());
  CHECK(tiny_error([](WeightImage& i) { i.reference_weights.clear(); }).empty());
}

TEST_CASE("Geometry and provenance") {
  REFUSED(i.geometry.crossbar_rows = 0, "geometry: a size of 0");
  REFUSED(i.geometry.crossbar_columns = 1 << 17, "geometry: a size of 131072");
  REFUSED(i.geometry.unit_rows = 129, "operation units of 129 rows");
  REFUSED(i.geometry.unit_columns = 0, "operation units of 0 columns");
  REFUSED(i.geometry.crossbars_per_engine = -1, "a size of -1");
  REFUSED(i.geometry.engines_per_tile = 0, "a size of 0");
  REFUSED(i.provenance.float_accuracy = 1.5, "provenance: accuracy 1.5");
  REFUSED(i.provenance.reference_accuracy = std::nan(""), "accuracy nan");
}

TEST_CASE("The network's input and layers") {
  REFUSED(i.network.input_shape.channels = 0, "network input: shape 0x1x1");
  REFUSED(i.network.input_shape = (Shape{1 << 20, 1 << 20, 1}), "too large");
  REFUSED(i.network.input_quantisation.scale = 0, "network input: scale 0");
  REFUSED(i.network.input_quantisation.zero_point = 256, "zero point 256");
  REFUSED(i.network.preprocessing.scale = -1, "preprocessing: scale -1");
  REFUSED(i.network.preprocessing.mean.clear(), "0 means or standard deviations, expected 1 or 2");
  REFUSED(i.network.preprocessing.mean.resize(3), "expected 1 or 2");
  REFUSED(i.network.preprocessing.standard_deviation = {0.0}, "not positive");
  REFUSED(i.network.preprocessing.mean = {std::numeric_limits<double>::infinity()}, "not a number");
  REFUSED(i.network.layers.clear(), "no layers");
  REFUSED(i.network.layers[0].name.clear(), "layer 0 '': its name is empty");
  REFUSED(i.network.layers[0].inputs.clear(), "layer 0 'conv': it has no inputs");
  REFUSED(i.network.layers[0].inputs = {0}, "input 0 is not an earlier layer");
  REFUSED(i.network.layers[0].inputs = {-2}, "input -2 is not");
  REFUSED(i.network.layers[0].inputs = (std::vector<int>{-1, -1}), "2 inputs, expected 1");
  REFUSED(i.network.layers[0].shape.height = 2, "its window gives height 1");
  REFUSED(i.network.layers[0].quantisation.scale = std::nan(""), "scale nan");
  REFUSED(i.network.layers[0].quantisation.zero_point = -1, "zero point -1");
  REFUSED(i.network.layers[0].clamp_low = -1, "clamp -1..255");
  REFUSED(i.network.layers[0].clamp_high = 256, "clamp 0..256");
  REFUSED((i.network.layers[0].clamp_low = 9, i.network.layers[0].clamp_high = 8), "clamp 9..8");
}

TEST_CASE("Convolutions") {
  REFUSED(convolution(i).groups = 3, "3 groups do not divide");
  REFUSED(convolution(i).groups = 0, "0 groups do not divide");
  REFUSED(convolution(i).bias.pop_back(), "1 biases, expected 2");
  REFUSED(convolution(i).requantisation.pop_back(), "1 requantisation factors, expected 2");
  REFUSED(convolution(i).requantisation[1].shift = 0, "shift 0 is outside 1..62");
  const auto filtered = [](InputFilter filter, int zero_point = 0) {
    return tiny_error([&](WeightImage& i) {
      convolution(i).filter = filter;
      i.network.input_quantisation.zero_point = zero_point;
      i.mappings[0].initial_sums = convolution(i).bias;
      for (std::int32_t& sum : i.mappings[0].initial_sums) sum -= 2 * zero_point;
    });
  };
  CHECK(filtered({1, 0, 8}).empty());
  CHECK(filtered({65536, 16777215, 1}).empty());
  CHECK_THAT(filtered({9, 0, 8}, 3),
             Catch::Contains("layer 0 'conv': its input has the zero point 3, but an input filter needs 0"));
  CHECK_THAT(filtered({0, 0, 8}),
             Catch::Contains("layer 0 'conv': its input filter has blocks of 0 rows, expected 1..65536"));
  CHECK_THAT(filtered({65537, 0, 8}), Catch::Contains("65537 rows"));
  CHECK_THAT(filtered({9, -1, 8}), Catch::Contains("the least sum -1, expected 0..16777215"));
  CHECK_THAT(filtered({9, 16777216, 8}), Catch::Contains("the least sum 16777216"));
  CHECK_THAT(filtered({9, 0, 0}), Catch::Contains("its input filter keeps 0 bit planes, expected 1..8"));
  CHECK_THAT(filtered({9, 0, 9}), Catch::Contains("9 bit planes"));
  REFUSED(convolution(i).requantisation[1].shift = 63, "shift 63 is outside 1..62");
  REFUSED(convolution(i).requantisation[0].multiplier = std::numeric_limits<std::int32_t>::min(),
          "multiplier -2147483648 is outside");
  REFUSED(convolution(i).negative_requantisation.resize(1), "factors below zero, expected 2");
  REFUSED(convolution(i).window.kernel_height = 0, "out of range");
  REFUSED(convolution(i).window.kernel_height = 2, "its window gives height 0");
  REFUSED(convolution(i).window.stride_width = 0, "out of range");
  REFUSED(convolution(i).window.dilation_width = 0, "out of range");
  REFUSED(convolution(i).window.pad_left = -1, "out of range");
  REFUSED(convolution(i).window.pad_right = 1, "its window gives height 1 and width 2");
}

TEST_CASE("Other layers") {
  const Shape same{2, 1, 1};
  const auto nothing = [](WeightImage&, Layer&) {};
  const auto has = [](const char* message) { return Catch::Contains(message); };
  const ElementwiseLayer add{{{1, 1}}, {0, 0}, 4};
  CHECK(error_with(LookupLayer{}, same, nothing).empty());
  CHECK(error_with(MaxPoolLayer{}, same, nothing).empty());
  CHECK(error_with(AveragePoolLayer{{}, false, {{1, 1}}}, same, nothing).empty());
  CHECK(error_with(add, same, nothing).empty());
  CHECK(error_with(ReshapeLayer{}, {1, 2, 1}, nothing).empty());
  CHECK_THAT(error_with(LookupLayer{}, same, [](WeightImage&, Layer& l) { l.name = "conv"; }), has("not unique"));
  CHECK_THAT(error_with(LookupLayer{}, {2, 1, 2}, nothing), has("layer 1 'second': shape 2x1x2 differs"));
  CHECK_THAT(error_with(LookupLayer{}, same, [](WeightImage&, Layer& l) { l.clamp_low = 1; }), has("has no clamp"));
  CHECK_THAT(error_with(MaxPoolLayer{}, {3, 1, 1}, nothing), has("3 channels, expected those of its input"));
  CHECK_THAT(error_with(MaxPoolLayer{}, same, [](WeightImage&, Layer& l) { l.quantisation.zero_point = 1; }),
             has("differ from the input's"));
  CHECK_THAT(error_with(MaxPoolLayer{{1, 1, 1, 1, 1, 1, 1, 0, 0, 0}}, {2, 2, 1}, nothing),
             has("wholly in the padding"));
  CHECK_THAT(error_with(AveragePoolLayer{}, same, nothing), has("0 requantisation factors, expected 1"));
  CHECK_THAT(error_with(AveragePoolLayer{{1, 2, 1, 1, 1, 1, 0, 1, 0, 0}, true, {{1, 1}}}, same, nothing),
             has("1 requantisation factors, expected 2"));
  CHECK(error_with(AveragePoolLayer{{1, 2, 1, 1, 1, 1, 0, 1, 0, 0}, false, {{1, 1}}}, same, nothing).empty());
  CHECK_THAT(error_with(add, same, [](WeightImage&, Layer& l) { l.inputs = {0, 0}; }), has("1 sets of multipliers"));
  CHECK_THAT(error_with(add, {3, 1, 1}, nothing), has("shape 3x1x1 differs"));
  CHECK_THAT(error_with(ElementwiseLayer{{{1}}, {0, 0}, 4}, same, nothing), has("1 multipliers of an input"));
  CHECK_THAT(error_with(ElementwiseLayer{{{1, 1}}, {0}, 4}, same, nothing), has("1 offsets"));
  CHECK_THAT(error_with(ElementwiseLayer{{{1, 1}}, {0, std::int64_t{1} << 61}, 4}, same, nothing), has("+-2^60"));
  CHECK_THAT(error_with(ElementwiseLayer{{{1, 1}}, {0, 0}, 63}, same, nothing), has("shift 63"));
  CHECK_THAT(error_with(ConcatLayer{{{1, 1}}}, {3, 1, 1}, nothing), has("2 channels, its output 3"));
  CHECK_THAT(error_with(ConcatLayer{{{1, 1}}}, {2, 2, 1}, nothing), has("does not fit the output 2x2x1"));
  CHECK_THAT(error_with(ConcatLayer{}, same, nothing), has("0 requantisation factors, expected 1"));
  CHECK_THAT(error_with(SliceLayer{{1, 0, 0}, {1, 1, 1}}, same, nothing), has("leaves its input"));
  CHECK_THAT(error_with(SliceLayer{{-1, 0, 0}, {1, 1, 1}}, same, nothing), has("leaves its input"));
  CHECK_THAT(error_with(SliceLayer{{0, 0, 0}, {0, 1, 1}}, same, nothing), has("leaves its input"));
  CHECK_THAT(error_with(PadLayer{{1, 0, 0}, 0}, same, nothing), has("leaves the output"));
  CHECK_THAT(error_with(PadLayer{{-1, 0, 0}, 0}, {4, 1, 1}, nothing), has("leaves the output"));
  CHECK_THAT(error_with(ReshapeLayer{}, {3, 1, 1}, nothing), has("not as many values"));
}

TEST_CASE("Rows and row groups") {
  REFUSED(i.mappings.clear(), "mapping 0 is not that of layer 0");
  REFUSED(i.mappings.push_back(i.mappings[0]), "2 mappings, expected 1");
  REFUSED(i.mappings[0].layer = 1, "mapping 0 is not that of layer 0");
  REFUSED(i.mappings[0].rows = (std::vector<std::uint32_t>{1, 0}), "the rows of row group 0 do not ascend");
  REFUSED(i.mappings[0].rows = (std::vector<std::uint32_t>{1, 1}), "the rows of row group 0 do not ascend");
  REFUSED(i.mappings[0].rows[1] = 2, "row 2 of 2");
  REFUSED(i.mappings[0].row_group_starts.clear(), "row groups do not start at 0");
  REFUSED(i.mappings[0].row_group_starts[0] = 1, "row groups do not start at 0");
  REFUSED(i.mappings[0].row_group_starts[1] = 1, "and end at 2");
  REFUSED(i.mappings[0].row_group_starts = (std::vector<std::uint32_t>{0, 2, 2}), "row group 1 is not ascending");
  REFUSED(i.mappings[0].row_group_starts = (std::vector<std::uint32_t>{0, 5, 2}), "row group 0 is not ascending");
  REFUSED((i.geometry.unit_rows = i.geometry.group_rows = 1), "row group 0 has 2 rows, expected at most 1");
  REFUSED((i.geometry.group_rows = 8), "row groups of 8 rows, expected 9..126");
  REFUSED((i.geometry.group_rows = 127), "row groups of 127 rows, expected 9..126");
  REFUSED(convolution(i).groups = 2, "lies across two convolution groups");
}

TEST_CASE("Operation units and engines") {
  REFUSED(i.mappings[0].engines.clear(), "1 units, 0 of them on engines");
  REFUSED(i.mappings[0].engines[0].first_unit = 1, "engine 0 has 1 units from 1, expected from 0");
  REFUSED(i.mappings[0].engines[0].unit_count = 2, "engine 0 has units up to 2 of 1");
  REFUSED(i.mappings[0].engines[0].unit_count = 0, "engine 0 has 0 units");
  REFUSED(i.mappings[0].engines.push_back(i.mappings[0].engines[0]), "engines do not ascend at 0");
  REFUSED(i.mappings[0].engines[0].engine = 1, "crossbar 1 is not one of engine 1");
  REFUSED(i.mappings[0].units[0].row_group = 1, "operation unit 0: row group 1 of 1");
  REFUSED(i.mappings[0].units[0].crossbar = 8, "crossbar 8 of 8");
  REFUSED(i.mappings[0].units[0].wordline = 17, "wordline 17, bitline 40 is not on the grid");
  REFUSED(i.mappings[0].units[0].bitline = 41, "is not on the grid");
  REFUSED(i.mappings[0].units[0].wordline = 126, "the unit leaves its crossbar");
  REFUSED(i.mappings[0].units[0].bitline = 128, "the unit leaves its crossbar");
  REFUSED(i.mappings[0].units[0].columns = 7, "7 columns in slots of 8");
  REFUSED(i.mappings[0].units[0].columns = 16, "16 columns in slots of 8");
  REFUSED(i.mappings[0].units[0].columns = 0, "0 columns in slots of 8");
  REFUSED(i.mappings[0].units[0].slot_columns = 0, "8 columns in slots of 0");
  REFUSED(i.mappings[0].units[0] = (OperationUnit{0, 1, 18, 40, 0, 0, false, 0}), "0 columns in slots of 0");
  REFUSED(i.mappings[0].units[0].signed_slots = false, "the weight 255 in row 1");
  REFUSED(i.mappings[0].units[0].first_entry = 1, "first entry 1 is out of order");
  REFUSED((i.mappings[0].units.push_back(i.mappings[0].units[0]), i.mappings[0].engines[0].unit_count = 2),
          "operation unit 1: another unit lies at crossbar 1, wordline 18, bitline 40");
  REFUSED((i.mappings[0].units.clear(), i.mappings[0].engines.clear()), "2 entries but no operation units");
}

TEST_CASE("Scatter entries") {
  REFUSED(i.mappings[0].entries[1].output = 2, "entry 1 names output 2 of 2");
  REFUSED(i.mappings[0].entries[1].slot = 1, "entry 1 names slot 1 of 1");
  REFUSED(i.mappings[0].entries[1].shift = 1, "entry 1 shifts a slot of 8 columns by 1");
  REFUSED(i.mappings[0].entries[1].negative = true, "entry 1 with shift 0 has the wrong sign");
  REFUSED(i.mappings[0].entries.clear(), "slot 0 has no entry");
  REFUSED(i.mappings[0].entries.pop_back(), "initial sum 180 of output 1, expected 200");
  REFUSED(i.engine = EngineKind::dense, "a second one for slot 0, which the engine dense does not share");
  REFUSED(i.encoding = Encoding::differential, "in slots of 8, expected whole slots of 1..7");
  REFUSED(i.granularity = Granularity::bit_column, "in slots of 8, expected whole slots of 1..1");
  CHECK_THAT(tiny_error([](WeightImage& i) {
               i.encoding = Encoding::differential;
               i.mappings[0].units[0].columns = i.mappings[0].units[0].slot_columns = 7;
             }),
             Catch::Contains("signed slots at kernel granularity, differential"));
}

TEST_CASE("Entries stay in their convolution group and slots in order") {
  const auto grouped = [](WeightImage& image) {  // each row group has one row: a group of the convolution
    convolution(image).groups = 2;
    LayerMapping& m = image.mappings[0];
    m.row_group_starts = {0, 1, 2};
    m.units = {{0, 1, 18, 40, 8, 8, true, 0}, {1, 1, 27, 40, 8, 8, true, 1}};
    m.engines = {{0, 0, 2}};
    m.initial_sums = {70, 210};
    m.storage = {16, 16, 0, 0};  // regular
    image.reference_weights = {{3, -1}};
    image.cells = CellArray(image.geometry, 8);
    for (std::size_t bit = 0; bit < 2; ++bit) image.cells.set(1, 18, 40 + bit);
    for (std::size_t bit = 0; bit < 8; ++bit) image.cells.set(1, 27, 40 + bit);
  };
  CHECK(error_of(tiny_image(), grouped).empty());
  const auto changed = [&](const std::function<void(LayerMapping&)>& change) {
    return error_of(tiny_image(), [&](WeightImage& image) {
      grouped(image);
      change(image.mappings[0]);
    });
  };
  CHECK_THAT(changed([](LayerMapping& m) { m.entries[0].output = 1; }), Catch::Contains("another convolution group"));
  CHECK_THAT(changed([](LayerMapping& m) { std::swap(m.units[0].row_group, m.units[1].row_group); }),
             Catch::Contains("operation unit 1: row group 0 after 1"));
  CHECK_THAT(changed([](LayerMapping& m) { m.units[1].first_entry = 3; }), Catch::Contains("first entry 3"));
  CHECK_THAT(changed([](LayerMapping& m) {
               m.engines = {{0, 0, 1}, {0, 1, 1}};
             }),
             Catch::Contains("engines do not ascend"));
}

TEST_CASE("Slots are entered in order, with one shift a unit") {
  const auto narrow = [](WeightImage& image) {  // the same weights in chunks of 4 columns, two slots each
    LayerMapping& m = image.mappings[0];
    image.geometry.unit_columns = 4;
    m.units = {{0, 1, 18, 40, 4, 4, false, 0}, {0, 1, 18, 44, 4, 4, true, 2}};
    m.entries = {{0, 0, 0, false}, {1, 0, 0, false}, {0, 0, 4, false}, {1, 0, 4, false}};
    m.engines = {{0, 0, 2}};
    m.storage = {32, 16, 8, 2};
  };
  CHECK(error_of(tiny_image(), narrow).empty());
  const auto changed = [&](const std::function<void(LayerMapping&)>& change) {
    return error_of(tiny_image(), [&](WeightImage& image) {
      narrow(image);
      change(image.mappings[0]);
    });
  };
  CHECK_THAT(changed([](LayerMapping& m) { m.entries[1].shift = 1; }), Catch::Contains("its unit has another shift"));
  CHECK_THAT(changed([](LayerMapping& m) { m.entries[2].shift = 3; }),
             Catch::Contains("gives a signed slot the shift 3"));
  CHECK_THAT(changed([](LayerMapping& m) { m.units[0].slot_columns = 2; }), Catch::Contains("slot 1 has no entry"));
  CHECK_THAT(changed([](LayerMapping& m) {
               m.units[0].slot_columns = 2;
               m.entries[0].slot = 1;
             }),
             Catch::Contains("entry 0 names slot 1 after 0 slots"));
}

TEST_CASE("Two layers on one engine") {
  const std::string error = tiny_error([](WeightImage& image) {
    image.network.layers.push_back(image.network.layers[0]);
    image.network.layers[1].name = "second";
    image.reference_weights.push_back(image.reference_weights[0]);
    image.mappings.push_back(image.mappings[0]);
    image.mappings[1].layer = 1;
  });
  CHECK_THAT(error, Catch::Contains("mapping of layer 'second': engine 0 belongs to layer 0 already"));
}

TEST_CASE("Cells, weights, sums and storage") {
  REFUSED(i.cells.bytes().pop_back(), "bytes of cells, expected 8 crossbars");
  REFUSED(i.cells.set(0, 0, 0), "1 cells are set outside the operation units");
  REFUSED(i.cells.set(1, 20, 40), "1 cells are set outside the operation units");
  REFUSED(i.cells.set(1, 18, 42), "initial sum 80 of output 0, expected 40");
  REFUSED(i.mappings[0].initial_sums[1] = 0, "initial sum 0 of output 1, expected 180");
  REFUSED(i.mappings[0].initial_sums.pop_back(), "1 initial sums, expected 2");
  REFUSED((i.mappings[0].initial_sums[0] = std::numeric_limits<int>::max() - 20,
           convolution(i).bias[0] = std::numeric_limits<int>::max()),
          "sums of output 0 leave 32 bits");
  REFUSED(i.reference_weights[0][3] = -2, "the cells do not hold the reference weights");
  REFUSED(i.reference_weights[0].pop_back(), "the cells do not hold the reference weights");
  REFUSED(i.reference_weights.emplace_back(), "reference weights of 2 layers, expected 1");
  REFUSED(i.mappings[0].storage.dense_cells = 33, "33 dense cells, counted 32");
  REFUSED(i.mappings[0].storage.cells = 17, "17 cells, counted 16");
  REFUSED(i.mappings[0].storage.table_bits = 0, "0 table bits, counted 4");
  REFUSED(i.mappings[0].storage.index_bits = 2, "2 index bits, counted 1");
}

TEST_CASE("Random changes of random images never crash the check") {
  // Every number of a mapping is hit; the check must refuse or accept, not fall over.
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    WeightImage image = random_image(seed % 300);
    std::uint32_t state = seed * 2654435761U + 1;
    const auto draw = [&state](std::size_t bound) {
      state = state * 1664525U + 1013904223U;
      return (state >> 8U) % bound;
    };
    LayerMapping& m = image.mappings[draw(image.mappings.size())];
    if (m.units.empty()) continue;
    OperationUnit& unit = m.units[draw(m.units.size())];
    const auto value = static_cast<std::uint32_t>(draw(2) == 0 ? draw(70) : ~draw(70));
    switch (draw(10)) {
      case 0:
        unit.row_group = value;
        break;
      case 1:
        unit.crossbar = value;
        break;
      case 2:
        unit.wordline = static_cast<std::uint16_t>(value);
        break;
      case 3:
        unit.bitline = static_cast<std::uint16_t>(value);
        break;
      case 4:
        unit.columns = static_cast<std::uint8_t>(value);
        break;
      case 5:
        unit.slot_columns = static_cast<std::uint8_t>(value);
        break;
      case 6:
        unit.first_entry = value;
        break;
      case 7:
        m.entries[draw(m.entries.size())].output = value;
        break;
      case 8:
        m.rows[draw(m.rows.size())] = value;
        break;
      default:
        m.row_group_starts[draw(m.row_group_starts.size())] = value;
        break;
    }
    INFO("seed " << seed);
    CHECK_NOTHROW(error_of(image, [](WeightImage&) {}));
  }
}

}  // namespace
}  // namespace reprise::test
