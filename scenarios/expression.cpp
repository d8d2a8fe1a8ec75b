#include "scenarios/expression.h"

#include <fmt/format.h>
#include <muParser.h>

#include <cstdlib>
#include <deque>
#include <map>

#include "support/config.h"
#include "support/error.h"

namespace reprise {
namespace {

constexpr const char* kNameCharacters = "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.";
constexpr double kFirstWord = 1e15;  // words are numbers that no value has

}  // namespace

struct Expression::Formula {
  std::string text;
  std::string place;
  mutable mu::Parser parser;
  std::deque<double> storage;                // of the parser's variables
  std::map<std::string, double*> variables;  // names that stand for values
  mutable std::map<std::string, double> words;

  double number_of_word(const std::string& word) const {
    return words.emplace(word, kFirstWord * static_cast<double>(words.size() + 1)).first->second;
  }

  double number_of(const std::string& value) const {
    if (value == "true" || value == "false") return value == "true" ? 1.0 : 0.0;
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    return !value.empty() && *end == '\0' ? number : number_of_word(value);
  }
};

Expression::Expression(const std::string& text, const std::string& place, const Vocabulary& vocabulary)
    : formula_(std::make_unique<Formula>()) {
  Formula& formula = *formula_;
  formula.text = text;
  formula.place = place;
  try {
    formula.parser.DefineNameChars(kNameCharacters);
    formula.parser.DefineConst("true", 1.0);
    formula.parser.DefineConst("false", 0.0);
    formula.parser.SetExpr(text);
    const auto used = formula.parser.GetUsedVar();
    for (const auto& [name, unused] : used) {
      double& value = formula.storage.emplace_back(0.0);
      formula.parser.DefineVar(name, &value);
      if (vocabulary.names.count(name) != 0) {
        formula.variables[name] = &value;
      } else if (vocabulary.words.count(name) != 0) {
        value = formula.number_of_word(name);
      } else {
        const std::vector<std::string> known(vocabulary.names.begin(), vocabulary.names.end());
        throw InputError(fmt::format("{}{}: unknown name; {}", place, name, config::detail::suggest(name, known)));
      }
    }
    formula.parser.Eval();  // reports what GetUsedVar() lets pass
  } catch (const mu::Parser::exception_type& error) {
    throw InputError(
        fmt::format("{}\"{}\": {}; expected a formula such as platform.adc.bits <= 4", place, text, error.GetMsg()));
  }
}

Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

std::optional<double> Expression::evaluate(const Values& values) const {
  for (const auto& [name, variable] : formula_->variables) {
    const std::optional<std::string> value = values(name);
    if (!value) return std::nullopt;
    *variable = formula_->number_of(*value);
  }
  try {
    return formula_->parser.Eval();
  } catch (const mu::Parser::exception_type& error) {
    throw InputError(fmt::format("{}\"{}\": {}", formula_->place, formula_->text, error.GetMsg()));
  }
}

}  // namespace reprise
