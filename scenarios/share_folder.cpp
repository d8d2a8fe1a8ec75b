#include "scenarios/share_folder.h"

#include "support/program_folder.h"

namespace reprise {

std::filesystem::path share_folder() {
  const std::filesystem::path installed = program_folder() / REPRISE_SHARE_FROM_PROGRAM;
  return std::filesystem::is_directory(installed) ? installed.lexically_normal() : REPRISE_SHARE_DIR;
}

}  // namespace reprise
