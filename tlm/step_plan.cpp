#include "tlm/step_plan.h"

#include <stdexcept>

#include "tlm/receptive_field.h"

namespace reprise {
namespace {

std::size_t slot(int layer) {
  const int number = layer + 1;
  return static_cast<std::size_t>(number);
}

/// Layers and DMA, each of which makes at most one row a step.
class LockStep {
 public:
  LockStep(const NetworkDescription& network, const std::vector<std::vector<int>>& depths)
      : network_(network), depths_(depths), steps_(network.layers.size() + 1) {
    for (const Layer& layer : network.layers) released_.emplace_back(layer.inputs.size());
  }

  std::vector<std::vector<int>> run() {
    for (int step = 0; !is_over(); ++step) {
      std::vector<int> able;
      for (int layer = kNetworkInput; layer < layers(); ++layer) {
        if (can_make_row(layer)) able.push_back(layer);
      }
      if (able.empty()) throw std::logic_error("lock step: no layer can make a row");
      for (int layer : able) make_row(layer, step);
    }
    return std::move(steps_);
  }

 private:
  int layers() const { return static_cast<int>(network_.layers.size()); }
  int made(int layer) const { return static_cast<int>(steps_[slot(layer)].size()); }
  bool is_complete(int layer) const { return made(layer) == network_.shape_of(layer).height; }

  bool is_over() const {
    for (int layer = kNetworkInput; layer < layers(); ++layer) {
      if (!is_complete(layer)) return false;
    }
    return true;
  }

  bool can_make_row(int layer) const { return !is_complete(layer) && has_inputs(layer) && has_room(layer); }

  bool has_inputs(int layer) const {
    if (layer == kNetworkInput) return true;
    const Layer& description = network_.layers[static_cast<std::size_t>(layer)];
    for (int input : description.inputs) {
      const ReceptiveField field(description, network_.shape_of(input));
      if (made(input) <= field.last_row(made(layer))) return false;
    }
    return true;
  }

  bool has_room(int layer) const {
    for (std::size_t consumer = 0; consumer < network_.layers.size(); ++consumer) {
      const std::vector<int>& inputs = network_.layers[consumer].inputs;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] == layer && made(layer) - depths_[consumer][i] >= released_[consumer][i]) return false;
      }
    }
    return true;
  }

  void make_row(int layer, int step) {
    steps_[slot(layer)].push_back(step);
    if (layer == kNetworkInput) return;
    const Layer& description = network_.layers[static_cast<std::size_t>(layer)];
    for (std::size_t i = 0; i < description.inputs.size(); ++i) {
      const Shape& shape = network_.shape_of(description.inputs[i]);
      released_[static_cast<std::size_t>(layer)][i] =
          is_complete(layer) ? shape.height : ReceptiveField(description, shape).first_row(made(layer));
    }
  }

  const NetworkDescription& network_;
  const std::vector<std::vector<int>>& depths_;
  std::vector<std::vector<int>> steps_;     ///< of the rows made so far
  std::vector<std::vector<int>> released_;  ///< rows, [layer][input]
};

/// A step for what the DMA reads at the beginning of each round, and one for each layer.
std::vector<std::vector<int>> layer_by_layer(const NetworkDescription& network, const RoundPlan& rounds) {
  const auto rows_in = [&](int tensor, int step) {
    return std::vector<int>(static_cast<std::size_t>(network.shape_of(tensor).height), step);
  };
  std::vector<std::vector<int>> steps{rows_in(kNetworkInput, 0)};
  for (int layer = 0; layer < static_cast<int>(network.layers.size()); ++layer) {
    steps.push_back(rows_in(layer, layer + rounds.round_of(layer) + 1));
  }
  for (std::size_t round = 1; round < rounds.rounds().size(); ++round) {
    const Round& of_layers = rounds.rounds()[round];
    for (int tensor : of_layers.inputs) {
      steps.push_back(rows_in(tensor, of_layers.first_layer + static_cast<int>(round)));
    }
  }
  return steps;
}

}  // namespace

StepPlan make_step_plan(const NetworkDescription& network, const std::vector<std::vector<int>>& depths,
                        Execution execution, const RoundPlan& rounds) {
  StepPlan plan;
  if (execution == Execution::asynchronous) return plan;
  plan.steps = execution == Execution::sequential ? layer_by_layer(network, rounds) : LockStep(network, depths).run();
  for (const std::vector<int>& steps : plan.steps) {
    for (int step : steps) {
      if (static_cast<int>(plan.rows.size()) <= step) plan.rows.resize(static_cast<std::size_t>(step) + 1);
      ++plan.rows[static_cast<std::size_t>(step)];
    }
  }
  return plan;
}

}  // namespace reprise
