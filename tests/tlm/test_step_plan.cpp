#include <catch2/catch.hpp>

#include "tlm/step_plan.h"

using namespace reprise;

namespace {

/// A of 3 rows, B of 2 that needs two rows of A each, C of 2.
NetworkDescription three_layers() {
  NetworkDescription network;
  network.input_shape = {1, 3, 1};
  const auto add = [&](int from, int kernel, int height) {
    Layer layer;
    MaxPoolLayer pool;
    pool.window.kernel_height = kernel;
    layer.operation = pool;
    layer.inputs = {from};
    layer.shape = {1, height, 1};
    network.layers.push_back(layer);
  };
  add(kNetworkInput, 1, 3);
  add(0, 2, 2);
  add(1, 1, 2);
  return network;
}

using Steps = std::vector<std::vector<int>>;

}  // namespace

TEST_CASE("in lock step a row is made as soon as those that it needs were made in steps before") {
  const StepPlan plan = make_step_plan(three_layers(), {{3}, {3}, {2}}, Execution::synchronous);
  CHECK(plan.steps == Steps{{0, 1, 2}, {1, 2, 3}, {3, 4}, {4, 5}});
  CHECK(plan.rows == std::vector<int>{1, 2, 2, 2, 2, 1});
  CHECK(plan.step(1, 1) == 4);
  CHECK(plan.step(kNetworkInput, 2) == 2);
}

TEST_CASE("in lock step a row waits for room that was made in a step before") {
  // A has room for one row: the input's next row waits for A's.
  CHECK(make_step_plan(three_layers(), {{1}, {2}, {1}}, Execution::synchronous).steps ==
        Steps{{0, 2, 4}, {1, 3, 5}, {4, 6}, {5, 7}});
}

TEST_CASE("one layer after another has a step a layer, without turns there are no steps") {
  const StepPlan plan = make_step_plan(three_layers(), {{3}, {3}, {2}}, Execution::sequential);
  CHECK(plan.steps == Steps{{0, 0, 0}, {1, 1, 1}, {2, 2}, {3, 3}});
  CHECK(plan.rows == std::vector<int>{3, 3, 2, 2});
  CHECK(make_step_plan(three_layers(), {{3}, {3}, {2}}, Execution::asynchronous).empty());
}
