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
      register_phases_(
          "register_phases", TargetPhases::Completion::early,
          [this](auto& payload, auto& delay) { access_register(payload, delay); }, *registers.operator->()),
      clock_(period_),
      input_sender_(plan_.reads.front().front().consumers, config.link_bytes_per_cycle) {
  registers.register_b_transport(this, &Accelerator::access_register);
  registers.register_nb_transport_fw(this, &Accelerator::register_phase);
  registers.register_transport_dbg(this, &Accelerator::debug_register);
  for (int tile = 0; tile < config.mesh.columns * config.mesh.rows; ++tile) {
    const std::string tile_name = "tile" + std::to_string(tile);
    tiles_.push_back(
        std::make_unique<Tile>(tile_name.c_str(), tile, image_, plan_, config_, clock_, period_, observer));
  }
  if (plan_.rounds.reloads()) {
    programmer_.emplace(image_, plan_.rounds, config_);
    rounds_.resize(plan_.rounds.rounds().size());
  }
  connect_mesh();
  connect_layers();
  connect_barrier();
  SC_THREAD(read_inputs);
  SC_THREAD(write_outputs);
  SC_METHOD(update_interrupt);
  sensitive << status_changed_;
}

Accelerator::~Accelerator() {
  // SystemC looks for what is removed from the last object on.
  while (!tiles_.empty()) tiles_.pop_back();
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
  find(REPRISE_ROUNDS_BYTES).reset = plan_.rounds.memory_bytes();
  return map;
}

void Accelerator::access_register(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  bank_.b_transport(payload, delay);
}

tlm::tlm_sync_enum Accelerator::register_phase(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_core::sc_time& delay) {
  return register_phases_.forward(payload, phase, delay);
}

