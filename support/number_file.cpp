#include "support/number_file.h"

#include <fmt/format.h>

#include <cctype>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "support/error.h"

namespace reprise::config {
namespace {

namespace fs = std::filesystem;

std::string trimmed(const std::string& text) {
  const char* const spaces = " \t\r";
  const std::size_t first = text.find_first_not_of(spaces);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

/// Reads line after line.
class CsvList {
 public:
  explicit CsvList(Source source) : source_(std::make_shared<const Source>(std::move(source))) {
    list_.kind = Node::Kind::list;
    list_.place = {source_, 1, 1};
  }

  void add(const std::string& raw) {
    ++line_;
    const std::string text = trimmed(raw);
    if (text.empty() || text[0] == '#') return;
    const std::size_t comma = text.find(',');
    const std::string index = trimmed(text.substr(0, comma));
    const bool is_heading = !has_heading_ && list_.values.empty() && comma != std::string::npos &&
                            std::isalpha(static_cast<unsigned char>(index[0])) != 0;
    if (is_heading) {
      has_heading_ = true;
      return;
    }
    const std::string expected = std::to_string(list_.values.size());
    if (comma == std::string::npos || index != expected) {
      throw InputError(fmt::format("{}:{}: found {}; expected {},number", source_->name, line_, text, expected));
    }
    add_number(trimmed(text.substr(comma + 1)), static_cast<int>(raw.find(',')) + 2);
  }

  Node take() { return std::move(list_); }

 private:
  void add_number(const std::string& text, int column) {
    Node number;
    number.kind = Node::Kind::scalar;
    number.place = {source_, line_, column};
    number.scalar = text;
    number.tag = "?";
    list_.values.push_back(std::move(number));
  }

  const std::shared_ptr<const Source> source_;
  Node list_;
  int line_ = 0;
  bool has_heading_ = false;
};

}  // namespace

Node load_number_list(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (fs::is_directory(file) || !in) throw InputError(file.string() + ": cannot be read; expected a list of numbers");
  const Source source{file.string(), file.parent_path()};
  if (file.extension() != ".csv") {
    std::stringstream text;
    text << in.rdbuf();
    return parse_node(text.str(), source);
  }
  CsvList list(source);
  for (std::string line; std::getline(in, line);) list.add(line);
  return list.take();
}

}  // namespace reprise::config
