#pragma once

#include "compression/passes/fine_tune_module.h"

namespace reprise {

/// fine_tune() itself, on all processors.
void train(const FineTuneTask& task);

}  // namespace reprise
