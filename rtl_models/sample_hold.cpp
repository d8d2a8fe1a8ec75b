#include "rtl_models/sample_hold.h"

namespace reprise::rtl {

SampleHold::SampleHold(const sc_core::sc_module_name& name) : sc_module(name) {
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void SampleHold::step() {
  if (!advance.read() || !read.read().valid) return;
  held.write(bitline.read());
  samples_ += read.read().columns;
}

}  // namespace reprise::rtl
