#include "scenarios/shell_pages.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "support/version.h"

namespace reprise {
namespace {

constexpr const char* kExitStatus = R"(.SH EXIT STATUS
.TP
.B 0
good
.TP
.B 1
internal fault: a defect of the program
.TP
.B 2
bad input or usage; the message names file, place and what was expected
.TP
.B 3
simulation error: the modelled system did something that it must not do
.TP
.B 4
a check failed, or points of a sweep did
.TP
.B 130
interrupted
)";

/// An option, or an argument without dashes.
struct Item {
  std::vector<std::string> names;  ///< with dashes; empty: an argument
  std::string value;               ///< such as FILE; empty: a flag
  std::vector<std::string> choices;
  std::string description;
  std::string argument;  ///< name of an argument
};

/// The names that CLI11 puts after the type of a choice: NAME:{a,b}, or NAME:a|b.
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t colon = type.find(':');
  std::vector<std::string> choices;
  if (colon == std::string::npos) return choices;
  std::string list = type.substr(colon + 1);
  const bool braces = list.size() > 1 && list.front() == '{' && list.back() == '}';
  if (braces) list = list.substr(1, list.size() - 2);
  if (!braces && list.find('|') == std::string::npos) return choices;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find_first_of(",|", begin), list.size());
    choices.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

Item item_of(const CLI::Option& option) {
  Item item;
  for (const std::string& name : option.get_snames()) item.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) item.names.push_back("--" + name);
  const std::string type = option.get_type_name();
  item.value = option.get_type_size() == 0 ? "" : type.substr(0, type.find_first_of(":{"));
  item.choices = choices_of(type);
  item.description = option.get_description();
  item.argument = option.get_name(true);
  return item;
}

std::vector<Item> items_of(const CLI::App& app) {
  std::vector<Item> items;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) items.push_back(item_of(*option));
  }
  return items;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_group().empty()) commands.push_back(command);
  }
  return commands;
}

/// For troff: no dash that is a hyphen, no line that begins as a request.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n'))
      escaped += std::string("\\&") + c;
    else
      escaped += c;
  }
  return escaped;
}

std::string manual_page(const CLI::App& app, const std::string& name, const std::string& call) {
  std::string page = fmt::format(".TH {} 1 \"\" \"Reprise {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n", roff(name),
                                 kVersionText, roff(name), roff(app.get_description()));
  page += fmt::format(".SH SYNOPSIS\n.B {}\n", roff(call));
  std::string arguments;
  std::string options;
  for (const Item& item : items_of(app)) {
    if (item.names.empty()) {
      page += fmt::format(".I {}\n", roff(item.value));
      arguments += fmt::format(".TP\n.I {}\n{}\n", roff(item.value), roff(item.description));
    } else {
      options += fmt::format(
          ".TP\n.B {}\n{}\n",
          roff(fmt::format("{}{}{}", fmt::join(item.names, ", "), item.value.empty() ? "" : " ", item.value)),
          roff(item.description));
    }
  }
  page += "[options]\n";
  if (!arguments.empty()) page += ".SH ARGUMENTS\n" + arguments;
  if (!options.empty()) page += ".SH OPTIONS\n" + options;
  if (!commands_of(app).empty()) page += ".SH COMMANDS\n";
  for (const CLI::App* command : commands_of(app)) {
    page += fmt::format(".TP\n.B {}\n{}\n", roff(command->get_name()), roff(command->get_description()));
  }
  if (!app.get_footer().empty()) page += ".SH NOTES\n" + roff(app.get_footer()) + "\n";
  return page + kExitStatus;
}

/// Names of all options of a command.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const Item& item : items_of(app)) names.insert(names.end(), item.names.begin(), item.names.end());
  return names;
}

/// In single quotes for a shell.
std::string quoted(const std::string& text) {
  std::string all = "'";
  for (const char c : text) all += c == '\'' ? "'\\''" : std::string(1, c);
  return all + "'";
}

