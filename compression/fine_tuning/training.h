#pragma once

#include "compression/passes/fine_tune_module.h"

namespace reprise {

/// fine_tune() itself. On all processors; changes the calling thread's number of OpenMP threads.
void train(const FineTuneTask& task);

}  // namespace reprise
