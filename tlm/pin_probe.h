#pragma once

#include <systemc>

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "tlm/activity.h"

namespace reprise {

/// Looks at the pins of a module whenever it is asked to: a trace file in which nothing is written down. What the
/// module's trace() adds becomes a list of pins; their addresses must not change. Ports, which a module can trace only
/// when the simulation starts, are left out. Must live as long as the module.
class PinProbe final : public sc_core::sc_trace_file {
 public:
  /// @param module  names of pins are told without its name
  explicit PinProbe(const sc_core::sc_module& module);

  const std::vector<Pin>& pins() const { return pins_; }
  /// Only these are looked at, and nothing is added any more.
  void select(const std::vector<bool>& wanted);
  /// Adds what has changed since the last time.
  void sample(Cycle cycle, std::vector<PinChange>& changes);

  void trace(const bool& object, const std::string& name) override { add(object, name, 1); }
#define REPRISE_TRACE_INTEGER(type)                                             \
  void trace(const type& object, const std::string& name, int width) override { \
    add(object, name, width);                                                   \
  }
  REPRISE_TRACE_INTEGER(unsigned char)
  REPRISE_TRACE_INTEGER(unsigned short)
  REPRISE_TRACE_INTEGER(unsigned int)
  REPRISE_TRACE_INTEGER(unsigned long)
  REPRISE_TRACE_INTEGER(char)
  REPRISE_TRACE_INTEGER(short)
  REPRISE_TRACE_INTEGER(int)
  REPRISE_TRACE_INTEGER(long)
  REPRISE_TRACE_INTEGER(sc_dt::int64)
  REPRISE_TRACE_INTEGER(sc_dt::uint64)
#undef REPRISE_TRACE_INTEGER
  // Kinds that no pin has.
#define REPRISE_TRACE_REFUSED(type)                           \
  void trace(const type&, const std::string& name) override { \
    refuse(name);                                             \
  }
  REPRISE_TRACE_REFUSED(sc_core::sc_event)
  REPRISE_TRACE_REFUSED(sc_core::sc_time)
  REPRISE_TRACE_REFUSED(sc_dt::sc_bit)
  REPRISE_TRACE_REFUSED(sc_dt::sc_logic)
  REPRISE_TRACE_REFUSED(float)
  REPRISE_TRACE_REFUSED(double)
  REPRISE_TRACE_REFUSED(sc_dt::sc_int_base)
  REPRISE_TRACE_REFUSED(sc_dt::sc_uint_base)
  REPRISE_TRACE_REFUSED(sc_dt::sc_signed)
  REPRISE_TRACE_REFUSED(sc_dt::sc_unsigned)
  REPRISE_TRACE_REFUSED(sc_dt::sc_fxval)
  REPRISE_TRACE_REFUSED(sc_dt::sc_fxval_fast)
  REPRISE_TRACE_REFUSED(sc_dt::sc_fxnum)
  REPRISE_TRACE_REFUSED(sc_dt::sc_fxnum_fast)
  REPRISE_TRACE_REFUSED(sc_dt::sc_bv_base)
  REPRISE_TRACE_REFUSED(sc_dt::sc_lv_base)
#undef REPRISE_TRACE_REFUSED
  void trace(const unsigned int&, const std::string& name, const char**) override {
    refuse(name);
  }
  void write_comment(const std::string&) override {}
  void set_time_unit(double, sc_core::sc_time_unit) override {}

 private:
  struct Watched {
    std::uint32_t pin;
    std::function<std::uint64_t()> value;
    std::uint64_t last;
  };

  void cycle(bool) override {}
  void refuse(const std::string& name) const;

  template <class T>
  void add(const T& object, const std::string& name, int width) {
    if (closed_) return;
    const std::uint64_t mask = width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    watched_.push_back({static_cast<std::uint32_t>(pins_.size()),
                        [&object, mask] { return static_cast<std::uint64_t>(object) & mask; }, 0});
    pins_.push_back({name.substr(prefix_.size()), width, std::is_signed_v<T>});
  }

  const std::string prefix_;
  bool closed_ = false;
  std::vector<Pin> pins_;
  std::vector<Watched> watched_;
};

}  // namespace reprise
