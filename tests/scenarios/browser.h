#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reprise::test {

/// A page as a browser shows it.
struct RenderedPage {
  std::string dom;
  std::map<std::string, std::string> state;  ///< the data-* attributes of the html element
  std::vector<std::string> console;          ///< what it said there
};

enum class Scheme { light, dark };

/// Chromium without a display (Debian's chromium-headless-shell or chromium).
class Browser {
 public:
  /// Nothing, and says so, where none is installed.
  static std::optional<Browser> find();

  RenderedPage render(const std::filesystem::path& page, int width, Scheme scheme) const;
  void print(const std::filesystem::path& page, const std::filesystem::path& pdf) const;

 private:
  explicit Browser(std::string program) : program_(std::move(program)) {}
  std::string run(const std::vector<std::string>& options, const std::filesystem::path& page, std::string* log) const;

  std::string program_;
};

/// A `data` element: a number that the page shows.
struct ShownFigure {
  std::string pointer;  ///< a JSON pointer into the page's data
  std::string per;      ///< "images": divided by their number
  double value = 0.0;
  std::string text;
};

std::vector<ShownFigure> figures_of(const RenderedPage& page);

/// The JSON that a page was given.
nlohmann::json data_of(const std::string& html);

}  // namespace reprise::test
