#include "platform/host.h"

#include <fmt/format.h>

#include <array>

#include "support/error.h"

namespace reprise {
namespace {

// docs/machine.md, section 7.
constexpr std::uint32_t kId = 0x52505253;
constexpr std::uint64_t kIdRegister = 0x00;
constexpr std::uint64_t kControl = 0x08;
constexpr std::uint64_t kStatus = 0x0C;
constexpr std::uint64_t kInputAddress = 0x10;
constexpr std::uint64_t kOutputAddress = 0x18;
constexpr std::uint64_t kInputBytes = 0x20;
constexpr std::uint64_t kOutputBytes = 0x24;
constexpr std::uint64_t kCycles = 0x28;
constexpr std::uint32_t kStart = 1U << 0U;
constexpr std::uint32_t kInterruptEnable = 1U << 1U;
constexpr std::uint32_t kClearDone = 1U << 2U;
constexpr std::uint32_t kDone = 1U << 1U;
constexpr std::uint32_t kError = 1U << 2U;

}  // namespace

Host::Host(const sc_core::sc_module_name& name, Config config, std::function<bool(Job&)> next_image,
           std::function<void(const Result&)> done)
    : sc_module(name), config_(config), next_image_(std::move(next_image)), done_(std::move(done)) {
  SC_HAS_PROCESS(Host);
  SC_THREAD(run);
}

void Host::check() const {
  if (failure_) std::rethrow_exception(failure_);
  if (!finished_) {
    throw SimulationError(fmt::format("{}: the simulation ended at {} without an interrupt for image {}", name(),
                                      sc_core::sc_time_stamp().to_string(), images_));
  }
}

// Nothing may be thrown into the kernel: what goes wrong is kept for check().
void Host::run() {
  try {
    run_images();
    finished_ = true;
  } catch (const sc_core::sc_unwind_exception&) {
    throw;
  } catch (const sc_core::sc_report& report) {
    failure_ = std::make_exception_ptr(SimulationError(report.what()));
  } catch (...) {
    failure_ = std::current_exception();
  }
  sc_core::sc_stop();
}

void Host::run_images() {
  if (read_register(kIdRegister, 4) != kId)
    throw SimulationError(fmt::format("{}: no accelerator at {:#x}", name(), config_.registers));
  for (Job job; next_image_(job); ++images_) run_image(job);
}

void Host::run_image(const Job& job) {
  const std::uint64_t expected = read_register(kInputBytes, 4);
  if (job.input.size() != expected) {
    throw SimulationError(fmt::format("{}: image {} has {} bytes, the accelerator takes {}", name(), images_,
                                      job.input.size(), expected));
  }
  transport(tlm::TLM_WRITE_COMMAND, config_.input, const_cast<std::uint8_t*>(job.input.data()), job.input.size());
  write_register(kInputAddress, config_.input, 8);
  write_register(kOutputAddress, config_.output, 8);
  write_register(kControl, kStart | kInterruptEnable, 4);
  while (!interrupt.read()) wait(interrupt.value_changed_event());

  const std::uint64_t status = read_register(kStatus, 4);
  if ((status & kError) != 0 || (status & kDone) == 0)
    throw SimulationError(fmt::format("{}: image {} ended with STATUS {:#x}", name(), images_, status));
  Result result;
  result.cycles = read_register(kCycles, 8);
  result.output.resize(read_register(kOutputBytes, 4));
  transport(tlm::TLM_READ_COMMAND, config_.output, result.output.data(), result.output.size());
  write_register(kControl, kInterruptEnable | kClearDone, 4);
  while (interrupt.read()) wait(interrupt.value_changed_event());
  done_(result);
}

void Host::transport(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::size_t bytes) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(data);
  payload.set_data_length(static_cast<unsigned>(bytes));
  payload.set_streaming_width(static_cast<unsigned>(bytes));
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  bus->b_transport(payload, delay);
  wait(delay);
  if (!payload.is_response_ok()) {
    throw SimulationError(fmt::format("{}: {} of {} bytes at {:#x}: {}", name(), payload.is_read() ? "read" : "write",
                                      bytes, address, payload.get_response_string()));
  }
}

std::uint64_t Host::read_register(std::uint64_t offset, unsigned bytes) {
  std::array<std::uint8_t, 8> data{};
  transport(tlm::TLM_READ_COMMAND, config_.registers + offset, data.data(), bytes);
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{data[i]} << (8 * i);
  return value;
}

void Host::write_register(std::uint64_t offset, std::uint64_t value, unsigned bytes) {
  std::array<std::uint8_t, 8> data{};
  for (unsigned i = 0; i < bytes; ++i) data[i] = static_cast<std::uint8_t>(value >> (8 * i));
  transport(tlm::TLM_WRITE_COMMAND, config_.registers + offset, data.data(), bytes);
}

}  // namespace reprise
