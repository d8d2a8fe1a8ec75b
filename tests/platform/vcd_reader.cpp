#include "tests/platform/vcd_reader.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace reprise::test {

std::map<std::string, Edges> read_vcd(const std::filesystem::path& file, std::uint64_t period_ps) {
  std::map<std::string, Edges> edges;
  std::ifstream in(file);
  std::map<std::string, std::string> names;
  std::vector<std::string> scopes;
  std::uint64_t time = 0;
  bool defined = false;
  bool initial = false;
  for (std::string line; std::getline(in, line);) {
    std::istringstream stream(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    if (words.empty()) continue;
    const std::string& word = words[0];
    if (word == "$scope") scopes.push_back(words.at(2));
    if (word == "$upscope") scopes.pop_back();
    if (word == "$enddefinitions") defined = true;
    if (word == "$dumpvars") initial = true;
    if (word == "$end") initial = false;
    if (word == "$var") {
      std::string full;
      for (std::size_t i = 1; i < scopes.size(); ++i) full += scopes[i] + '.';
      full += words.at(4);
      if (!names.emplace(words.at(3), full).second) throw std::runtime_error("two signals have one code");
      if (!edges.emplace(full, Edges{}).second) throw std::runtime_error("two signals are named " + full);
    }
    if (word[0] == '$' || !defined) continue;
    if (word[0] == '#') {
      const std::uint64_t next = std::stoull(word.substr(1));
      if (next < time || next % period_ps != 0) throw std::runtime_error("a moment out of place: " + word);
      time = next;
    } else if (!initial) {
      const bool vector = word[0] == 'b';
      const std::string code = vector ? words.at(1) : word.substr(1);
      const std::uint64_t value = std::stoull(vector ? word.substr(1) : word.substr(0, 1), nullptr, 2);
      edges.at(names.at(code)).emplace_back(time / period_ps, value);
    }
  }
  return edges;
}

std::string text_of(std::uint64_t value) {
  std::string text;
  for (; value != 0; value >>= 8) text.insert(text.begin(), static_cast<char>(value & 0xFF));
  return text;
}

}  // namespace reprise::test
