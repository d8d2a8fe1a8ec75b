#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace reprise {

/// The pages there are; docs/reports.md shows them.
enum class ReportKind { run, sweep, comparison };

/// A web page in one file that loads nothing from anywhere: its data, and the files of scenarios/report/ that draw it.
std::string report_page(ReportKind kind, const std::string& title, const nlohmann::ordered_json& data);

}  // namespace reprise
