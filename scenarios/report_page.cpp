#include "scenarios/report_page.h"

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "support/version.h"

// Files of scenarios/report/, put in by the linker.
#define REPRISE_EMBEDDED(name)                \
  extern const char reprise_##name##_begin[]; \
  extern const char reprise_##name##_end[];
extern "C" {
REPRISE_EMBEDDED(page_html)
REPRISE_EMBEDDED(style_css)
REPRISE_EMBEDDED(page_js)
REPRISE_EMBEDDED(run_page_js)
REPRISE_EMBEDDED(sweep_page_js)
REPRISE_EMBEDDED(comparison_page_js)
REPRISE_EMBEDDED(vega_js)
}
#undef REPRISE_EMBEDDED

namespace reprise {
namespace {

std::string text(const char* begin, const char* end) {
  return {begin, end};
}

std::string script_of(ReportKind kind) {
  switch (kind) {
    case ReportKind::run:
      return text(reprise_run_page_js_begin, reprise_run_page_js_end);
    case ReportKind::sweep:
      return text(reprise_sweep_page_js_begin, reprise_sweep_page_js_end);
    case ReportKind::comparison:
      return text(reprise_comparison_page_js_begin, reprise_comparison_page_js_end);
  }
  throw std::logic_error("no such page");
}

/// JSON that may stand in a script element: nothing in it ends the element or begins a comment.
std::string data_text(const nlohmann::ordered_json& data) {
  std::string escaped;
  for (const char c : data.dump()) escaped += c == '<' ? "\\u003c" : std::string(1, c);
  return escaped;
}

std::string html_text(const std::string& plain) {
  std::string escaped;
  for (const char c : plain) {
    escaped += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  }
  return escaped;
}

/// Puts each {{name}} of the template in place, once: what was put in is not looked at again.
std::string filled(const std::string& page, const std::map<std::string, std::string>& parts) {
  std::string result;
  std::size_t position = 0;
  while (true) {
    const std::size_t begin = page.find("{{", position);
    if (begin == std::string::npos) break;
    const std::size_t end = page.find("}}", begin);
    result += page.substr(position, begin - position) + parts.at(page.substr(begin + 2, end - begin - 2));
    position = end + 2;
  }
  return result + page.substr(position);
}

}  // namespace

std::string report_page(ReportKind kind, const std::string& title, const nlohmann::ordered_json& data) {
  return filled(text(reprise_page_html_begin, reprise_page_html_end),
                {{"version", kVersionText},
                 {"title", html_text(title)},
                 {"style", text(reprise_style_css_begin, reprise_style_css_end)},
                 {"data", data_text(data)},
                 {"vega", text(reprise_vega_js_begin, reprise_vega_js_end)},
                 {"script", text(reprise_page_js_begin, reprise_page_js_end) + script_of(kind)}});
}

}  // namespace reprise
