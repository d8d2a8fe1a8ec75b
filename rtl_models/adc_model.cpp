#include "rtl_models/adc_model.h"

#include <utility>

namespace reprise::rtl {
namespace {

AdcModelFactory& chosen_factory() {
  static AdcModelFactory factory;
  return factory;
}

}  // namespace

void use_adc_models(AdcModelFactory factory) {
  chosen_factory() = std::move(factory);
}

std::unique_ptr<AdcModel> make_adc_model(const std::string& name, const EngineConfig& config) {
  return chosen_factory() ? chosen_factory()(name, config) : nullptr;
}

}  // namespace reprise::rtl
