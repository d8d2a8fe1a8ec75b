#include "tlm/buffer_depths.h"

#include <algorithm>
#include <string>

#include "support/error.h"
#include "tlm/receptive_field.h"

namespace reprise {
namespace {

/// Executes the network row by row on demand and watches how full the buffers become.
class DemandDrivenExecution {
 public:
  explicit DemandDrivenExecution(const NetworkDescription& network)
      : network_(network), made_(network.layers.size() + 1), consumers_(made_.size()) {
    for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
      const std::vector<int>& inputs = network.layers[layer].inputs;
      released_.emplace_back(inputs.size());
      most_.emplace_back(inputs.size());
      for (std::size_t input = 0; input < inputs.size(); ++input) {
        consumers_[slot(inputs[input])].push_back({layer, input});
      }
    }
  }

  std::vector<std::vector<int>> run() {
    // The last layer pulls what it needs; rows that nobody needs are made afterwards, consumers first.
    for (int layer = static_cast<int>(network_.layers.size()) - 1; layer >= kNetworkInput; --layer) {
      make_rows(layer, network_.shape_of(layer).height);
    }
    return most_;
  }

 private:
  struct Consumer {
    std::size_t layer;
    std::size_t input;
  };

  static std::size_t slot(int layer) { return static_cast<std::size_t>(layer + 1); }

  void make_rows(int layer, int rows) {
    while (made_[slot(layer)] < rows) make_row(layer, made_[slot(layer)]);
  }

  void make_row(int layer, int row) {
    if (layer != kNetworkInput) {
      for (int input : network_.layers[static_cast<std::size_t>(layer)].inputs) {
        make_rows(input, last_needed(layer, input, row) + 1);
      }
    }
    made_[slot(layer)] = row + 1;
    for (const Consumer& c : consumers_[slot(layer)]) {
      most_[c.layer][c.input] = std::max(most_[c.layer][c.input], row + 1 - released_[c.layer][c.input]);
    }
    if (layer != kNetworkInput) release_inputs(static_cast<std::size_t>(layer), row);
  }

  int last_needed(int layer, int input, int row) const {
    const Layer& consumer = network_.layers[static_cast<std::size_t>(layer)];
    return ReceptiveField(consumer, network_.shape_of(input)).last_row(row);
  }

  void release_inputs(std::size_t layer, int row) {
    const Layer& consumer = network_.layers[layer];
    for (std::size_t input = 0; input < consumer.inputs.size(); ++input) {
      const Shape& shape = network_.shape_of(consumer.inputs[input]);
      const bool last = row + 1 == consumer.shape.height;
      // Everything goes after the last row, also rows that are still to come.
      released_[layer][input] = last ? shape.height : ReceptiveField(consumer, shape).first_row(row + 1);
    }
  }

  const NetworkDescription& network_;
  std::vector<int> made_;
  std::vector<std::vector<Consumer>> consumers_;
  std::vector<std::vector<int>> released_;
  std::vector<std::vector<int>> most_;
};

}  // namespace

std::vector<std::vector<int>> least_buffer_depths(const NetworkDescription& network) {
  return DemandDrivenExecution(network).run();
}

std::vector<std::vector<int>> buffer_depths(const NetworkDescription& network, const MachineConfig& config,
                                            const RoundPlan& rounds) {
  std::vector<std::vector<int>> depths = least_buffer_depths(network);
  std::string faults;
  for (std::size_t layer = 0; layer < depths.size(); ++layer) {
    for (std::size_t input = 0; input < depths[layer].size(); ++input) {
      int& depth = depths[layer][input];
      const int height = network.shape_of(network.layers[layer].inputs[input]).height;
      const bool held = rounds.is_held(static_cast<int>(layer), network.layers[layer].inputs[input]);
      const bool sequential = config.execution == Execution::sequential;
      depth = std::max(held || sequential ? height : depth, 1);
      if (config.buffer_rows && *config.buffer_rows < depth) {
        faults += (faults.empty() ? "" : "\n") + std::string("platform.buffer_rows: ") +
                  std::to_string(*config.buffer_rows) + " rows would deadlock" +
                  (held         ? " with an input that is held between rounds"
                   : sequential ? " with sequential execution"
                                : "") +
                  ": input " + std::to_string(input) + " of layer '" + network.layers[layer].name +
                  "' needs a buffer of " + std::to_string(depth) + " rows";
      }
      depth =
          config.buffer_rows ? *config.buffer_rows : std::min(depth + config.buffer_extra_rows, std::max(height, 1));
    }
  }
  if (!faults.empty()) throw InputError(faults);
  return depths;
}

}  // namespace reprise
