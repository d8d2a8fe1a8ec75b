#include "platform/register_map.h"

#include <fmt/format.h>

#include "support/version.h"

namespace reprise {
namespace {

constexpr auto kReadOnly = Register::Access::read_only;
constexpr auto kReadWrite = Register::Access::read_write;

const char* access_name(const Register& item) {
  return item.access == kReadOnly ? "r" : "rw";
}

/// That of the version is another one with each release, those of sizes with each network.
bool has_fixed_reset(const Register& item) {
  return item.name != "VERSION" && item.name != "INPUT_BYTES" && item.name != "OUTPUT_BYTES" &&
         item.name != "MOST_IN_FLIGHT" && item.name != "ROUNDS_BYTES";
}

}  // namespace

std::vector<Register> accelerator_registers() {
  std::vector<Register> map = {
      {0x00, "ID", 4, kReadOnly, 0x52505253, "0x52505253, \"RPRS\"", {}, {}, {}},
      {0x04, "VERSION", 4, kReadOnly, kVersionNumber, "major << 16, minor << 8, patch", {}, {}, {}},
      {0x08, "CONTROL", 4, kReadWrite, 0, "", {}, {}, {}},
      {0x0C, "STATUS", 4, kReadOnly, 0, "", {}, {}, {}},
      {0x10, "INPUT_ADDRESS", 8, kReadWrite, 0, "low, high", {}, {}, {}},
      {0x18, "OUTPUT_ADDRESS", 8, kReadWrite, 0, "low, high", {}, {}, {}},
      {0x20, "INPUT_BYTES", 4, kReadOnly, 0, "channels x height x width of the network's input", {}, {}, {}},
      {0x24, "OUTPUT_BYTES", 4, kReadOnly, 0, "of its output", {}, {}, {}},
      {0x28, "CYCLES", 8, kReadOnly, 0, "of the image that is done, low, high", {}, {}, {}},
      {0x30, "IMAGES", 4, kReadOnly, 0, "completed since reset", {}, {}, {}},
      {0x34, "IN_FLIGHT", 4, kReadOnly, 0, "images started and not completed", {}, {}, {}},
      {0x38, "MOST_IN_FLIGHT", 4, kReadOnly, 0, "how many may be", {}, {}, {}},
      {0x3C,
       "ROUNDS_BYTES",
       4,
       kReadOnly,
       0,
       "of system memory that rounds need beside input and output, 0 without rounds",
       {},
       {},
       {}},
      {0x40, "ROUNDS_ADDRESS", 8, kReadWrite, 0, "where they are: low, high", {}, {}, {}},
  };
  map[2].fields = {{"START", 0, "start (reads 0)"},
                   {"INTERRUPT_ENABLE", 1, "interrupt enable"},
                   {"CLEAR_DONE", 2, "clear done (reads 0)"},
                   {"RESET", 3, "reset (reads 0)"},
                   {"LAST", 4, "last (reads 0)"}};
  map[3].fields = {{"BUSY", 0, "busy"},
                   {"DONE", 1, "done"},
                   {"ERROR", 2, "error (a start with too many in flight, or a bus error of the DMA)"}};
  for (Register& item : map) {
    for (const Register::Field& field : item.fields)
      item.description +=
          fmt::format("{}bit {} {}", item.description.empty() ? "" : ", ", field.bit, field.description);
  }
  return map;
}

std::string registers_c_header() {
  std::string text =
      "/* Registers of the accelerator: docs/registers.md. Printed from platform/register_map.cpp; do not edit. */\n"
      "#ifndef REPRISE_REGISTERS_H\n#define REPRISE_REGISTERS_H\n\n";
  for (const Register& item : accelerator_registers()) {
    text += fmt::format("#define REPRISE_{} 0x{:02X}u /* {}, {} bytes: {} */\n", item.name, item.offset,
                        access_name(item), item.bytes, item.description);
    if (item.reset != 0 && has_fixed_reset(item))
      text += fmt::format("#define REPRISE_{}_VALUE 0x{:X}u\n", item.name, item.reset);
    for (const Register::Field& field : item.fields)
      text += fmt::format("#define REPRISE_{}_{} (1u << {})\n", item.name, field.name, field.bit);
  }
  return text + "\n#endif\n";
}

std::string registers_markdown() {
  std::string text =
      "# Registers\n\nOf the accelerator's target socket, little endian. Printed from `platform/register_map.cpp`, as "
      "is "
      "`platform/reprise_registers.h`\nfor programs in C. How they are used: [machine.md](machine.md#7-registers).\n\n"
      "| offset | name | bytes | access | reset | meaning |\n|---|---|---|---|---|---|\n";
  for (const Register& item : accelerator_registers()) {
    const std::string reset = has_fixed_reset(item) ? fmt::format("{:#x}", item.reset) : "-";
    text += fmt::format("| 0x{:02X} | {} | {} | {} | {} | {} |\n", item.offset, item.name, item.bytes,
                        access_name(item), reset, item.description);
  }
  text += "\n| register | bit | name | meaning |\n|---|---|---|---|\n";
  for (const Register& item : accelerator_registers()) {
    for (const Register::Field& field : item.fields)
      text += fmt::format("| {} | {} | {} | {} |\n", item.name, field.bit, field.name, field.description);
  }
  return text;
}

}  // namespace reprise
