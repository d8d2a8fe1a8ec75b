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
constexpr int kMostDeltas = 8;  ///< that the interrupt line takes to fall
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

void Host::run() {
  if (find_accelerator()) {
    while (start_images() && images_ < started_ && finish_image() && deliver()) ++images_;
  }
  finished_ = !failure_;
  sc_core::sc_stop();
}

bool Host::fail(const std::string& message) {
  failure_ = std::make_exception_ptr(SimulationError(name() + (": " + message)));
  return false;
}

/// While there are images and room.
bool Host::start_images() {
  while (!no_more_images_ && started_ - images_ < config_.slots) {
    if (!next_image()) break;
    if (!start_image()) return false;
    ++started_;
  }
  return !failure_;
}

bool Host::next_image() {
  try {
    no_more_images_ = !next_image_(job_);
    return !no_more_images_;
  } catch (...) {
    failure_ = std::current_exception();
    return false;
  }
}

bool Host::deliver() {
  try {
    done_(result_);
    return true;
  } catch (...) {
    failure_ = std::current_exception();
    return false;
  }
}

bool Host::find_accelerator() {
  std::uint64_t id = 0;
  if (!read_register(kIdRegister, id, 4)) return false;
  return id == kId || fail(fmt::format("no accelerator at {:#x}", config_.registers));
}

bool Host::start_image() {
  std::uint64_t input_bytes = 0;
  if (!read_register(kInputBytes, input_bytes, 4)) return false;
  if (job_.input.size() != input_bytes) {
    return fail(
        fmt::format("image {} has {} bytes, the accelerator takes {}", started_, job_.input.size(), input_bytes));
  }
  const std::uint64_t input = config_.input + slot(started_);
  return transport(tlm::TLM_WRITE_COMMAND, input, job_.input.data(), job_.input.size()) &&
         write_register(kInputAddress, input, 8) &&
         write_register(kOutputAddress, config_.output + slot(started_), 8) &&
         write_register(kControl, kStart | kInterruptEnable, 4);
}

bool Host::finish_image() {
  std::uint64_t status = 0;
  std::uint64_t output_bytes = 0;
  if (!wait_for_done(status) || !read_register(kOutputBytes, output_bytes, 4)) return false;
  if ((status & kError) != 0 || (status & kDone) == 0)
    return fail(fmt::format("image {} ended with STATUS {:#x}", images_, status));
  result_.output.resize(output_bytes);
  return read_register(kCycles, result_.cycles, 8) &&
         transport(tlm::TLM_READ_COMMAND, config_.output + slot(images_), result_.output.data(), output_bytes) &&
         write_register(kControl, kInterruptEnable | kClearDone, 4);
}

/// The line may still be up from the image before, for delta cycles.
bool Host::wait_for_done(std::uint64_t& status) {
  for (int attempt = 0; attempt < kMostDeltas; ++attempt) {
    while (!interrupt.read()) wait(interrupt.value_changed_event());
    if (!read_register(kStatus, status, 4)) return false;
    if ((status & (kDone | kError)) != 0) return true;
    wait(sc_core::SC_ZERO_TIME);
  }
  return true;
}

bool Host::transport(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::size_t bytes) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(data);
  payload.set_data_length(static_cast<unsigned>(bytes));
  payload.set_streaming_width(static_cast<unsigned>(bytes));
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  bus->b_transport(payload, delay);
  wait(delay);
  return payload.is_response_ok() ||
         fail(fmt::format("{} of {} bytes at {:#x}: {}", payload.is_read() ? "read" : "write", bytes, address,
                          payload.get_response_string()));
}

bool Host::read_register(std::uint64_t offset, std::uint64_t& value, unsigned bytes) {
  std::array<std::uint8_t, 8> data{};
  if (!transport(tlm::TLM_READ_COMMAND, config_.registers + offset, data.data(), bytes)) return false;
  value = 0;
  for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{data[i]} << (8 * i);
  return true;
}

bool Host::write_register(std::uint64_t offset, std::uint64_t value, unsigned bytes) {
  std::array<std::uint8_t, 8> data{};
  for (unsigned i = 0; i < bytes; ++i) data[i] = static_cast<std::uint8_t>(value >> (8 * i));
  return transport(tlm::TLM_WRITE_COMMAND, config_.registers + offset, data.data(), bytes);
}

}  // namespace reprise
