#include "compression/passes/fine_tune.h"
#include "support/error.h"

namespace reprise {

bool can_fine_tune() {
  return false;
}

void fine_tune(Graph& /*network*/, std::vector<CompressedLayer>& /*layers*/, const Graph& /*teacher*/,
               const Dataset& /*training*/, const Preprocessing& /*preprocessing*/, const FineTuneConfig& /*config*/) {
  throw InputError("fine_tuning: this build has no fine-tuning; install libtorch-dev and configure again");
}

}  // namespace reprise
