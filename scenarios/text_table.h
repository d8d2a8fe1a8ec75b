#pragma once

#include <string>
#include <vector>

namespace reprise {

/// A table for the terminal: the first column to the left, all others to the right, but for a last one of free text.
class TextTable {
 public:
  enum class LastColumn { figures, text };
  explicit TextTable(std::vector<std::string> header, LastColumn last = LastColumn::figures)
      : rows_{std::move(header)}, last_(last) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string str() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  LastColumn last_;
};

/// 1234567 as "1,234,567".
std::string grouped(unsigned long long value);
/// As CSV wants text: in quotes, those inside doubled.
std::string csv_text(const std::string& text);
/// Four significant digits with a metric prefix: 12.35 k, 1.234 M.
std::string metric(double value);

}  // namespace reprise
