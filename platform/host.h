#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "platform/reprise_driver.h"

namespace reprise {

/// Runs images through the accelerator, as many at a time as it is told, with the driver and over the bus only: input
/// to memory, start, wait for the interrupt, output from memory. Stops the simulation after the last image or at the
/// first error.
class Host final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> bus{"bus"};
  sc_core::sc_in<bool> interrupt{"interrupt"};

  struct Config {
    std::uint64_t registers = 0;            ///< bus address of the accelerator's registers
    std::uint64_t input = 0;                ///< where the input is put in memory
    std::uint64_t output = 0;               ///< where the accelerator shall put its output
    unsigned slots = 1;                     ///< images in flight, each with an input and an output of its own
    std::uint64_t slot_bytes = 0;           ///< from one to the next
    std::optional<std::uint64_t> rounds{};  ///< where memory for rounds is, if there are any
  };
  struct Job {
    std::vector<std::uint8_t> input;  ///< [row][column][channel], as stored
  };
  struct Result {
    std::vector<std::uint8_t> output;  ///< [row][column][channel], as stored
    std::uint64_t cycles = 0;
  };
  /// @param next_image  fills in the job, or says false after the last image
  /// @param done        is given each result, in order
  Host(const sc_core::sc_module_name& name, Config config, std::function<bool(Job&)> next_image,
       std::function<void(const Result&)> done);

  /// To be called after the simulation. @throws what `next_image` or `done` threw, or SimulationError when the
  /// accelerator or the bus reported an error or the simulation ended before the last image was through.
  void check() const;

 private:
  // Nothing may be thrown in a thread of the kernel: these say false once `failure_` is set.
  void run();
  bool find_accelerator();
  bool prepare_rounds();
  bool start_images();
  bool say_last();
  bool finish_image();
  bool next_image();
  bool start_image();
  reprise_device device();
  void wait_for_interrupt();
  bool deliver();
  std::uint64_t slot(std::uint64_t image) const { return image % config_.slots * config_.slot_bytes; }
  bool transport(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::size_t bytes);
  bool read_register(std::uint64_t offset, std::uint64_t& value, unsigned bytes);
  bool write_register(std::uint64_t offset, std::uint64_t value, unsigned bytes);
  bool fail(const std::string& message);

  const Config config_;
  const std::function<bool(Job&)> next_image_;
  const std::function<void(const Result&)> done_;
  const reprise_device device_;
  Job job_;
  Result result_;
  std::uint64_t started_ = 0;  ///< images
  std::uint64_t images_ = 0;   ///< finished
  bool no_more_images_ = false;
  bool finished_ = false;
  std::exception_ptr failure_;
};

}  // namespace reprise
