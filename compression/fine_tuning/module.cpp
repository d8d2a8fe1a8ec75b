#include <future>

#include "compression/fine_tuning/training.h"
#include "compression/passes/fine_tune_module.h"

/// The module's entry. On a thread of its own, so that the program's own settings of OpenMP stay as they are.
extern "C" void reprise_fine_tune(const reprise::FineTuneTask& task) {
  std::async(std::launch::async, [&] { reprise::train(task); }).get();
}
