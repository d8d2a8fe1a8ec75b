#pragma once

#include <systemc>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/vcd_file.h"

namespace reprise {

/// How a viewer shows a signal.
enum class Radix { binary, decimal, signed_decimal, hexadecimal, text };

/// Writes signals to a VCD file whose changes are known before they happen.
///
/// Names are made of letters, digits, underscores, and dots between scopes. Signals are added before the simulation
/// starts; at first they are 0. Changes at one moment take effect in the order in which they were made, and only the
/// last one is written down.
class WaveRecorder {
 public:
  struct Config {
    std::filesystem::path file;        ///< *.vcd
    sc_core::sc_time period;           ///< of a cycle
    std::vector<std::string> signals;  ///< patterns of those that are recorded; empty: those that are by default
    std::uint64_t first_image = 0;
    std::uint64_t images = 1;  ///< from the first one on
    std::uint64_t first_cycle = 0;
    std::optional<std::uint64_t> last_cycle;  ///< of each of these images
  };
  struct Declaration {
    Declaration(std::string of, int bits, Radix shown, std::string belongs_to = "")
        : name(std::move(of)), width(bits), radix(shown), note(std::move(belongs_to)) {}

    std::string name;
    int width;
    Radix radix;
    std::string note;  ///< for viewers: what its scope belongs to
  };
  using Signal = std::size_t;

  /// @throws InputError when the file does not end in .vcd or cannot be written
  explicit WaveRecorder(Config config);
  WaveRecorder(const WaveRecorder&) = delete;
  WaveRecorder& operator=(const WaveRecorder&) = delete;

  /// @param width  1..64 bits, whole bytes where it is text
  Signal add(const Declaration& declaration, bool by_default = true);
  bool is_recorded(Signal signal) const { return signal != kNotRecorded; }
  /// Those that are recorded.
  const std::vector<Declaration>& recorded() const { return declarations_; }
  /// When each of them changed for the first time, in ps; absent: never.
  const std::vector<std::optional<std::uint64_t>>& first_changes() const { return first_changes_; }
  std::uint64_t period() const { return config_.period.value(); }  ///< of a cycle, ps
  /// @throws InputError where a pattern selects none of the signals added; the message lists what there is
  void check_selection() const;

  /// Whether something of the present image is recorded.
  bool records_image() const { return in_images(); }
  /// An image begins: cycles count from `time` on.
  void origin(const sc_core::sc_time& time);
  /// The signal is `value` from `cycle` on. A cycle in the past is a fault of the model: a SystemC error.
  void change(Signal signal, std::uint64_t cycle, std::uint64_t value);
  /// The signal is larger by `difference` from `cycle` on, whatever it is by then.
  void increase(Signal signal, std::uint64_t cycle, std::int64_t difference);
  /// Writes what is still to come. Nothing is added or changed afterwards.
  /// @throws InputError when the file could not be written
  void finish();

 private:
  static constexpr Signal kNotRecorded = static_cast<Signal>(-1);

  struct Change {
    std::uint64_t time = 0;  ///< ps
    std::uint64_t sequence = 0;
    Signal signal = kNotRecorded;
    std::uint64_t value = 0;
    bool relative = false;
    bool shown = false;  ///< lies in the part that is recorded
    friend bool operator>(const Change& a, const Change& b) {
      return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
    }
  };
  bool selected(const std::string& name, bool by_default) const;
  bool in_images() const { return image_ >= config_.first_image && image_ - config_.first_image < config_.images; }
  bool is_over(std::uint64_t cycle) const;
  void push(Signal signal, std::uint64_t cycle, std::uint64_t value, bool relative);
  /// Writes down all before `time`.
  void write_until(std::uint64_t time);
  void write_changed(std::uint64_t time);

  const Config config_;
  VcdFile file_;
  std::vector<std::string> offered_;
  std::vector<Declaration> declarations_;
  std::vector<std::uint64_t> values_;
  std::vector<std::uint64_t> written_;
  std::vector<std::optional<std::uint64_t>> first_changes_;
  std::vector<Signal> touched_;   ///< those that may differ from what is written
  std::vector<bool> is_touched_;  ///< by signal
  std::priority_queue<Change, std::vector<Change>, std::greater<>> pending_;
  std::uint64_t origin_ = 0;  ///< ps
  std::uint64_t image_ = 0;   ///< the present one
  std::uint64_t images_begun_ = 0;
  std::uint64_t sequence_ = 0;
};

/// Up to eight characters as the value of a signal of 64 bits and radix text.
std::uint64_t text_value(std::string_view text);

}  // namespace reprise
