#include <tlm_utils/simple_initiator_socket.h>

#include <map>
#include <utility>
#include <vector>

#include "tests/sc_test.h"
#include "tlm/layer_buffer.h"
#include "tlm/transport.h"

using namespace reprise;

namespace {

/// How many pixels come (or go) in which cycle.
struct Fill : ActivityObserver {
  std::vector<std::pair<Cycle, long>> changes;
  void image_begins() override {}
  void buffer_changes(int layer, int input, Cycle cycle, long pixels) override {
    CHECK(layer == 3);
    CHECK(input == 1);
    changes.emplace_back(cycle, pixels);
  }
};

/// Two of five rows of two pixels.
struct Bench : sc_core::sc_module {
  Fill fill;
  LayerBuffer buffer{"buffer", {3, 1, 2, 5}, &fill};
  tlm_utils::simple_initiator_socket<LayerBuffer, 32, ExtensionProtocol<RowTransfer>> producer{"producer"};
  tlm_utils::simple_initiator_socket<LayerBuffer, 32, ExtensionProtocol<RowAccess>> consumer{"consumer"};

  explicit Bench(const sc_core::sc_module_name& name = "bench") : sc_module(name) {
    producer.bind(buffer.write_socket);
    consumer.bind(buffer.read_socket);
  }

  void write(int row, Cycle ready) {
    RowTransfer transfer;
    transfer.row = {row, {static_cast<std::uint8_t>(row), 0}, {ready, ready + 1}, {}};
    transport_extension(*producer.operator->(), tlm::TLM_WRITE_COMMAND, transfer);
  }
  Cycle credit(int row) {
    RowTransfer transfer;
    transfer.row.index = row;
    transport_extension(*producer.operator->(), tlm::TLM_IGNORE_COMMAND, transfer);
    return transfer.credit;
  }
  const Row* read(int row) {
    RowAccess access;
    access.row = row;
    transport_extension(*consumer.operator->(), tlm::TLM_READ_COMMAND, access);
    return access.content;
  }
  void release(int rows, Cycle cycle) {
    RowAccess access;
    access.row = rows;
    access.cycle = cycle;
    transport_extension(*consumer.operator->(), tlm::TLM_IGNORE_COMMAND, access);
  }
};

const sc_core::sc_time kLimit(1, sc_core::SC_MS);
const sc_core::sc_time kStep(1, sc_core::SC_NS);

}  // namespace

TEST_CASE("a row is there from when it was written to when it is released") {
  test::run<Bench>(
      [](Bench& bench) {
        bench.write(0, 10);
        bench.write(1, 20);
        const Row* row = bench.read(1);
        CHECK(row->data == std::vector<std::uint8_t>{1, 0});
        CHECK(row->ready == std::vector<Cycle>{20, 21});
        bench.release(1, 30);
        CHECK(bench.read(1) == row);  // stays where it is
        CHECK(bench.buffer.bytes_written() == 4);
        CHECK(bench.fill.changes == std::vector<std::pair<Cycle, long>>{{10, 1}, {11, 1}, {20, 1}, {21, 1}, {30, -2}});
      },
      kLimit);
}

TEST_CASE("the first rows have credit at once, others when the row in their place is released") {
  test::run<Bench>(
      [](Bench& bench) {
        CHECK(bench.credit(0) == 0);
        CHECK(bench.credit(1) == 0);
        sc_core::sc_time answered;
        Cycle credit = 0;
        sc_core::sc_spawn([&] {
          credit = bench.credit(3);  // needs row 1 to go
          answered = sc_core::sc_time_stamp();
        });
        sc_core::wait(kStep);
        bench.write(0, 10);
        bench.write(1, 20);
        bench.release(1, 50);
        CHECK(bench.credit(2) == 50);
        sc_core::wait(kStep);
        CHECK(answered == sc_core::SC_ZERO_TIME);  // still waiting
        bench.release(3, 60);                      // row 2 before it has come
        sc_core::wait(kStep);
        CHECK(credit == 60);
        CHECK(answered == 2 * kStep);
        CHECK(bench.credit(2) == 50);  // a later release does not change it
        CHECK(bench.credit(4) == 60);
      },
      kLimit);
}

TEST_CASE("a reader waits for its row") {
  test::run<Bench>(
      [](Bench& bench) {
        const Row* row = nullptr;
        sc_core::sc_spawn([&] { row = bench.read(1); });
        sc_core::wait(kStep);
        bench.write(0, 10);
        sc_core::wait(kStep);
        CHECK(row == nullptr);
        bench.write(1, 20);
        sc_core::wait(kStep);
        REQUIRE(row != nullptr);
        CHECK(row->index == 1);
      },
      kLimit);
}

TEST_CASE("a row released before it comes is counted and not kept") {
  test::run<Bench>(
      [](Bench& bench) {
        bench.release(5, 7);
        bench.write(0, 10);
        CHECK(bench.buffer.bytes_written() == 2);
        CHECK(bench.fill.changes == std::vector<std::pair<Cycle, long>>{{10, 1}, {11, 1}, {11, -2}});
        CHECK(bench.credit(4) == 7);

        bench.fill.changes.clear();
        bench.write(5, 20);  // not released: kept, and released before it has come, in cycles
        bench.release(6, 15);
        CHECK(bench.fill.changes == std::vector<std::pair<Cycle, long>>{{20, 1}, {21, 1}, {21, -2}});

        bench.buffer.begin_run();  // everything is forgotten but the bytes
        bench.write(0, 3);
        CHECK(bench.read(0)->ready.front() == 3);
        CHECK(bench.buffer.bytes_written() == 6);
      },
      kLimit);
}

TEST_CASE("a layer buffer refuses what it does not know") {
  test::run<Bench>(
      [](Bench& bench) {
        const auto status = [](auto& socket, tlm::tlm_command command, tlm::tlm_extension_base* extension,
                               unsigned id) {
          tlm::tlm_generic_payload payload;
          payload.set_command(command);
          if (extension != nullptr) payload.set_extension(id, extension);
          sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
          socket->b_transport(payload, delay);
          payload.set_extension(id, nullptr);
          return payload.get_response_status();
        };
        RowTransfer transfer;
        RowAccess access;
        constexpr auto kRefused = tlm::TLM_COMMAND_ERROR_RESPONSE;
        CHECK(status(bench.producer, tlm::TLM_WRITE_COMMAND, nullptr, RowTransfer::ID) == kRefused);
        CHECK(status(bench.producer, tlm::TLM_READ_COMMAND, &transfer, RowTransfer::ID) == kRefused);
        CHECK(status(bench.producer, tlm::TLM_WRITE_COMMAND, &access, RowAccess::ID) == kRefused);
        CHECK(status(bench.consumer, tlm::TLM_READ_COMMAND, nullptr, RowAccess::ID) == kRefused);
        CHECK(status(bench.consumer, tlm::TLM_WRITE_COMMAND, &access, RowAccess::ID) == kRefused);
        CHECK(status(bench.consumer, tlm::TLM_READ_COMMAND, &transfer, RowTransfer::ID) == kRefused);
      },
      kLimit);
}
