#include "rtl_models/adc.h"

#include <algorithm>

namespace reprise::rtl {

Adc::Adc(const sc_core::sc_module_name& name, const EngineConfig& config, int unit_columns)
    : sc_module(name),
      adcs_(static_cast<std::size_t>(config.adcs)),
      convert_cycles_(config.convert_cycles),
      model_(make_adc_model(this->name(), config)),
      codes_(static_cast<std::size_t>(unit_columns)) {
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void Adc::step() {
  if (convert.read().valid && ++elapsed_ == convert_cycles_) convert_next();
  if (!advance.read()) return;
  code.write(codes_);
  converted_ = 0;
  elapsed_ = 0;
}

void Adc::convert_next() {
  elapsed_ = 0;
  const std::size_t end = std::min<std::size_t>(convert.read().columns, converted_ + adcs_);
  for (; converted_ < end; ++converted_, ++conversions_) codes_[converted_] = model_->convert(held.read()[converted_]);
}

}  // namespace reprise::rtl
