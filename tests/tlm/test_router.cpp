// A mesh of 3 x 2 routers with two buffers a tile.
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/sc_test.h"
#include "tlm/router.h"
#include "tlm/row_sender.h"
#include "tlm/transport.h"

using namespace reprise;

namespace {

constexpr int kColumns = 3;
constexpr int kTiles = 6;
constexpr int kRouterCycles = 4;

/// Keeps the last transfer that came.
struct Sink : sc_core::sc_module {
  tlm_utils::simple_target_socket<Sink, 32, ExtensionProtocol<RowTransfer>> socket{"socket"};
  RowTransfer last;
  int transfers = 0;
  Cycle credit = 0;  ///< its answer

  explicit Sink(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_b_transport(this, &Sink::b_transport);
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    auto* transfer = payload.get_extension<RowTransfer>();
    last = *transfer;
    transfer->credit = credit;
    if (!transfer->row.ready.empty()) transfer->arrived = transfer->row.ready.back();
    ++transfers;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct Bench : sc_core::sc_module {
  std::vector<std::unique_ptr<Router>> routers;
  std::vector<std::unique_ptr<Sink>> sinks;  ///< two a tile
  using Source = tlm_utils::simple_initiator_socket<Sink, 32, ExtensionProtocol<RowTransfer>>;
  std::vector<std::unique_ptr<Source>> sources;
  RowSender sender{{{5, 1}, {0, 0}}, 8};  ///< sits in tile 0

  explicit Bench(const sc_core::sc_module_name& name = "bench") : sc_module(name) {
    for (int tile = 0; tile < kTiles; ++tile) {
      const std::string number = std::to_string(tile);
      routers.push_back(
          std::make_unique<Router>(("router" + number).c_str(), Router::Config{tile, kColumns, kRouterCycles}));
      sources.push_back(std::make_unique<Source>(("source" + number).c_str()));
      sources.back()->bind(routers.back()->input);
      for (const char* port : {"a", "b"}) {
        sinks.push_back(std::make_unique<Sink>(("sink" + number + port).c_str()));
        routers.back()->buffers.bind(sinks.back()->socket);
      }
    }
    for (std::size_t tile = 0; tile < kTiles; ++tile) {
      const bool last_column = tile % kColumns + 1 == kColumns;
      if (!last_column) connect(tile, Router::east, tile + 1), connect(tile + 1, Router::west, tile);
      if (tile < kColumns) connect(tile, Router::south, tile + kColumns), connect(tile + kColumns, Router::north, tile);
    }
    sender.socket.bind(routers[0]->input);
  }

  void connect(std::size_t from, Router::Side side, std::size_t to) {
    routers[from]->neighbour[side].bind(routers[to]->input);
  }

  tlm::tlm_response_status send(std::size_t from, tlm::tlm_command command, RowTransfer* transfer) {
    tlm::tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_extension(transfer);
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    (*sources[from])->b_transport(payload, delay);
    if (transfer != nullptr) payload.clear_extension(transfer);
    CHECK(delay == sc_core::SC_ZERO_TIME);  // latency rides on the row
    return payload.get_response_status();
  }
  tlm::tlm_response_status write(std::size_t from, BufferAddress to, RowTransfer& transfer) {
    transfer.destination = to;
    return send(from, tlm::TLM_WRITE_COMMAND, &transfer);
  }
};

/// The router of tile 0 with its two neighbours.
struct Corner : sc_core::sc_module {
  Router router{"router", {0, kColumns, kRouterCycles}};
  Sink south{"south"};
  Sink east{"east"};
  tlm_utils::simple_initiator_socket<Sink, 32, ExtensionProtocol<RowTransfer>> source{"source"};

  explicit Corner(const sc_core::sc_module_name& name = "corner") : sc_module(name) {
    source.bind(router.input);
    router.neighbour[Router::south].bind(south.socket);
    router.neighbour[Router::east].bind(east.socket);
  }

  void send_to(int tile) {
    RowTransfer transfer;
    transfer.destination = {tile, 0};
    transport_extension(*source.operator->(), tlm::TLM_WRITE_COMMAND, transfer);
  }
};

const sc_core::sc_time kLimit(1, sc_core::SC_MS);

}  // namespace

TEST_CASE("a row takes a router's cycles at each router of its way, its own included") {
  test::run<Bench>(
      [](Bench& bench) {
        for (int from = 0; from < kTiles; ++from) {
          for (int to = 0; to < kTiles; ++to) {
            CAPTURE(from, to);
            RowTransfer transfer;
            transfer.row.ready = {10, 20};
            CHECK(bench.write(static_cast<std::size_t>(from), {to, 1}, transfer) == tlm::TLM_OK_RESPONSE);
            const int distance =
                std::abs(from % kColumns - to % kColumns) + std::abs(from / kColumns - to / kColumns) + 1;
            const Sink& sink = *bench.sinks[static_cast<std::size_t>(2 * to + 1)];
            const auto latency = static_cast<Cycle>(distance * kRouterCycles);
            CHECK(sink.last.hops == distance);
            CHECK(sink.last.row.ready == std::vector<Cycle>{10 + latency, 20 + latency});
          }
        }
        for (std::size_t i = 0; i < bench.sinks.size(); ++i) CHECK(bench.sinks[i]->transfers == (i % 2 == 1 ? 6 : 0));
      },
      kLimit);
}

TEST_CASE("rows go along X before they go along Y") {
  test::run<Corner>(
      [](Corner& corner) {
        for (int tile : {1, 2, 4, 5}) corner.send_to(tile);
        CHECK(corner.east.transfers == 4);
        CHECK(corner.south.transfers == 0);
        corner.send_to(3);
        CHECK(corner.south.transfers == 1);
      },
      kLimit);
}

TEST_CASE("a question for credit costs nothing on its way") {
  test::run<Bench>(
      [](Bench& bench) {
        bench.sinks[10]->credit = 77;
        RowTransfer transfer;
        transfer.destination = {5, 0};
        transfer.row.index = 3;
        CHECK(bench.send(0, tlm::TLM_IGNORE_COMMAND, &transfer) == tlm::TLM_OK_RESPONSE);
        CHECK(transfer.credit == 77);
        CHECK(transfer.hops == 0);
        CHECK(bench.sinks[10]->last.row.index == 3);
      },
      kLimit);
}

TEST_CASE("what has no destination gets an error") {
  test::run<Bench>(
      [](Bench& bench) {
        RowTransfer transfer;
        CHECK(bench.write(0, {0, 2}, transfer) == tlm::TLM_ADDRESS_ERROR_RESPONSE);  // no such port
        CHECK(bench.write(0, {4, -1}, transfer) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
        CHECK(bench.write(0, {6, 0}, transfer) == tlm::TLM_ADDRESS_ERROR_RESPONSE);  // south of the mesh
        CHECK(bench.send(0, tlm::TLM_WRITE_COMMAND, nullptr) == tlm::TLM_COMMAND_ERROR_RESPONSE);
        for (const auto& sink : bench.sinks) CHECK(sink->transfers == 0);
      },
      kLimit);
}

TEST_CASE("a finished row goes to all consumers, each at its own time") {
  test::run<Bench>(
      [](Bench& bench) {
        bench.sinks[11]->credit = 5;
        bench.sinks[0]->credit = 9;
        CHECK(bench.sender.credit(2).cycle == 9);
        CHECK(bench.sender.credit(2).consumer == 1);
        bench.sinks[11]->credit = 12;
        CHECK(bench.sender.credit(2).cycle == 12);
        CHECK(bench.sender.credit(2).consumer == 0);

        // Two pixels of 9 channels: 2 cycles on a link of 8 bytes. Tile 5 is 4 routers away, tile 0 one.
        const Row row{2, std::vector<std::uint8_t>(18, 1), {100, 200}, {}};
        EventCounts events;
        Row sent = row;
        CHECK(bench.sender.send(sent, 9, events) == 200 + 2 + 16);
        CHECK(bench.sinks[11]->last.row.made == row.ready);
        CHECK(bench.sinks[11]->last.row.ready == std::vector<Cycle>{100 + 2 + 16, 200 + 2 + 16});
        CHECK(bench.sinks[0]->last.row.ready == std::vector<Cycle>{100 + 2 + 4, 200 + 2 + 4});
        CHECK(bench.sinks[0]->last.row.data == row.data);
        CHECK(bench.sinks[0]->last.row.index == 2);
        CHECK(events[Event::router_hop] == 18 * (4 + 1));
      },
      kLimit);
}
