#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <systemc>

#include "scenarios/commands.h"
#include "scenarios/own_program.h"
#include "support/error.h"
#include "support/log.h"
#include "support/version.h"

namespace {

enum ExitCode {
  kGood = 0,
  kInternalFault = 1,
  kBadInput = 2,
  kSimulationError = 3,
  kCheckFailed = 4,
  kInterrupted = 130
};

int fail(ExitCode code, const char* kind, const char* what) {
  const bool colour = isatty(STDERR_FILENO) != 0 && reprise::colours_wanted();
  std::cerr << (colour ? "\x1b[1;31mreprise:\x1b[0m " : "reprise: ") << kind << what << "\n";
  return code;
}

int run(int argc, char** argv) {
  CLI::App app{"Virtual prototype of a ReRAM processing-in-memory accelerator for neural networks."};
  app.require_subcommand(1);
  app.set_version_flag("--version", reprise::kVersionText);
  bool quiet = false;
  bool verbose = false;
  app.add_flag("-q,--quiet", quiet, "Only errors on standard error: no progress, no notes");
  app.add_flag("-v,--verbose", verbose, "More notes on standard error");
  app.footer(
      "Exit codes: 0 good, 1 internal fault, 2 bad input or usage, 3 simulation error, 4 a check failed, "
      "130 interrupted.");
  app.parse_complete_callback([&] {
    using reprise::LogLevel;
    reprise::init_logging(quiet ? LogLevel::quiet : verbose ? LogLevel::debug : LogLevel::info);
  });
  reprise::add_compress_command(app);
  reprise::add_inspect_command(app);
  reprise::add_run_command(app);
  reprise::add_compare_command(app);
  reprise::add_reproduce_command(app);
  reprise::add_report_command(app);
  reprise::add_technology_command(app);
  reprise::add_config_command(app);
  reprise::add_init_command(app);
  reprise::add_sweep_command(app);
  reprise::add_query_command(app);
  reprise::add_optimise_command(app);
  reprise::add_task_command(app);
  reprise::add_shell_command(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kGood : kBadInput;
  }
  return kGood;
}

}  // namespace

// SystemC's library owns the start-up of every program that links it.
int sc_main(int argc, char* argv[]) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);  // the kernel's small talk
  try {
    return run(argc, argv);
  } catch (const reprise::InputError& error) {
    return fail(kBadInput, "", error.what());
  } catch (const reprise::SimulationError& error) {
    return fail(kSimulationError, "simulation error: ", error.what());
  } catch (const reprise::CheckError& error) {
    return fail(kCheckFailed, "check failed: ", error.what());
  } catch (const reprise::Interrupted& error) {
    return fail(kInterrupted, "", error.what());
  } catch (const std::exception& error) {
    return fail(kInternalFault, "internal fault: ", error.what());
  }
}

int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}