/// Within zsh's [description].
std::string zsh_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string zsh_options(const CLI::App& app) {
  std::string text;
  for (const Item& item : items_of(app)) {
    const std::string action = item.value.empty() ? ""
                               : item.choices.empty()
                                   ? fmt::format(":{}:_files", zsh_text(item.value))
                                   : fmt::format(":{}:({})", zsh_text(item.value), fmt::join(item.choices, " "));
    for (const std::string& name : item.names) {
      text += " \\\n        " + quoted(fmt::format("*{}[{}]{}", name, zsh_text(item.description), action));
    }
  }
  return text + " \\\n        '*:file:_files'\n";
}

}  // namespace

std::map<std::string, std::string> manual_pages(const CLI::App& app) {
  std::map<std::string, std::string> pages{{"reprise", manual_page(app, "reprise", "reprise")}};
  for (const CLI::App* command : commands_of(app)) {
    const std::string name = command->get_name();
    pages["reprise-" + name] = manual_page(*command, "reprise-" + name, "reprise " + name);
  }
  return pages;
}

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  std::vector<std::string> commands;
  for (const CLI::App* command : commands_of(app)) {
    const std::string name = command->get_name();
    commands.push_back(name);
    cases +=
        fmt::format("    {}) words={} ;;\n", name, quoted(fmt::format("{}", fmt::join(option_names(*command), " "))));
  }
  std::string choices;
  for (const CLI::App* command : commands_of(app)) {
    for (const Item& item : items_of(*command)) {
      if (item.choices.empty()) continue;
      for (const std::string& option : item.names) {
        choices += fmt::format("    {}) COMPREPLY=($(compgen -W {} -- \"$current\")); return ;;\n",
                               quoted(command->get_name() + " " + option),
                               quoted(fmt::format("{}", fmt::join(item.choices, " "))));
      }
    }
  }
  return fmt::format(R"(# Completion of reprise for bash: source this file.
_reprise() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} command= word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case "$command $before" in
{}  esac
  case $command in
    '') words={} ;;
{}    *) words= ;;
  esac
  case $command:$current in
    :* | *:-*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}}
complete -o filenames -F _reprise reprise
)",
                     choices, quoted(fmt::format("{} {}", fmt::join(commands, " "), fmt::join(option_names(app), " "))),
                     cases);
}

std::string zsh_completion(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : commands_of(app)) {
    commands += "    " + quoted(command->get_name() + ":" + command->get_description()) + "\n";
    cases += fmt::format("    {})\n      _arguments{}      ;;\n", command->get_name(), zsh_options(*command));
  }
  return fmt::format(R"(#compdef reprise
# Completion of reprise for zsh: as _reprise in a folder of $fpath, or source this file after compinit.
_reprise() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{}  esac
}}
compdef _reprise reprise
)",
                     commands, cases);
}

std::string fish_completion(const CLI::App& app) {
  std::string text = "# Completion of reprise for fish: in ~/.config/fish/completions, or source this file.\n";
  std::vector<std::string> commands;
  for (const CLI::App* command : commands_of(app)) {
    commands.push_back(command->get_name());
    text += fmt::format("complete -c reprise -n __fish_use_subcommand -f -a {} -d {}\n", command->get_name(),
                        quoted(command->get_description()));
  }
  const auto add = [&](const CLI::App& of, const std::string& condition) {
    for (const Item& item : items_of(of)) {
      if (item.names.empty()) continue;
      std::string line = "complete -c reprise -n " + quoted(condition);
      for (const std::string& name : item.names)
        line += name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!item.value.empty())
        line += item.choices.empty() ? " -r" : " -x -a " + quoted(fmt::format("{}", fmt::join(item.choices, " ")));
      text += line + " -d " + quoted(item.description) + "\n";
    }
  };
  add(app, "__fish_use_subcommand");
  for (const CLI::App* command : commands_of(app)) add(*command, "__fish_seen_subcommand_from " + command->get_name());
  return text;
}

}  // namespace reprise
