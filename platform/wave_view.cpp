#include "platform/wave_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>

namespace reprise {
namespace {

using Declaration = WaveRecorder::Declaration;

// Flags of a trace in a save file, as in GTKWave's sources.
enum Flag : unsigned {
  kHexadecimal = 0x2,
  kDecimal = 0x4,
  kBinary = 0x8,
  kRightJustified = 0x20,
  kBlank = 0x200,
  kSigned = 0x400,
  kAscii = 0x800,
  kGroupBegin = 0x800000,
  kGroupEnd = 0x1000000,
  kClosed = 0x400000,
};

unsigned flags(Radix radix) {
  switch (radix) {
    case Radix::binary:
      return kRightJustified | kBinary;
    case Radix::decimal:
      return kRightJustified | kDecimal;
    case Radix::signed_decimal:
      return kRightJustified | kDecimal | kSigned;
    case Radix::hexadecimal:
      return kRightJustified | kHexadecimal;
    case Radix::text:
      return kRightJustified | kAscii;
  }
  return kRightJustified | kBinary;
}

/// GTKWave's colours 1..7: red, orange, yellow, green, blue, indigo, violet. 0: the usual one.
int colour(const std::string& leaf) {
  static const std::map<std::string, int> colours{{"busy", 4},
                                                  {"state", 3},
                                                  {"window", 5},
                                                  {"fetch.activation", 1},
                                                  {"drive.activation", 2},
                                                  {"read.activation", 3},
                                                  {"convert.activation", 4},
                                                  {"shift_add.activation", 5},
                                                  {"scatter.activation", 7}};
  const auto found = colours.find(leaf);
  return found == colours.end() ? 0 : found->second;
}

constexpr std::array<const char*, 9> kFirst{"busy",
                                            "state",
                                            "window",
                                            "fetch.activation",
                                            "drive.activation",
                                            "read.activation",
                                            "convert.activation",
                                            "shift_add.activation",
                                            "scatter.activation"};

constexpr std::size_t kFirstStage = 3;

/// Its place among the signals of a group that are seen at once; behind the last for all others.
std::size_t place(const std::string& leaf) {
  return static_cast<std::size_t>(std::find(kFirst.begin(), kFirst.end(), leaf) - kFirst.begin());
}

/// "tile0.pe3" of "tile0.pe3.fetch.unit"; otherwise what stands before the first dot.
std::string group_of(const std::string& name) {
  const std::size_t dot = name.find('.');
  const bool engine = name.rfind("tile", 0) == 0 && name.compare(dot + 1, 2, "pe") == 0;
  return name.substr(0, engine ? name.find('.', dot + 1) : dot);
}

constexpr std::uint64_t kCyclesBefore = 6;
constexpr double kCyclesSeen = 110.0;

struct Group {
  std::string name;
  std::string note;                                          ///< an engine's layer
  std::vector<std::pair<std::string, Declaration>> signals;  ///< by what follows the group's name
};

std::vector<Group> groups(const std::vector<Declaration>& signals) {
  std::vector<Group> all;
  std::map<std::string, std::size_t> known;
  for (const Declaration& signal : signals) {
    const std::string name = group_of(signal.name);
    if (known.emplace(name, all.size()).second) all.push_back({name, "", {}});
    if (!signal.note.empty()) all[known[name]].note = signal.note;
    all[known[name]].signals.emplace_back(signal.name.substr(name.size() + 1), signal);
  }
  for (Group& group : all) {
    std::stable_sort(group.signals.begin(), group.signals.end(),
                     [](const auto& a, const auto& b) { return place(a.first) < place(b.first); });
  }
  return all;
}

/// "FETCH" of "fetch.activation".
std::string stage_of(const std::string& leaf) {
  std::string stage = leaf.substr(0, leaf.find('.'));
  for (char& c : stage) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return stage;
}

std::string entry(const std::string& leaf, const Declaration& signal) {
  std::string text = fmt::format("@{:x}\n", flags(signal.radix));
  if (colour(leaf) != 0) text += fmt::format("[color] {}\n", colour(leaf));
  if (place(leaf) >= kFirstStage && place(leaf) < kFirst.size()) text += fmt::format("+{{{}}} ", stage_of(leaf));
  text += "accelerator." + signal.name;
  if (signal.width > 1) text += fmt::format("[{}:0]", signal.width - 1);
  return text + '\n';
}

std::string bracket(unsigned flag, const std::string& name) {
  return fmt::format("@{:x}\n-{}\n", flag | kBlank, name);
}

std::string text_of(const Group& group) {
  const std::string title = group.name + (group.note.empty() ? "" : " " + group.note);
  std::string text = bracket(kGroupBegin, title);
  std::string rest;
  const bool engine = group.name.find('.') != std::string::npos;
  for (const auto& [leaf, signal] : group.signals) {
    (engine && place(leaf) == kFirst.size() ? rest : text) += entry(leaf, signal);
  }
  if (!rest.empty()) {
    const std::string name = group.name + " pins";
    text += bracket(kGroupBegin | kClosed, name) + rest + bracket(kGroupEnd | kClosed, name);
  }
  return text + bracket(kGroupEnd, title);
}

/// The first engine whose stages are shown, otherwise the first signal that changes, with some cycles before.
std::uint64_t beginning(const WaveRecorder& waves) {
  std::optional<std::uint64_t> stages;
  std::optional<std::uint64_t> any;
  for (std::size_t i = 0; i < waves.recorded().size(); ++i) {
    const std::optional<std::uint64_t>& first = waves.first_changes()[i];
    if (!first) continue;
    const std::string& name = waves.recorded()[i].name;
    const bool stage = name.size() > 17 && name.compare(name.size() - 17, 17, ".fetch.activation") == 0;
    if (stage) stages = std::min(*first, stages.value_or(*first));
    any = std::min(*first, any.value_or(*first));
  }
  const std::uint64_t first = stages.value_or(any.value_or(0));
  return first - std::min(first, kCyclesBefore * waves.period());
}

/// Where the view begins and how much of it is seen, without markers.
std::string first_sight(const WaveRecorder& waves) {
  // At zoom -13 such a window shows about 40 ns.
  const double span = kCyclesSeen * static_cast<double>(waves.period());
  const double zoom = -(13.0 + std::log2(span / 40000.0));
  std::string text = fmt::format("[timestart] {}\n*{:.6f} -1", beginning(waves), zoom);
  for (int marker = 0; marker < 26; ++marker) text += " -1";
  return text + '\n';
}

}  // namespace

std::string wave_view(const WaveRecorder& waves, const std::string& dump) {
  std::string text = fmt::format("[*] Reprise\n[dumpfile] \"{}\"\n[size] 1400 800\n[pos] -1 -1\n", dump);
  text += "[sst_width] 200\n[signals_width] 220\n[sst_expanded] 0\n" + first_sight(waves);
  std::vector<Group> all = groups(waves.recorded());
  // Engines with their stages first.
  const auto shows_stages = [](const Group& group) {
    return std::any_of(group.signals.begin(), group.signals.end(),
                       [](const auto& signal) { return signal.first == "fetch.activation"; });
  };
  std::stable_partition(all.begin(), all.end(), shows_stages);
  for (const Group& group : all) text += text_of(group);
  return text;
}

}  // namespace reprise
