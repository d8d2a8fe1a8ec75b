#pragma once

#include <systemc>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <queue>
#include <string>
#include <vector>

namespace reprise {

/// Writes signals to a VCD file whose changes are known before they happen.
///
/// Names are made of letters, digits, underscores, and dots between scopes. Signals are added before the simulation
/// starts; at first they are 0. Changes at one moment take effect in the order in which they were made. The kernel
/// writes a moment down when time moves on: what changes at the very moment of sc_stop() is lost.
class WaveRecorder final : public sc_core::sc_module {
 public:
  struct Config {
    std::filesystem::path file;  ///< *.vcd
    sc_core::sc_time period;     ///< of a cycle
    std::uint64_t images = 1;    ///< only the first so many are recorded
  };

  /// @throws InputError when the file does not end in .vcd or cannot be written
  WaveRecorder(const sc_core::sc_module_name& name, Config config);
  ~WaveRecorder() override;

  using Signal = std::size_t;
  Signal add_bit(const std::string& name) { return add_number(name, 1); }
  Signal add_number(const std::string& name, int width);  ///< width: 1..64 bits

  /// An image begins: cycles count from `time` on.
  void origin(const sc_core::sc_time& time);
  /// The signal is `value` from `cycle` on. A cycle in the past is a fault of the model: a SystemC error.
  void change(Signal signal, std::uint64_t cycle, std::uint64_t value);
  /// The signal is larger by `difference` from `cycle` on, whatever it is by then.
  void increase(Signal signal, std::uint64_t cycle, std::int64_t difference);

 private:
  struct Change {
    sc_core::sc_time time;
    std::uint64_t sequence = 0;
    Signal signal = 0;
    std::uint64_t value = 0;
    bool relative = false;
    friend bool operator>(const Change& a, const Change& b) {
      return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
    }
  };
  void push(Signal signal, std::uint64_t cycle, std::uint64_t value, bool relative);
  void replay();

  const Config config_;
  sc_core::sc_trace_file* trace_ = nullptr;
  std::deque<std::uint64_t> values_;  ///< traced: addresses must not change
  std::priority_queue<Change, std::vector<Change>, std::greater<>> pending_;
  sc_core::sc_event wake_{"wake"};
  sc_core::sc_time origin_;
  std::uint64_t images_begun_ = 0;
  std::uint64_t sequence_ = 0;
};

}  // namespace reprise
