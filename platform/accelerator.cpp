#include "platform/accelerator.h"

#include <algorithm>
#include <string>

#include "support/version.h"
#include "tlm/transport.h"

namespace reprise {
namespace {

enum Offset : std::uint64_t {
  kId = 0x00,
  kVersion = 0x04,
  kControl = 0x08,
  kStatus = 0x0C,
  kInputAddress = 0x10,
  kOutputAddress = 0x18,
  kInputBytes = 0x20,
  kOutputBytes = 0x24,
  kCycles = 0x28,
  kImages = 0x30,
};

enum Control : std::uint64_t { kStart = 1, kInterruptEnable = 2, kClearDone = 4 };

constexpr std::uint64_t kIdentity = 0x52505253;  // "RPRS"

}  // namespace

sc_core::sc_time clock_period(const MachineConfig& config) {
  return {1e6 / config.clock_mhz, sc_core::SC_PS};
}

Accelerator::Accelerator(const sc_core::sc_module_name& name, const WeightImage& image, const MachineConfig& config,
                         ActivityObserver* observer)
    : sc_module(name),
      dma_("dma", clock_period(config)),
      memory(dma_.memory),
      image_(image),
      config_(config),
      period_(clock_period(config)),
      observer_(observer),
      plan_(make_floorplan(image, config)),
      bank_(register_map(), config.register_cycles * period_),
      input_sender_(plan_.input_consumers, config.link_bytes_per_cycle) {
  registers.register_b_transport(&bank_, &RegisterBank::b_transport);
  registers.register_transport_dbg(&bank_, &RegisterBank::transport_dbg);
  for (int tile = 0; tile < config.mesh.columns * config.mesh.rows; ++tile) {
    const std::string tile_name = "tile" + std::to_string(tile);
    tiles_.push_back(std::make_unique<Tile>(tile_name.c_str(), tile, image_, plan_, config_, period_, observer));
  }
  connect_mesh();
  connect_layers();
  SC_THREAD(read_input);
  SC_THREAD(write_output);
  SC_METHOD(update_interrupt);
  sensitive << status_changed_;
}

std::vector<Register> Accelerator::register_map() {
  using Access = Register::Access;
  const std::uint64_t input_bytes = image_.network.input_shape.size();
  const std::uint64_t output_bytes = image_.network.layers.back().shape.size();
  return {
      {kId, "ID", 4, Access::read_only, kIdentity, "0x52505253, \"RPRS\"", {}, {}},
      {kVersion, "VERSION", 4, Access::read_only, kVersionNumber, "major << 16, minor << 8, patch", {}, {}},
      {kControl, "CONTROL", 4, Access::read_write, 0,
       "bit 0 start (reads 0), bit 1 interrupt enable, bit 2 clear done (reads 0)",
       [this] { return bank_.value(kControl) & kInterruptEnable; },
       [this](std::uint64_t value) { control_written(value); }},
      {kStatus,
       "STATUS",
       4,
       Access::read_only,
       0,
       "bit 0 busy, bit 1 done, bit 2 error (a start while busy, or a bus error of the DMA)",
       [this] { return (busy_ ? 1U : 0U) | (done_ ? 2U : 0U) | (error_ ? 4U : 0U); },
       {}},
      {kInputAddress, "INPUT_ADDRESS", 8, Access::read_write, 0, "low, high", {}, {}},
      {kOutputAddress, "OUTPUT_ADDRESS", 8, Access::read_write, 0, "low, high", {}, {}},
      {kInputBytes,
       "INPUT_BYTES",
       4,
       Access::read_only,
       input_bytes,
       "channels x height x width of the network's input",
       {},
       {}},
      {kOutputBytes, "OUTPUT_BYTES", 4, Access::read_only, output_bytes, "of its output", {}, {}},
      {kCycles,
       "CYCLES",
       8,
       Access::read_only,
       0,
       "of the last image, low, high",
       [this] { return image_cycles_; },
       {}},
      {kImages, "IMAGES", 4, Access::read_only, 0, "completed since reset", [this] { return images_; }, {}},
  };
}

void Accelerator::connect_mesh() {
  const auto tile_at = [this](int column, int row) -> Router& {
    return tiles_[static_cast<std::size_t>(row * config_.mesh.columns + column)]->router;
  };
  for (int row = 0; row < config_.mesh.rows; ++row) {
    for (int column = 0; column < config_.mesh.columns; ++column) {
      Router& router = tile_at(column, row);
      if (column + 1 < config_.mesh.columns) router.neighbour[Router::east].bind(tile_at(column + 1, row).input);
      if (column > 0) router.neighbour[Router::west].bind(tile_at(column - 1, row).input);
      if (row + 1 < config_.mesh.rows) router.neighbour[Router::south].bind(tile_at(column, row + 1).input);
      if (row > 0) router.neighbour[Router::north].bind(tile_at(column, row - 1).input);
    }
  }
  input_sender_.socket.bind(tiles_.front()->router.input);
  output_rows_.bind(tiles_.front()->buffers()[static_cast<std::size_t>(plan_.output.port)]->read_socket);
}

void Accelerator::connect_layers() {
  for (const std::unique_ptr<Tile>& tile : tiles_) {
    for (const std::unique_ptr<LayerController>& controller : tile->controllers()) {
      controllers_.push_back(controller.get());
      const LayerMapping* mapping = plan_.layers[static_cast<std::size_t>(controller->layer())].mapping;
      if (mapping == nullptr) continue;
      for (const EngineShare& share : mapping->engines) {
        const int engine = static_cast<int>(share.engine);
        Tile& owner = *tiles_[static_cast<std::size_t>(engine / image_.geometry.engines_per_tile)];
        controller->engines.bind(owner.engine(engine).socket);
      }
    }
  }
}

void Accelerator::control_written(std::uint64_t value) {
  if ((value & kClearDone) != 0) done_ = false;
  bank_.set(kControl, value & kInterruptEnable);
  if ((value & kStart) != 0) start();
  status_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::start() {
  error_ = busy_ || failed_;
  if (error_) return;
  busy_ = true;
  done_ = false;
  input_read_.reset();
  origin_ = sc_core::sc_time_stamp();
  if (observer_ != nullptr) observer_->image_begins();
  for (const std::unique_ptr<Tile>& tile : tiles_) {
    for (const std::unique_ptr<LayerBuffer>& buffer : tile->buffers()) buffer->begin_image();
  }
  for (LayerController* controller : controllers_) controller->begin_image(origin_);
  started_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::fail() {
  failed_ = true;
  error_ = true;
  busy_ = false;
  done_ = true;
  status_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::update_interrupt() {
  interrupt.write(done_ && (bank_.value(kControl) & kInterruptEnable) != 0);
}

void Accelerator::wait_until(Cycle cycle) {
  const sc_core::sc_time moment = origin_ + static_cast<double>(cycle) * period_;
  if (moment > sc_core::sc_time_stamp()) wait(moment - sc_core::sc_time_stamp());
}

void Accelerator::read_input() {
  const Shape& shape = image_.network.input_shape;
  const std::size_t row_bytes = static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.channels);
  while (true) {
    wait(started_);
    const std::uint64_t address = bank_.value(kInputAddress);
    Cycle previous = 0;
    for (int y = 0; y < shape.height && !failed_; ++y) {
      const Cycle begin = std::max(previous, input_sender_.credit(y));
      wait_until(begin);
      Row row;
      row.index = y;
      row.data.resize(row_bytes);
      const Dma::Transfer read =
          dma_.read(address + static_cast<std::uint64_t>(y) * row_bytes, row.data.data(), row_bytes);
      if (!read.ok()) {
        fail();
        break;
      }
      previous = begin + read.cycles;
      row.ready.assign(static_cast<std::size_t>(shape.width), previous);
      if (observer_ != nullptr) observer_->transfer({false, begin, previous, row_bytes});
      input_output_events_[Event::dma_transfer] += row_bytes;
      input_sender_.send(row, shape.channels, input_output_events_);
    }
    if (failed_) continue;
    input_read_ = previous;
    input_read_event_.notify();
  }
}

void Accelerator::write_output() {
  std::vector<std::uint8_t> bytes;
  while (true) {
    wait(started_);
    const Cycle ready = collect_output(bytes);
    wait_until(ready);
    const Dma::Transfer write = dma_.write(bank_.value(kOutputAddress), bytes.data(), bytes.size());
    if (!write.ok()) {
      fail();
      continue;
    }
    input_output_events_[Event::dma_transfer] += bytes.size();
    image_cycles_ = ready + write.cycles;
    if (observer_ != nullptr) observer_->transfer({true, ready, image_cycles_, bytes.size()});
    wait_until(image_cycles_);
    ++images_;
    busy_ = false;
    done_ = true;
    status_changed_.notify(sc_core::SC_ZERO_TIME);
  }
}

/// Interleaved by pixel. The cycle in which the last window is here, every layer has finished and the input is read,
/// to the last of the rows that nobody waits for.
Cycle Accelerator::collect_output(std::vector<std::uint8_t>& bytes) {
  bytes.clear();
  Cycle latest = 0;
  for (int y = 0; y < image_.network.layers.back().shape.height; ++y) {
    RowAccess access;
    access.row = y;
    transport_extension(*output_rows_.operator->(), tlm::TLM_READ_COMMAND, access);
    bytes.insert(bytes.end(), access.content->data.begin(), access.content->data.end());
    latest = std::max(latest, access.content->ready.back());
  }
  for (LayerController* controller : controllers_) latest = std::max(latest, controller->wait_until_finished());
  while (!input_read_) wait(input_read_event_);
  return std::max(latest, *input_read_);
}

}  // namespace reprise
