#include "platform/vcd_file.h"

#include <algorithm>
#include <numeric>

#include "support/error.h"
#include "support/version.h"

namespace reprise {
namespace {

std::vector<std::string> split(const std::string& name) {
  std::vector<std::string> parts{""};
  for (char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

VcdFile::VcdFile(const std::filesystem::path& file) : path_(file) {
  if (file.extension() != ".vcd") throw InputError(file.string() + ": a waveform is a *.vcd file");
  out_.open(file);
  if (!out_) throw InputError(file.string() + ": cannot be written");
}

std::size_t VcdFile::add(const std::string& name, int width) {
  signals_.push_back({name, width});
  return signals_.size() - 1;
}

std::string VcdFile::code(std::size_t signal) {
  constexpr std::size_t kFirst = '!';
  constexpr std::size_t kCharacters = '~' - '!' + 1;
  std::string text;
  for (++signal; signal > 0; signal = (signal - 1) / kCharacters) {
    text += static_cast<char>(kFirst + (signal - 1) % kCharacters);
  }
  return text;
}

void VcdFile::write_scopes() {
  std::vector<std::size_t> order(signals_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Signals of one scope side by side, scopes in the order in which they were first named.
  std::vector<std::vector<std::string>> parts;
  for (const Signal& signal : signals_) parts.push_back(split("accelerator." + signal.name));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::vector<std::string>(parts[a].begin(), parts[a].end() - 1) <
           std::vector<std::string>(parts[b].begin(), parts[b].end() - 1);
  });
  std::vector<std::string> open;
  for (std::size_t signal : order) {
    const std::vector<std::string>& path = parts[signal];
    std::size_t common = 0;
    while (common < open.size() && common + 1 < path.size() && open[common] == path[common]) ++common;
    for (; open.size() > common; open.pop_back()) out_ << "$upscope $end\n";
    for (; open.size() + 1 < path.size(); open.push_back(path[open.size()])) {
      out_ << "$scope module " << path[open.size()] << " $end\n";
    }
    const int width = signals_[signal].width;
    out_ << "$var wire " << width << ' ' << code(signal) << ' ' << path.back();
    if (width > 1) out_ << " [" << width - 1 << ":0]";
    out_ << " $end\n";
  }
  for (; !open.empty(); open.pop_back()) out_ << "$upscope $end\n";
}

void VcdFile::write_header() {
  out_ << "$version\n  Reprise " << kVersionText << "\n$end\n$timescale\n  1 ps\n$end\n";
  write_scopes();
  out_ << "$enddefinitions $end\n#0\n$dumpvars\n";
  for (std::size_t signal = 0; signal < signals_.size(); ++signal) write_value(signal, 0);
  out_ << "$end\n";
  begun_ = true;
}

void VcdFile::moment(std::uint64_t time) {
  if (!begun_) write_header();
  out_ << '#' << time << '\n';
}

void VcdFile::change(std::size_t signal, std::uint64_t value) {
  write_value(signal, value);
}

void VcdFile::close() {
  if (!begun_) write_header();
  out_.close();
  if (!out_) throw InputError(path_.string() + ": cannot be written");
}

void VcdFile::write_value(std::size_t signal, std::uint64_t value) {
  const int width = signals_[signal].width;
  if (width == 1) {
    out_ << (value & 1U) << code(signal) << '\n';
    return;
  }
  std::string digits;
  for (int bit = width - 1; bit >= 0; --bit) {
    const bool one = ((value >> bit) & 1U) != 0;
    if (one || !digits.empty() || bit == 0) digits += one ? '1' : '0';
  }
  out_ << 'b' << digits << ' ' << code(signal) << '\n';
}

}  // namespace reprise
