#include "compression/passes/fine_tune.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "compression/passes/fine_tune_module.h"
#include "support/error.h"
#include "support/log.h"
#include "support/program_folder.h"
#include "support/progress.h"

namespace reprise {
namespace {

/// That of an installed program stands among the libraries.
std::string module_path() {
  const std::filesystem::path installed = program_folder() / REPRISE_INSTALLED_FINE_TUNING_MODULE;
  return std::filesystem::exists(installed) ? installed.string() : REPRISE_FINE_TUNING_MODULE;
}

/// Stays loaded: libtorch does not survive being unloaded.
FineTuneEntry* load_entry() {
  void* module = dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL);
  void* entry = module != nullptr ? dlsym(module, kFineTuneEntry) : nullptr;
  if (entry == nullptr) throw InputError(fmt::format("fine_tuning: its module cannot be loaded: {}", dlerror()));
  return reinterpret_cast<FineTuneEntry*>(entry);
}

}  // namespace

bool can_fine_tune() {
  return true;
}

void fine_tune(Graph& network, std::vector<CompressedLayer>& layers, const Graph& teacher, const Dataset& training,
               const Preprocessing& preprocessing, const FineTuneConfig& config) {
  FineTuneTask task{network, layers, teacher, training, preprocessing, config, {}, {}};
  Progress progress("fine-tuning: batches", batches(task) * static_cast<std::uint64_t>(config.epochs));
  task.batch_done = [&] { progress.advance(); };
  task.epoch_done = [](const std::string& line) { log_info("{}", line); };
  load_entry()(task);
}

}  // namespace reprise
