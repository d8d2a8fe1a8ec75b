#include "platform/accelerator.h"

#include <algorithm>
#include <string>

#include "support/version.h"
#include "tlm/step_barrier.h"
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
  kInFlight = 0x34,
  kMostInFlight = 0x38,
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
      clock_(period_),
      input_sender_(plan_.input_consumers, config.link_bytes_per_cycle) {
  registers.register_b_transport(&bank_, &RegisterBank::b_transport);
  registers.register_transport_dbg(&bank_, &RegisterBank::transport_dbg);
  for (int tile = 0; tile < config.mesh.columns * config.mesh.rows; ++tile) {
    const std::string tile_name = "tile" + std::to_string(tile);
    tiles_.push_back(
        std::make_unique<Tile>(tile_name.c_str(), tile, image_, plan_, config_, clock_, period_, observer));
  }
  connect_mesh();
  connect_layers();
  connect_barrier();
  SC_THREAD(read_inputs);
  SC_THREAD(write_outputs);
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
       "bit 0 busy, bit 1 done, bit 2 error (a start with too many in flight, or a bus error of the DMA)",
       [this] {
         const bool busy = in_flight() > 0 && !failed_;
         const bool done = failed_ || !to_acknowledge_.empty();
         return (busy ? 1U : 0U) | (done ? 2U : 0U) | (error_ ? 4U : 0U);
       },
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
       "of the image that is done, low, high",
       [this] { return latency_; },
       {}},
      {kImages, "IMAGES", 4, Access::read_only, 0, "completed since reset", [this] { return images_completed_; }, {}},
      {kInFlight,
       "IN_FLIGHT",
       4,
       Access::read_only,
       0,
       "images started and not completed",
       [this] { return in_flight(); },
       {}},
      {kMostInFlight,
       "MOST_IN_FLIGHT",
       4,
       Access::read_only,
       static_cast<std::uint64_t>(config_.images_in_flight),
       "how many may be",
       {},
       {}},
  };
}

void Accelerator::connect_mesh() {
  const auto tile_at = [this](int column, int row) -> Tile& {
    return *tiles_[static_cast<std::size_t>(row * config_.mesh.columns + column)];
  };
  for (int row = 0; row < config_.mesh.rows; ++row) {
    for (int column = 0; column < config_.mesh.columns; ++column) {
      Tile& tile = tile_at(column, row);
      if (column + 1 < config_.mesh.columns) connect_tiles(tile, PacketSwitch::east, tile_at(column + 1, row));
      if (column > 0) connect_tiles(tile, PacketSwitch::west, tile_at(column - 1, row));
      if (row > 0) connect_tiles(tile, PacketSwitch::north, tile_at(column, row - 1));
      if (row + 1 < config_.mesh.rows) connect_tiles(tile, PacketSwitch::south, tile_at(column, row + 1));
    }
  }
  input_sender_.socket.bind(tiles_.front()->router.input);
  if (config_.links == Links::contended) input_sender_.packets.bind(*tiles_.front()->injector());
  output_rows_.bind(tiles_.front()->buffers()[static_cast<std::size_t>(plan_.output.port)]->read_socket);
}

void Accelerator::connect_tiles(Tile& tile, PacketSwitch::Side side, Tile& next) {
  tile.router.neighbour[side].bind(next.router.input);
  if (tile.packet_router() != nullptr) tile.packet_router()->connect(side, *next.packet_router());
}

void Accelerator::connect_layers() {
  for (const std::unique_ptr<Tile>& tile : tiles_) {
    for (const std::unique_ptr<LayerController>& controller : tile->controllers()) {
      controllers_.push_back(controller.get());
      for (int engine : plan_.layers[static_cast<std::size_t>(controller->layer())].all_engines()) {
        Tile& owner = *tiles_[static_cast<std::size_t>(engine / image_.geometry.engines_per_tile)];
        controller->engines.bind(owner.engine(engine).socket);
      }
    }
  }
}

void Accelerator::connect_barrier() {
  if (plan_.steps.empty()) return;
  barrier_ = std::make_unique<StepBarrier>("step_barrier", plan_.steps);
  steps_.bind(barrier_->socket);
  for (LayerController* controller : controllers_) controller->steps.bind(barrier_->socket);
}

