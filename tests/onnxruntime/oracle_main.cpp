#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <iostream>

#include "tests/onnxruntime/oracle.h"

// Exit code 77, which ctest shows as skipped, where onnxruntime is missing. Listing the tests needs none.
int main(int argc, char* argv[]) {
  constexpr int kSkipped = 77;
  Catch::Session session;
  const int wrong_usage = session.applyCommandLine(argc, argv);
  if (wrong_usage != 0) return wrong_usage;
  const Catch::ConfigData& config = session.configData();
  const bool runs = !config.listTests && !config.listTestNamesOnly && !config.listTags && !config.listReporters;
  if (runs) {
    const std::string missing = reprise::test::missing_for_onnxruntime();
    if (!missing.empty()) {
      std::cout << "SKIPPED: " << missing << "; ./test --onnxruntime installs it\n";
      return kSkipped;
    }
  }
  return session.run();
}
