#pragma once

#include <string>
#include <vector>

#include "tlm/register_bank.h"

namespace reprise {

/// The accelerator's registers, described here and nowhere else. The module adds what they do; the C header of the
/// driver and docs/registers.md are printed from it.
std::vector<Register> accelerator_registers();

/// platform/reprise_registers.h
std::string registers_c_header();
/// docs/registers.md
std::string registers_markdown();

}  // namespace reprise
