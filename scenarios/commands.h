#pragma once

namespace CLI {
class App;
}

/// The subcommands of the program, one source file each. Each adds itself with its options; it runs when the command
/// line has been read, and reports faults by the exceptions of support/error.h.
namespace reprise {

void add_compress_command(CLI::App& app);
void add_inspect_command(CLI::App& app);
void add_run_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_reproduce_command(CLI::App& app);
void add_report_command(CLI::App& app);
void add_technology_command(CLI::App& app);
void add_config_command(CLI::App& app);
void add_init_command(CLI::App& app);
void add_sweep_command(CLI::App& app);
void add_query_command(CLI::App& app);
void add_optimise_command(CLI::App& app);
void add_task_command(CLI::App& app);
void add_shell_command(CLI::App& app);

}  // namespace reprise
