#include "platform/host.h"

#include <fmt/format.h>

#include <array>

#include "platform/reprise_registers.h"
#include "support/error.h"

namespace reprise {
namespace {

Host& host_of(void* context) {
  return *static_cast<Host*>(context);
}

}  // namespace

Host::Host(const sc_core::sc_module_name& name, Config config, std::function<bool(Job&)> next_image,
           std::function<void(const Result&)> done)
    : sc_module(name), config_(config), next_image_(std::move(next_image)), done_(std::move(done)), device_(device()) {
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
  if (find_accelerator() && prepare_rounds()) {
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
    if (!next_image()) return !failure_ && say_last();
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

reprise_device Host::device() {
  return {this,
          [](void* host, std::uint32_t offset, unsigned bytes, std::uint64_t* value) {
            return host_of(host).read_register(offset, *value, bytes) ? 0 : 1;
          },
          [](void* host, std::uint32_t offset, unsigned bytes, std::uint64_t value) {
            return host_of(host).write_register(offset, value, bytes) ? 0 : 1;
          },
          [](void* host, std::uint64_t address, const std::uint8_t* data, std::size_t bytes) {
            // The payload has one pointer for both commands; a target does not write through that of a write.
            auto* source = const_cast<std::uint8_t*>(data);
            return host_of(host).transport(tlm::TLM_WRITE_COMMAND, address, source, bytes) ? 0 : 1;
          },
          [](void* host, std::uint64_t address, std::uint8_t* data, std::size_t bytes) {
            return host_of(host).transport(tlm::TLM_READ_COMMAND, address, data, bytes) ? 0 : 1;
          },
          [](void* host) { host_of(host).wait_for_interrupt(); }};
}

bool Host::find_accelerator() {
  const reprise_result result = reprise_probe(&device_);
  if (result == REPRISE_NO_DEVICE) return fail(fmt::format("no accelerator at {:#x}", config_.registers));
  return result == REPRISE_OK;
}

bool Host::prepare_rounds() {
  return !config_.rounds || reprise_give_memory(&device_, *config_.rounds) == REPRISE_OK;
}

/// A batch of rounds shall not wait for further images.
bool Host::say_last() {
  return !config_.rounds || write_register(REPRISE_CONTROL, REPRISE_CONTROL_INTERRUPT_ENABLE | REPRISE_CONTROL_LAST, 4);
}

bool Host::start_image() {
  const std::uint64_t place = slot(started_);
  const reprise_result result =
      reprise_start(&device_, job_.input.data(), job_.input.size(), config_.input + place, config_.output + place);
  std::uint64_t wanted = 0;
  if (result == REPRISE_WRONG_SIZE && read_register(REPRISE_INPUT_BYTES, wanted, 4)) {
    return fail(fmt::format("image {} has {} bytes, the accelerator takes {}", started_, job_.input.size(), wanted));
  }
  return result == REPRISE_OK;
}

bool Host::finish_image() {
  std::uint32_t status = 0;
  std::size_t output_bytes = 0;
  const reprise_result result = reprise_wait(&device_, &status);
  if (result == REPRISE_FAILED) return fail(fmt::format("image {} ended with STATUS {:#x}", images_, status));
  if (result != REPRISE_OK || reprise_output_bytes(&device_, &output_bytes) != REPRISE_OK) return false;
  result_.output.resize(output_bytes);
  return reprise_fetch(&device_, result_.output.data(), output_bytes, config_.output + slot(images_),
                       &result_.cycles) == REPRISE_OK &&
         reprise_acknowledge(&device_) == REPRISE_OK;
}

/// The line may still be up from the image before, for delta cycles.
void Host::wait_for_interrupt() {
  wait(sc_core::SC_ZERO_TIME);
  while (!interrupt.read()) wait(interrupt.value_changed_event());
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
