// What is printed from the register map is what lies in the sources. With REPRISE_WRITE_REGISTERS=1 in the environment
// it is written there.
#include "platform/register_map.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "platform/reprise_registers.h"
#include "tests/sc_test.h"

using namespace reprise;

namespace {

std::string path_of(const std::string& name) {
  return std::string(REPRISE_SOURCE_DIR) + "/" + name;
}

std::string text_of(const std::string& name) {
  std::ifstream file(path_of(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

void check_printed(const std::string& name, const std::string& text) {
  if (std::getenv("REPRISE_WRITE_REGISTERS") != nullptr) std::ofstream(path_of(name)) << text;
  INFO(name << ": REPRISE_WRITE_REGISTERS=1 in the environment of this test writes it");
  CHECK(text_of(name) == text);
}

}  // namespace

TEST_CASE("the C header and the documents have the registers of the map") {
  check_printed("platform/reprise_registers.h", registers_c_header());
  check_printed("docs/registers.md", registers_markdown());
  const RegisterBank bank(accelerator_registers(), sc_core::SC_ZERO_TIME);
  CHECK(text_of("docs/machine.md").find("\n" + bank.markdown() + "\n") != std::string::npos);
}

TEST_CASE("every register of the map can be read where the header says, and has its reset value") {
  const std::vector<Register> map = accelerator_registers();
  RegisterBank bank(map, sc_core::SC_ZERO_TIME);
  CHECK(map.size() == 14);
  for (const Register& item : map) {
    CHECK(bank.value(item.offset) == item.reset);
    CHECK_FALSE(item.description.empty());
  }
  CHECK(bank.value(REPRISE_ID) == REPRISE_ID_VALUE);
  CHECK(REPRISE_MOST_IN_FLIGHT == 0x38);
  CHECK(REPRISE_CONTROL_CLEAR_DONE == 4);
  CHECK(REPRISE_STATUS_ERROR == 4);
}
