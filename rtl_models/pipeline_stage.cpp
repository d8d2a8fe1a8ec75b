#include "rtl_models/pipeline_stage.h"

namespace reprise::rtl {

PipelineStage::PipelineStage(const sc_core::sc_module_name& name, int cycles) : sc_module(name), cycles_(cycles) {
  SC_METHOD(step);
  sensitive << clock.pos();
}

void PipelineStage::step() {
  if (advance.read()) {
    out.write(in.read());
    remaining_ = cycles_;
  } else if (remaining_ > 1) {
    --remaining_;
  }
  finished.write(remaining_ <= 1);
}

}  // namespace reprise::rtl
