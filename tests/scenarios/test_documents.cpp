#include <catch2/catch.hpp>
#include <string>

#include "tests/scenarios/workshop.h"

namespace {

using namespace reprise::test;

TEST_CASE("docs/keys.md is what the program makes of its tables") {
  const std::string page = run_program({"config", "--keys"}).out;
  CHECK(page.size() > 10'000);
  INFO("reprise config --keys > docs/keys.md");
  CHECK(read_text(source_file("docs/keys.md")) == page);
}

TEST_CASE("The tables of the technologies are what the program prints") {
  const std::string document = read_text(source_file("docs/technology.md"));
  for (const char* name : {"isaac", "puma"}) {
    const std::string text = run_program({"technology", name}).out;
    const std::size_t begin = text.find("design ");
    REQUIRE(begin != std::string::npos);
    const std::string table = text.substr(begin, text.find("\n\n", begin) - begin);
    INFO("docs/technology.md lacks this table:\n" << table);
    CHECK(document.find("\n" + table + "\n```\n") != std::string::npos);
  }
}

TEST_CASE("Every subcommand and option is documented") {
  const std::string document = read_text(source_file("docs/usage.md")) + read_text(source_file("docs/sweeps.md"));
  for (const char* command : {"compress", "inspect", "run", "compare", "reproduce", "technology", "config", "init",
                              "report", "sweep", "query", "optimise", "shell"}) {
    const std::string help = run_program({command, "--help"}).out;
    CHECK(help.find(command) != std::string::npos);
    for (std::size_t dash = help.find("--"); dash != std::string::npos; dash = help.find("--", dash + 2)) {
      const std::string option =
          help.substr(dash, help.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", dash + 2) - dash);
      if (option == "--partition") continue;  // an example
      INFO(command << " " << option);
      CHECK(document.find("`" + option) != std::string::npos);
    }
  }
}

}  // namespace
