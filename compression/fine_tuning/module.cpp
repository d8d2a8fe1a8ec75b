#include "compression/fine_tuning/training.h"
#include "compression/passes/fine_tune_module.h"

/// The module's entry.
extern "C" void reprise_fine_tune(const reprise::FineTuneTask& task) {
  reprise::train(task);
}
