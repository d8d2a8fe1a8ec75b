#pragma once

#include <filesystem>

namespace reprise {

/// Writes `folder`/report.html, of the database `folder`/sweep.db.
/// @throws InputError where it is not the database of a sweep
void write_sweep_report(const std::filesystem::path& folder);

}  // namespace reprise
