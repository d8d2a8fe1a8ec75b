#include "tlm/cycle_causes.h"

namespace reprise {
namespace {

constexpr std::array<const char*, kCycleCauses> kNames = {
    "reload",  "input_not_made", "input_in_flight", "credit", "turn",       "load",  "fill",     "busy",
    "scatter", "dropped",        "imbalance",       "merge",  "write_back", "order", "finished",
};

}  // namespace

const char* cause_name(CycleCause cause) {
  return kNames.at(static_cast<std::size_t>(cause));
}

}  // namespace reprise
