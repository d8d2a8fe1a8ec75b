#pragma once

#include <vector>

#include "compression/image/network.h"
#include "tlm/machine_config.h"
#include "tlm/rounds.h"

namespace reprise {

/// In which step each row is made: docs/machine.md, section 5, Execution.
struct StepPlan {
  /// [layer + 1][row]; the network's input comes first. Behind the layers: each further tensor that the DMA reads, in
  /// the order of reading. Empty: asynchronous.
  std::vector<std::vector<int>> steps;
  std::vector<int> rows;  ///< by step: how many rows are made in it

  bool empty() const { return steps.empty(); }
  int step(int layer, int row) const {
    const int slot = layer + 1;
    return steps[static_cast<std::size_t>(slot)][static_cast<std::size_t>(row)];
  }
};

/// @param depths  of the layer buffers, [layer][input], with which the network cannot deadlock
StepPlan make_step_plan(const NetworkDescription& network, const std::vector<std::vector<int>>& depths,
                        Execution execution, const RoundPlan& rounds = {});

}  // namespace reprise
