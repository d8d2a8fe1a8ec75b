#include "rtl_models/wordline_driver.h"

namespace reprise::rtl {

WordlineDriver::WordlineDriver(const sc_core::sc_module_name& name) : sc_module(name) {
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void WordlineDriver::step() {
  if (!advance.read()) return;
  if (drive.read().valid) {
    drives_ += drive.read().selected;
    wordline.write(latch_);
  } else {
    wordline.write(Bus<Wire>(row_bits.read().width()));
  }
  latch_ = row_bits.read();
}

}  // namespace reprise::rtl
