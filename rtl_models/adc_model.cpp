#include "rtl_models/adc_model.h"

#include <algorithm>
#include <limits>

namespace reprise::rtl {
namespace {

std::uint32_t highest_code(const EngineConfig& config) {
  if (config.adc_kind == AdcKind::ideal || config.adc_bits >= 32) return std::numeric_limits<std::uint32_t>::max();
  return (std::uint32_t{1} << config.adc_bits) - 1;
}

/// code = min(sum, 2^bits - 1), or the sum where the kind is ideal.
class LinearAdc final : public AdcModel {
 public:
  explicit LinearAdc(const EngineConfig& config) : highest_code_(highest_code(config)) {}
  std::uint32_t convert(std::uint32_t sum) override { return std::min(sum, highest_code_); }

 private:
  const std::uint32_t highest_code_;
};

AdcModelFactory& chosen_factory() {
  static AdcModelFactory factory;
  return factory;
}

}  // namespace

void use_adc_models(AdcModelFactory factory) {
  chosen_factory() = std::move(factory);
}

std::unique_ptr<AdcModel> make_adc_model(const std::string& name, const EngineConfig& config) {
  std::unique_ptr<AdcModel> model = chosen_factory() ? chosen_factory()(name, config) : nullptr;
  return model != nullptr ? std::move(model) : std::make_unique<LinearAdc>(config);
}

}  // namespace reprise::rtl
