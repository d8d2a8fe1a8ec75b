#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace reprise {

/// What an expression may speak of.
struct Vocabulary {
  std::set<std::string> names;  ///< stand for values: keys, metrics
  std::set<std::string> words;  ///< stand for themselves: names of engines and the like
};

/// A formula over numbers and words, such as `platform.adc.bits <= 4 && mapping.engine == wpr`: muParser's arithmetic,
/// comparisons, `&&`, `||`, `? :`, functions (min, max, abs, log2, sqrt, ...); `true` and `false` are 1 and 0.
class Expression {
 public:
  /// The text of a value, or nothing where there is none.
  using Values = std::function<std::optional<std::string>(const std::string& name)>;

  /// @param place  where the text stands, for messages. @throws InputError
  Expression(const std::string& text, const std::string& place, const Vocabulary& vocabulary);
  ~Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;

  /// Nothing where one of the values is missing.
  std::optional<double> evaluate(const Values& values) const;

 private:
  struct Formula;
  std::unique_ptr<Formula> formula_;
};

}  // namespace reprise