unsigned Accelerator::debug_register(tlm::tlm_generic_payload& payload) {
  return bank_.transport_dbg(payload);
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
  for (const std::vector<TensorWrite>& round : plan_.writes) {
    for (const TensorWrite& write : round) {
      output_rows_.bind(tiles_.front()->buffers()[static_cast<std::size_t>(write.buffer.port)]->read_socket);
    }
  }
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
        Tile& owner = *tiles_[static_cast<std::size_t>(plan_.tile_of(engine, image_.geometry))];
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
  if ((value & REPRISE_CONTROL_LAST) != 0) close_batch();
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
  close_batch();
  reset_.notify(sc_core::SC_ZERO_TIME);
  status_changed_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::start() {
  error_ = failed_ || draining_ || in_flight() == static_cast<std::uint64_t>(config_.images_in_flight);
  if (error_) return;
  const bool alone = config_.images_in_flight == 1;
  if (alone) to_acknowledge_.clear();
  if (alone || !run_is_open_) begin_run();
  Image image{bank_.value(REPRISE_INPUT_ADDRESS),
              bank_.value(REPRISE_OUTPUT_ADDRESS),
              bank_.value(REPRISE_ROUNDS_ADDRESS),
              now(),
              {},
              {}};
  for (const std::vector<TensorRead>& round : plan_.reads) image.unread.push_back(round.size());
  image.read.resize(plan_.reads.size());
  images_.push_back(std::move(image));
  image_starts_.push_back(now());
  join_batch();
  started_.notify(sc_core::SC_ZERO_TIME);
}

/// The first cycle that has not begun before.
Cycle Accelerator::now() const {
  return ceil_divide((sc_core::sc_time_stamp() - origin_).value(), period_.value());
}

/// The last image started.
void Accelerator::join_batch() {
  if (batches_.empty() || batches_.back().closed) batches_.push_back({images_.size() - 1, 0, false, 0});
  Batch& batch = batches_.back();
  ++batch.images;
  const int most = programmer_ ? config_.images_in_flight : 1;
  batch.closed = batch.images == static_cast<std::size_t>(most);
  if (batch.closed) batch.closed_at = now();
  if (is_open(batches_.size() - 1, 0)) begin_image(batches_.size() - 1, 0, images_.size() - 1);
}

void Accelerator::close_batch() {
  if (batches_.empty()) return;
  Batch& batch = batches_.back();
  if (batch.closed) return;
  batch.closed = true;
  batch.closed_at = now();
  started_.notify(sc_core::SC_ZERO_TIME);
}

void Accelerator::begin_run() {
  end_run();
  run_is_open_ = true;
  origin_ = sc_core::sc_time_stamp();
  images_.clear();
  completed_ = 0;
  ++runs_;
  batches_.clear();
  round_begins_.clear();
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

/// Blocks until the batch is there, or the first one of a new run, about which it says true.
bool Accelerator::wait_for_batch(std::uint64_t& run, std::size_t& batch) {
  while (run == runs_ && batches_.size() <= batch) wait(started_);
  if (run == runs_) return false;
  run = runs_;
  batch = 0;
  return true;
}

/// Blocks until it is known whether image `number` belongs to the batch, for images from the batch's first one on.
bool Accelerator::wait_for_image(std::size_t batch, std::size_t number) {
  const auto end = [&] { return batches_[batch].first + batches_[batch].images; };
  while (number == end() && !batches_[batch].closed) wait(started_);
  return number < end();
}

bool Accelerator::is_open(std::size_t batch, std::size_t round) const {
  return programmer_ == std::nullopt || batch * plan_.reads.size() + round < round_begins_.size();
}

void Accelerator::wait_for_round(std::size_t batch, std::size_t round) {
  while (!is_open(batch, round)) wait(round_begins_event_);
}

Cycle Accelerator::round_begin(std::size_t batch, std::size_t round) const {
  return programmer_ ? round_begins_[batch * plan_.reads.size() + round] : 0;
}

/// Loads and writes the round's weights from cycle `from` on, then lets its layers begin.
void Accelerator::begin_round(std::size_t batch, std::size_t round, Cycle from) {
  const std::size_t first = batches_[batch].first;
  const Cycle loaded = from + load_weights(round, images_[first].rounds, from);
  const Cycle cycles = programmer_->write(round);
  ++rounds_[round].times;
  rounds_[round].write_cycles += cycles;
  wait_until(loaded + cycles);
  round_begins_.push_back(loaded + cycles);
  for (std::size_t image = 0; image < batches_[batch].images; ++image) begin_image(batch, round, first + image);
  round_begins_event_.notify();
}

/// The cycles that it takes.
Cycle Accelerator::load_weights(std::size_t round, std::uint64_t address, Cycle begin) {
  std::vector<std::uint8_t> weights(plan_.rounds.rounds()[round].weight_bytes);
  wait_until(begin);
  const Cycle cycles = read_bytes(address + plan_.rounds.weights_address(static_cast<int>(round)), weights, begin);
  if (!draining_) rounds_[round].bytes += weights.size();
  rounds_[round].load_cycles += cycles;
  return cycles;
}

/// In the layers of a round that has begun.
void Accelerator::begin_image(std::size_t batch, std::size_t round, std::size_t number) {
  const Cycle loaded = round_begin(batch, round);
  for (LayerController* controller : controllers_) {
    if (plan_.rounds.round_of(controller->layer()) != static_cast<int>(round)) continue;
    controller->begin_image(std::max(images_[number].start, loaded), loaded);
  }
}

void Accelerator::read_inputs() {
  std::uint64_t run = 0;
  Cycle previous = 0;
  for (std::size_t batch = 0;; ++batch) {
    if (wait_for_batch(run, batch)) previous = 0;
    for (std::size_t round = 0; round < plan_.reads.size(); ++round) {
      wait_for_round(batch, round);
      for (std::size_t number = batches_[batch].first; wait_for_image(batch, number); ++number) {
        read_tensors(batch, round, number, previous);
      }
    }
  }
}

void Accelerator::read_tensors(std::size_t batch, std::size_t round, std::size_t number, Cycle& previous) {
  for (std::size_t read = 0; read < plan_.reads[round].size(); ++read) {
    const TensorRead& what = plan_.reads[round][read];
    input_sender_.send_to(what.consumers);
    read_tensor({batch, round, number, what.tensor, turn_of(round, read)}, previous);
  }
}

/// As StepPlan counts what is read: the network's input in the first round, then behind the layers.
int Accelerator::turn_of(std::size_t round, std::size_t read) const {
  if (round == 0) return kNetworkInput;
  std::size_t turn = image_.network.layers.size() + read;
  for (std::size_t before = 1; before < round; ++before) turn += plan_.reads[before].size();
  return static_cast<int>(turn);
}

std::uint64_t Accelerator::held_address(std::size_t batch, std::size_t number, int tensor) const {
  return images_[number].rounds + plan_.rounds.held_address(number - batches_[batch].first, tensor);
}

void Accelerator::read_tensor(const Reading& reading, Cycle& previous) {
  const Shape& shape = image_.network.shape_of(reading.tensor);
  const std::size_t row_bytes = static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.channels);
  const std::uint64_t address = reading.tensor == kNetworkInput
                                    ? images_[reading.number].input
                                    : held_address(reading.batch, reading.number, reading.tensor);
  const Cycle start = std::max(images_[reading.number].start, round_begin(reading.batch, reading.round));
  for (int y = 0; y < shape.height; ++y) {
    Row row;
    row.index = static_cast<int>(reading.number) * shape.height + y;
    const Cycle credit = input_sender_.credit(row.index).cycle;
    const Cycle begin = std::max({previous, start, credit, wait_for_turn(steps_, reading.turn_of, y)});
    wait_until(begin);
    row.data.resize(row_bytes);
    previous = begin + read_bytes(address + static_cast<std::uint64_t>(y) * row_bytes, row.data, begin);
    send_input_row(reading, y, row, previous);
  }
}

/// The cycles that it takes.
Cycle Accelerator::read_bytes(std::uint64_t address, std::vector<std::uint8_t>& data, Cycle begin) {
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

void Accelerator::send_input_row(const Reading& reading, int y, Row& row, Cycle finish) {
  const Shape& shape = image_.network.shape_of(reading.tensor);
  const int height = shape.height;
  const auto arrived = [=](Cycle cycle) {
    take_turn(steps_, reading.turn_of, y, cycle);
    if (y + 1 < height) return;
    Image& image = images_[reading.number];
    --image.unread[reading.round];
    image.read[reading.round] = std::max(image.read[reading.round], cycle);
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
  std::uint64_t run = 0;
  Cycle previous = 0;
  Cycle over = 0;
  for (std::size_t batch = 0;; ++batch) {
    if (wait_for_batch(run, batch)) previous = over = 0;
    for (std::size_t round = 0; round < plan_.writes.size(); ++round) {
      run_round(batch, round, previous, over);
    }
  }
}

/// @param previous  when the writing before was through
/// @param over      when the round before was, and then this one
void Accelerator::run_round(std::size_t batch, std::size_t round, Cycle& previous, Cycle& over) {
  const std::size_t first = batches_[batch].first;
  if (programmer_) begin_round(batch, round, std::max(over, images_[first].start));
  int first_buffer = 0;
  for (std::size_t before = 0; before < round; ++before) first_buffer += static_cast<int>(plan_.writes[before].size());
  for (std::size_t number = first; wait_for_image(batch, number); ++number) {
    int buffer = first_buffer;
    for (const TensorWrite& write : plan_.writes[round]) {
      const bool result = is_result(write.tensor);
      const std::uint64_t address = result ? images_[number].output : held_address(batch, number, write.tensor);
      const Cycle earliest = result ? wait_until_through(number, round) : 0;
      write_tensor({number, write.tensor, buffer++, address}, earliest, previous);
      if (result) complete(images_[number], previous);
    }
  }
  for (std::size_t number = first; wait_for_image(batch, number); ++number) {
    over = std::max(over, wait_until_through(number, round));
  }
  over = std::max({over, previous, batches_[batch].closed_at});
}

bool Accelerator::is_result(int tensor) const {
  return tensor + 1 == static_cast<int>(image_.network.layers.size());
}

void Accelerator::write_tensor(const Writing& writing, Cycle earliest, Cycle& previous) {
  std::vector<std::uint8_t> bytes;
  const Cycle begin = std::max({previous, earliest, collect(writing, bytes)});
  wait_until(begin);
  previous = begin + write_bytes(writing.address, bytes, begin);
  release(writing, previous);
  wait_until(previous);
  wait_while_failed();
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

/// Interleaved by pixel. The cycle in which the tensor's last window is here.
Cycle Accelerator::collect(const Writing& writing, std::vector<std::uint8_t>& bytes) {
  const Shape& shape = image_.network.shape_of(writing.tensor);
  RowAccess access;
  for (int y = 0; y < shape.height; ++y) {
    access.row = static_cast<int>(writing.number) * shape.height + y;
    transport_extension(*output_rows_[writing.buffer], tlm::TLM_READ_COMMAND, access);
    bytes.insert(bytes.end(), access.content->data.begin(), access.content->data.end());
  }
  access.column = shape.width - 1;
  transport_extension(*output_rows_[writing.buffer], tlm::TLM_READ_COMMAND, access);
  return access.content->ready.back();
}

/// The cycle in which every layer of the round is through with the image and all that the round reads of it is there,
/// to the last of the rows that nobody waits for.
Cycle Accelerator::wait_until_through(std::size_t number, std::size_t round) {
  Cycle latest = 0;
  for (LayerController* controller : controllers_) {
    if (plan_.rounds.round_of(controller->layer()) != static_cast<int>(round)) continue;
    latest = std::max(latest, controller->wait_until_through(number));
  }
  while (images_[number].unread[round] > 0) wait(input_read_event_);
  return std::max(latest, images_[number].read[round]);
}

void Accelerator::release(const Writing& writing, Cycle cycle) {
  RowAccess access;
  access.row = (static_cast<int>(writing.number) + 1) * image_.network.shape_of(writing.tensor).height;
  access.cycle = cycle;
  transport_extension(*output_rows_[writing.buffer], tlm::TLM_IGNORE_COMMAND, access);
}

}  // namespace reprise
