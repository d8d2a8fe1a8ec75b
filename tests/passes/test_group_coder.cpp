#include <catch2/catch.hpp>

#include "compression/passes/group_coder.h"
#include "compression/passes/pattern_pruning.h"
#include "tests/passes/sample_layer.h"

namespace {

using namespace reprise;
using namespace reprise::test;

/// Changes weights smoothly, so that results can be compared closely.
class Shrinking : public GroupCoder {
 public:
  Matrix replace(std::size_t /*group*/, const Matrix& weights, const Matrix& /*root*/,
                 const Eigen::VectorXf& /*importance*/, GroupCode& /*code*/) override {
    return 0.9F * weights;
  }
};

/// Some blocks have no weights at all, some outputs none in a block.
RowShapes draw_shapes(Random& random, const MatrixShape& matrix, int block_rows) {
  RowShapes shapes{block_rows, {{}, {}}, {}};
  for (int row = 0; row < block_rows; ++row) {
    shapes.shapes[0].push_back(static_cast<std::uint32_t>(row));
    if (row % 2 == 0) shapes.shapes[1].push_back(static_cast<std::uint32_t>(row));
  }
  const auto high = static_cast<std::uint32_t>(block_rows);
  const std::uint32_t blocks = (matrix.rows_per_group + high - 1) / high;
  shapes.shape_of.assign(std::size_t{matrix.outputs} * blocks, -1);
  for (std::uint32_t block = 0; block < blocks; ++block) {
    if (draw(random, 0, 4) == 0) continue;
    for (std::uint32_t output = 0; output < matrix.outputs; ++output) {
      shapes.shape_of[output * blocks + block] = static_cast<std::int16_t>(draw(random, -1, 1));
    }
  }
  return shapes;
}

}  // namespace

TEST_CASE("Errors folded on in large products are as those folded on block by block") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int unit_rows = draw(random, 4, 12);
    const MatrixShape matrix{static_cast<std::uint32_t>(draw(random, 1, 12)), 1,
                             static_cast<std::uint32_t>(draw(random, 1, 500))};
    const SampleLayer sample = sample_layer(random, matrix, unit_rows);
    CompressedLayer layer;
    const int block_rows = draw(random, 1, 3) * unit_rows;
    if (draw(random, 0, 1) == 1) layer.shapes = draw_shapes(random, matrix, block_rows);
    const int height = layer.shapes ? block_rows : unit_rows;
    layer.steps.assign(matrix.outputs, 1.0);
    layer.groups = row_groups(matrix, layer.shapes ? &*layer.shapes : nullptr, unit_rows);
    if (layer.groups.empty()) continue;
    const Segment& segment = sample.segments.front();
    const Compensator& compensator = sample.compensators.front();
    const Matrix original = sample.weights().front();
    const Matrix kept =
        layer.shapes ? kept_weights(matrix, segment, *layer.shapes) : Matrix::Ones(original.rows(), original.cols());
    Matrix expected = original.cwiseProduct(kept);
    for (int first = 0; first < segment.rows; first += height) {
      const int rows = std::min(height, segment.rows - first);
      const Matrix error = 0.1F * expected.middleCols(first, rows);
      expected.middleCols(first, rows) -= error;
      compensator.fold(error, first, expected);
      expected = expected.cwiseProduct(kept);
    }
    Shrinking coder;
    std::vector<GroupCode> codes(layer.groups.size());
    Matrix coded = original.cwiseProduct(kept);
    code_segment(layer, matrix, segment, compensator, layer.shapes ? kept : Matrix(), true, coder, coded, codes);
    CHECK((coded - expected).norm() <= 1e-3F * expected.norm());
    CHECK((coded.array() != 0.0F && kept.array() == 0.0F).count() == 0);
  }
}
