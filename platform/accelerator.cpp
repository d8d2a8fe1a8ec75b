#include "platform/accelerator.h"

#include <algorithm>
#include <string>

#include "platform/register_map.h"
#include "platform/reprise_registers.h"
#include "tlm/step_barrier.h"
#include "tlm/transport.h"

namespace reprise {
namespace {

constexpr std::uint64_t kStart = REPRISE_CONTROL_START;
constexpr std::uint64_t kInterruptEnable = REPRISE_CONTROL_INTERRUPT_ENABLE;
constexpr std::uint64_t kClearDone = REPRISE_CONTROL_CLEAR_DONE;

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
  std::vector<Register> map = accelerator_registers();
  const auto find = [&map](std::uint64_t offset) -> Register& {
    return *std::find_if(map.begin(), map.end(), [offset](const Register& item) { return item.offset == offset; });
  };
  find(REPRISE_CONTROL).read = [this] { return bank_.value(REPRISE_CONTROL) & kInterruptEnable; };
  find(REPRISE_CONTROL).written = [this](std::uint64_t value) { control_written(value); };
  find(REPRISE_STATUS).read = [this] { return status(); };
  find(REPRISE_INPUT_BYTES).reset = image_.network.input_shape.size();
  find(REPRISE_OUTPUT_BYTES).reset = image_.network.layers.back().shape.size();
  find(REPRISE_CYCLES).read = [this] { return latency_; };
  find(REPRISE_IMAGES).read = [this] { return images_completed_; };
  find(REPRISE_IN_FLIGHT).read = [this] { return in_flight(); };
  find(REPRISE_MOST_IN_FLIGHT).reset = static_cast<std::uint64_t>(config_.images_in_flight);
  return map;
}

std::uint64_t Accelerator::status() const {
  const bool busy = in_flight() > 0 && !failed_;
  const bool done = failed_ || !to_acknowledge_.empty();
  return (busy ? REPRISE_STATUS_BUSY : 0U) | (done ? REPRISE_STATUS_DONE : 0U) | (error_ ? REPRISE_STATUS_ERROR : 0U);
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
  if ((value & REPRISE_CONTROL_RESET) != 0) {
    reset();
    return;
  }
  if ((value & kClearDone) != 0) acknowledge();
  bank_.set(REPRISE_CONTROL, value & kInterruptEnable);
  if ((value & kStart) != 0) start();
  status_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::acknowledge() {
  if (!to_acknowledge_.empty()) to_acknowledge_.pop_front();
  if (!to_acknowledge_.empty()) latency_ = to_acknowledge_.front();
}

/// What is in flight is given up: it runs through the machine, but without the bus.
void Accelerator::reset() {
  bank_.reset();
  to_acknowledge_.clear();
  latency_ = 0;
  images_completed_ = 0;
  error_ = false;
  failed_ = false;
  draining_ = in_flight() > 0;
  reset_.notify(sc_core::SC_ZERO_TIME);
  status_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::start() {
  error_ = failed_ || draining_ || in_flight() == static_cast<std::uint64_t>(config_.images_in_flight);
  if (error_) return;
  const bool alone = config_.images_in_flight == 1;
  if (alone) to_acknowledge_.clear();
  if (alone || !run_is_open_) begin_run();
  const auto period = period_.value();
  const Cycle now = ceil_divide((sc_core::sc_time_stamp() - origin_).value(), period);
  images_.push_back({bank_.value(REPRISE_INPUT_ADDRESS), bank_.value(REPRISE_OUTPUT_ADDRESS), now, {}});
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

/// Stands still until reset.
void Accelerator::fail() {
  failed_ = true;
  error_ = true;
  status_changed_.notify(sc_core::SC_ZERO_TIME);
  wait_while_failed();
}

void Accelerator::wait_while_failed() {
  while (failed_) wait(reset_);
}

void Accelerator::update_interrupt() {
  const bool done = failed_ || !to_acknowledge_.empty();
  interrupt.write(done && (bank_.value(REPRISE_CONTROL) & kInterruptEnable) != 0);
}

void Accelerator::wait_until(Cycle cycle) {
  const sc_core::sc_time moment = origin_ + static_cast<double>(cycle) * period_;
  if (moment > sc_core::sc_time_stamp()) wait(moment - sc_core::sc_time_stamp());
}

void Accelerator::read_inputs() {
  Cycle previous = 0;
  for (std::size_t next = 0;; ++next) {
    while (images_.size() <= next) {
      wait(started_);
      if (images_.size() == 1) next = 0;  // a new run
    }
    if (next == 0) previous = 0;
    read_input(next, previous);
  }
}

void Accelerator::read_input(std::size_t number, Cycle& previous) {
  const Shape& shape = image_.network.input_shape;
  const std::size_t row_bytes = static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.channels);
  Image& image = images_[number];
  for (int y = 0; y < shape.height; ++y) {
    Row row;
    row.index = static_cast<int>(number) * shape.height + y;
    const Cycle credit = input_sender_.credit(row.index).cycle;
    const Cycle begin = std::max({previous, image.start, credit, wait_for_turn(steps_, kNetworkInput, y)});
    wait_until(begin);
    row.data.resize(row_bytes);
    previous = begin + read_row(image.input + static_cast<std::uint64_t>(y) * row_bytes, row.data, begin);
    send_input_row(number, y, row, previous);
  }
}

/// The cycles that it takes.
Cycle Accelerator::read_row(std::uint64_t address, std::vector<std::uint8_t>& data, Cycle begin) {
  wait_while_failed();
  if (draining_) return 0;
  const Dma::Transfer read = dma_.read(address, data.data(), data.size());
  if (!read.ok()) {
    fail();
    return 0;
  }
  if (observer_ != nullptr) observer_->transfer({false, begin, begin + read.cycles, data.size()});
  input_output_events_[Event::dma_transfer] += data.size();
  return read.cycles;
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
  for (;;) {
    while (in_flight() == 0) wait(started_);
    if (completed_ == 0) previous = 0;
    write_output(completed_, previous);
  }
}

void Accelerator::write_output(std::size_t number, Cycle& previous) {
  std::vector<std::uint8_t> bytes;
  const Cycle begin = std::max(previous, collect_output(number, bytes));
  wait_until(begin);
  const Image& image = images_[number];
  previous = begin + write_bytes(image.output, bytes, begin);
  release_output(number, previous);
  wait_until(previous);
  wait_while_failed();
  complete(image, previous);
}

/// The cycles that it takes.
Cycle Accelerator::write_bytes(std::uint64_t address, const std::vector<std::uint8_t>& bytes, Cycle begin) {
  wait_while_failed();
  if (draining_) return 0;
  const Dma::Transfer write = dma_.write(address, bytes.data(), bytes.size());
  if (!write.ok()) {
    fail();
    return 0;
  }
  if (observer_ != nullptr) observer_->transfer({true, begin, begin + write.cycles, bytes.size()});
  input_output_events_[Event::dma_transfer] += bytes.size();
  return write.cycles;
}

void Accelerator::complete(const Image& image, Cycle cycle) {
  run_end_ = cycle;
  ++completed_;
  if (!draining_) {
    if (to_acknowledge_.empty()) latency_ = cycle - image.start;
    to_acknowledge_.push_back(cycle - image.start);
    ++images_completed_;
  }
  draining_ = draining_ && in_flight() > 0;
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
