#include "rtl_models/engine_config.h"

#include <fmt/format.h>

#include <string>

#include "support/error.h"

namespace reprise::rtl {

void check(const EngineConfig& config) {
  std::string faults;
  const auto at_least = [&faults](int least, int value, const char* name) {
    if (value < least)
      faults += fmt::format("{}processing engine: {} is {}, expected at least {}", faults.empty() ? "" : "\n", name,
                            value, least);
  };
  at_least(1, config.fetch_cycles, "fetch_cycles");
  at_least(1, config.drive_cycles, "drive_cycles");
  at_least(1, config.read_cycles, "read_cycles");
  at_least(1, config.convert_cycles, "convert_cycles");
  at_least(1, config.adcs, "adcs");
  at_least(1, config.adc_bits, "adc.bits");
  at_least(1, config.shift_add_cycles, "shift_add_cycles");
  at_least(1, config.scatter_ports, "scatter_ports");
  at_least(0, config.skip_cycles, "skip_cycles");
  at_least(1, config.input_bytes_per_cycle, "input_bytes_per_cycle");
  at_least(0, config.filter_cycles, "filter_cycles");
  if (!faults.empty()) throw InputError(faults);
}

}  // namespace reprise::rtl
