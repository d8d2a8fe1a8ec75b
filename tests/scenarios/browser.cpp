#include "tests/scenarios/browser.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <regex>
#include <sstream>

#include "tests/scenarios/workshop.h"
#include "tests/support/temporary_folder.h"

namespace reprise::test {

namespace fs = std::filesystem;

std::optional<Browser> Browser::find() {
  for (const char* program : {"chromium-headless-shell", "chromium"}) {
    if (std::system((std::string("command -v ") + program + " >/dev/null").c_str()) == 0) return Browser(program);
  }
  WARN("SKIPPED: no browser; install chromium-headless-shell");
  return std::nullopt;
}

std::string Browser::run(const std::vector<std::string>& options, const fs::path& page, std::string* log) const {
  const TemporaryFolder folder;
  std::string command =
      program_ + " --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run" +
      " --virtual-time-budget=10000 --enable-logging=stderr --user-data-dir=" + (folder.path() / "profile").string();
  for (const std::string& option : options) command += " " + option;
  command += " 'file://" + fs::absolute(page).string() + "' >" + (folder.path() / "out").string() + " 2>" +
             (folder.path() / "err").string();
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
  if (log != nullptr) *log = read_text(folder.path() / "err");
  return read_text(folder.path() / "out");
}

RenderedPage Browser::render(const fs::path& page, int width, Scheme scheme) const {
  std::vector<std::string> options{"--dump-dom", "--window-size=" + std::to_string(width) + ",900"};
  if (scheme == Scheme::dark) options.emplace_back("--blink-settings=preferredColorScheme=0");
  RenderedPage rendered;
  std::string log;
  rendered.dom = run(options, page, &log);
  const std::string element = rendered.dom.substr(0, rendered.dom.find("<head"));
  const std::regex attribute("data-([a-z]+)=\"([^\"]*)\"");
  for (std::sregex_iterator match(element.begin(), element.end(), attribute), end; match != end; ++match) {
    rendered.state[(*match)[1]] = (*match)[2];
  }
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("CONSOLE") != std::string::npos) rendered.console.push_back(line);
  }
  return rendered;
}

void Browser::print(const fs::path& page, const fs::path& pdf) const {
  run({"--print-to-pdf='" + pdf.string() + "'"}, page, nullptr);
}

std::vector<ShownFigure> figures_of(const RenderedPage& page) {
  std::vector<ShownFigure> figures;
  const std::string begin = "<data value=\"";
  const auto attribute = [](const std::string& element, const std::string& name) {
    const std::size_t found = element.find(name + "=\"");
    if (found == std::string::npos) return std::string();
    const std::size_t first = found + name.size() + 2;
    return element.substr(first, element.find('"', first) - first);
  };
  for (std::size_t at = page.dom.find(begin); at != std::string::npos; at = page.dom.find(begin, at + 1)) {
    const std::size_t inside = page.dom.find('>', at);
    const std::string element = page.dom.substr(at, inside - at);
    figures.push_back({attribute(element, "data-pointer"), attribute(element, "data-per"),
                       std::stod(attribute(element, "value")),
                       page.dom.substr(inside + 1, page.dom.find('<', inside) - inside - 1)});
  }
  return figures;
}

nlohmann::json data_of(const std::string& html) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t at = html.find(begin);
  REQUIRE(at != std::string::npos);
  const std::size_t first = at + begin.size();
  return nlohmann::json::parse(html.substr(first, html.find("</script>", first) - first));
}

}  // namespace reprise::test