void Accelerator::control_written(std::uint64_t value) {
  if ((value & kClearDone) != 0) acknowledge();
  bank_.set(kControl, value & kInterruptEnable);
  if ((value & kStart) != 0) start();
  status_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::acknowledge() {
  if (!to_acknowledge_.empty()) to_acknowledge_.pop_front();
  if (!to_acknowledge_.empty()) latency_ = to_acknowledge_.front();
}

void Accelerator::start() {
  error_ = failed_ || in_flight() == static_cast<std::uint64_t>(config_.images_in_flight);
  if (error_) return;
  const bool alone = config_.images_in_flight == 1;
  if (alone) to_acknowledge_.clear();
  if (alone || !run_is_open_) begin_run();
  const auto period = period_.value();
  const Cycle now = ceil_divide((sc_core::sc_time_stamp() - origin_).value(), period);
  images_.push_back({bank_.value(kInputAddress), bank_.value(kOutputAddress), now, {}});
  image_starts_.push_back(now);
  for (LayerController* controller : controllers_) controller->begin_image(now);
  started_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::begin_run() {
  end_run();
  run_is_open_ = true;
  origin_ = sc_core::sc_time_stamp();
  images_.clear();
  completed_ = 0;
  if (observer_ != nullptr) observer_->image_begins();
  clock_.begin_run();
  for (const std::unique_ptr<Tile>& tile : tiles_) tile->begin_run();
  for (LayerController* controller : controllers_) controller->begin_run(origin_);
  if (barrier_ != nullptr) barrier_->begin_run();
}

void Accelerator::end_run() {
  if (!run_is_open_) return;
  run_is_open_ = false;
  elapsed_ += run_end_;
  for (LayerController* controller : controllers_) controller->end_run(run_end_);
}

void Accelerator::fail() {
  failed_ = true;
  error_ = true;
  status_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::update_interrupt() {
  const bool done = failed_ || !to_acknowledge_.empty();
  interrupt.write(done && (bank_.value(kControl) & kInterruptEnable) != 0);
}

void Accelerator::wait_until(Cycle cycle) {
  const sc_core::sc_time moment = origin_ + static_cast<double>(cycle) * period_;
  if (moment > sc_core::sc_time_stamp()) wait(moment - sc_core::sc_time_stamp());
}

void Accelerator::read_inputs() {
  Cycle previous = 0;
  for (std::size_t next = 0; !failed_;) {
    while (images_.size() <= next) {
      wait(started_);
      if (images_.size() == 1) next = 0;  // a new run
    }
    if (next == 0) previous = 0;
    if (read_input(next, previous)) ++next;
  }
}

bool Accelerator::read_input(std::size_t number, Cycle& previous) {
  const Shape& shape = image_.network.input_shape;
  const std::size_t row_bytes = static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.channels);
  Image& image = images_[number];
  for (int y = 0; y < shape.height; ++y) {
    Row row;
    row.index = static_cast<int>(number) * shape.height + y;
    const Cycle credit = input_sender_.credit(row.index).cycle;
    const Cycle begin = std::max({previous, image.start, credit, wait_for_turn(steps_, kNetworkInput, y)});
    wait_until(begin);
    if (failed_) return false;
    row.data.resize(row_bytes);
    const Dma::Transfer read =
        dma_.read(image.input + static_cast<std::uint64_t>(y) * row_bytes, row.data.data(), row_bytes);
    if (!read.ok()) {
      fail();
      return false;
    }
    previous = begin + read.cycles;
    if (observer_ != nullptr) observer_->transfer({false, begin, previous, row_bytes});
    input_output_events_[Event::dma_transfer] += row_bytes;
    send_input_row(number, y, row, previous);
  }
  return true;
}

void Accelerator::send_input_row(std::size_t number, int y, Row& row, Cycle finish) {
  const Shape& shape = image_.network.input_shape;
  const int height = shape.height;
  const auto arrived = [=](Cycle cycle) {
    take_turn(steps_, kNetworkInput, y, cycle);
    if (y + 1 < height) return;
    images_[number].read = cycle;
    input_read_event_.notify();
  };
  if (input_sender_.contends()) {
    row.ready.assign(static_cast<std::size_t>(shape.width), kNotYet);
    input_sender_.announce(row, shape.channels, kNetworkInput, 1, input_output_events_, arrived);
    input_sender_.send_windows(0, shape.width, finish);
  } else {
    row.ready.assign(static_cast<std::size_t>(shape.width), finish);
    arrived(input_sender_.send(row, shape.channels, input_output_events_));
  }
}

void Accelerator::write_outputs() {
  Cycle previous = 0;
  while (!failed_) {
    while (in_flight() == 0) wait(started_);
    if (completed_ == 0) previous = 0;
    if (!write_output(completed_, previous)) return;
  }
}

bool Accelerator::write_output(std::size_t number, Cycle& previous) {
  std::vector<std::uint8_t> bytes;
  const Cycle begin = std::max(previous, collect_output(number, bytes));
  wait_until(begin);
  if (failed_) return false;
  const Image& image = images_[number];
  const Dma::Transfer write = dma_.write(image.output, bytes.data(), bytes.size());
  if (!write.ok()) {
    fail();
    return false;
  }
  input_output_events_[Event::dma_transfer] += bytes.size();
  previous = begin + write.cycles;
  if (observer_ != nullptr) observer_->transfer({true, begin, previous, bytes.size()});
  release_output(number, previous);
  wait_until(previous);
  complete(image, previous);
  return true;
}

void Accelerator::complete(const Image& image, Cycle cycle) {
  run_end_ = cycle;
  if (to_acknowledge_.empty()) latency_ = cycle - image.start;
  to_acknowledge_.push_back(cycle - image.start);
  ++completed_;
  ++images_completed_;
  status_changed_.notify(sc_core::SC_ZERO_TIME);
}

/// Interleaved by pixel. The cycle in which the image's last window is here, every layer is through with it and its
/// input is read, to the last of the rows that nobody waits for.
Cycle Accelerator::collect_output(std::size_t number, std::vector<std::uint8_t>& bytes) {
  const int height = image_.network.layers.back().shape.height;
  RowAccess access;
  for (int y = 0; y < height; ++y) {
    access.row = static_cast<int>(number) * height + y;
    transport_extension(*output_rows_.operator->(), tlm::TLM_READ_COMMAND, access);
    bytes.insert(bytes.end(), access.content->data.begin(), access.content->data.end());
  }
  access.column = image_.network.layers.back().shape.width - 1;
  transport_extension(*output_rows_.operator->(), tlm::TLM_READ_COMMAND, access);
  Cycle latest = access.content->ready.back();
  for (LayerController* controller : controllers_) latest = std::max(latest, controller->wait_until_through(number));
  while (!images_[number].read) wait(input_read_event_);
  return std::max(latest, *images_[number].read);
}

void Accelerator::release_output(std::size_t number, Cycle cycle) {
  RowAccess access;
  access.row = (static_cast<int>(number) + 1) * image_.network.layers.back().shape.height;
  access.cycle = cycle;
  transport_extension(*output_rows_.operator->(), tlm::TLM_IGNORE_COMMAND, access);
}

}  // namespace reprise
