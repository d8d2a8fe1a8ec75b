#include "support/program_folder.h"

namespace reprise {

std::filesystem::path program_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace reprise
