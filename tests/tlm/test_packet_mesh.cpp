// Packets that contend for links: pin level, transaction level and mixtures of them agree in every cycle.
#include <catch2/catch.hpp>
#include <systemc>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "tests/rtl_models/clocked_bench.h"
#include "tests/rtl_models/pin_mesh.h"
#include "tests/tlm/packet_mesh.h"

using namespace reprise;
using namespace reprise::test;
using rtl::test::PinArrival;
using rtl::test::PinLink;
using rtl::test::PinMesh;
using rtl::test::PinPacket;

namespace {

constexpr std::size_t kLinkBytes = 2;
const sc_core::sc_time kPeriod(1, sc_core::SC_NS);
const sc_core::sc_time kLimit(1, sc_core::SC_SEC);

/// The same mesh three times: at pin level, at transaction level and half and half.
struct Bench : rtl::test::ClockedBench {
  explicit Bench(const MeshShape& shape)
      : form(shape),
        run_clock(kPeriod),
        pins("pins", shape.columns, shape.rows, shape.router_cycles, shape.buffer_packets),
        packets("packets", shape, std::vector<bool>(tiles()), kLinkBytes, run_clock),
        mixed("mixed", shape, every_other(), kLinkBytes, run_clock) {
    pins.clock(clock);
  }
  std::size_t tiles() const { return static_cast<std::size_t>(form.columns * form.rows); }
  std::vector<bool> every_other() const {
    std::vector<bool> pin_level(tiles());
    for (std::size_t tile = 0; tile < tiles(); tile += 2) pin_level[tile] = true;
    return pin_level;
  }
  bool idle() const { return pins.idle() && packets.idle() && mixed.idle(); }

  /// Cycle 0 is the one that begins now.
  void begin_run() {
    sc_core::wait(clock.negedge_event());
    sc_core::wait(sc_core::sc_time(500, sc_core::SC_PS));
    run_clock.begin_run();
    packets.begin_run();
    mixed.begin_run();
    for (PacketMesh* mesh : {&packets, &mixed}) mesh->forget();
    pins.forget();
    // Whether its edge of this moment has been or is to come is up to the kernel: the next is cycle 1's, surely.
    sc_core::wait(clock.negedge_event());
    pins.begin(1);
  }
  void send(const PinPacket& packet) {
    Packet counted;
    counted.destination = {packet.to, 0};
    counted.layer = packet.layer;
    counted.consumer = packet.consumer;
    counted.row = static_cast<int>(packet.tag);
    counted.made = packet.made;
    counted.flits = packet.flits.size();
    auto data = std::make_shared<std::vector<std::uint8_t>>(1, std::uint8_t{0});  // what comes before the windows
    for (const std::vector<std::uint8_t>& flit : packet.flits) data->insert(data->end(), flit.begin(), flit.end());
    counted.first_byte = 1;
    counted.bytes = data->size() - 1;
    counted.row_data = data;
    pins.send(packet);
    packets.send(packet.from, counted);
    mixed.send(packet.from, counted);
  }
  /// Whether all is through before `cycles` have passed.
  bool drain(int cycles) {
    for (int i = 0; i < cycles; ++i) {
      if (idle()) {
        tick(2);
        return true;
      }
      tick();
    }
    return false;
  }

  const MeshShape form;
  RunClock run_clock;
  PinMesh pins;
  PacketMesh packets;
  PacketMesh mixed;
};

/// Random packets of one of several kinds of traffic.
class Traffic {
 public:
  Traffic(unsigned seed, int tiles) : random_(seed), tiles_(tiles) {}

  std::vector<PinPacket> draw(int least, int most) {
    const int count = between(least, most);
    const int spread = between(0, 2) == 0 ? between(1, 10) : between(1, 20 * count);
    const int longest = between(0, 1) == 0 ? 1 : between(1, 9);
    const int hot_spot = between(0, 2) == 0 ? between(0, tiles_ - 1) : -1;
    std::vector<PinPacket> packets;
    for (int i = 0; i < count; ++i) {
      PinPacket packet;
      packet.from = between(0, tiles_ - 1);
      packet.to = hot_spot >= 0 && between(0, 3) > 0 ? hot_spot : between(0, tiles_ - 1);
      packet.made = static_cast<Cycle>(between(3, 3 + spread));
      packet.layer = between(-1, 3);
      packet.consumer = static_cast<std::size_t>(between(0, 2));
      packet.tag = static_cast<std::uint32_t>(i + 1);
      packet.flits.resize(static_cast<std::size_t>(between(1, longest)));
      for (auto& flit : packet.flits) {
        for (std::size_t b = 0; b < kLinkBytes; ++b) flit.push_back(static_cast<std::uint8_t>(between(0, 255)));
      }
      packets.push_back(packet);
    }
    return packets;
  }

 private:
  int between(int low, int high) { return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1)); }

  std::mt19937 random_;
  int tiles_;
};

std::string text(const PinLink& link) {
  return std::to_string(link.packets) + " packets, " + std::to_string(link.busy_cycles) + " busy, " +
         std::to_string(link.waiting_cycles) + " waiting";
}

std::string text(const LinkActivity& link) {
  return text(PinLink{link.packets, link.busy_cycles, link.waiting_cycles});
}

/// What differs from the pins in the counts of any link since the start; empty: nothing.
std::string link_difference(const Bench& bench, const PacketMesh& mesh) {
  for (int tile = 0; tile < static_cast<int>(bench.tiles()); ++tile) {
    const std::string injector = text(mesh.injector(tile).activity());
    if (injector != text(bench.pins.injector(tile))) return "injector " + std::to_string(tile) + ": " + injector;
    for (std::size_t side = 0; side < PacketRouter::kSides; ++side) {
      const std::string seen = text(mesh.router(tile).activity(static_cast<PacketSwitch::Side>(side)));
      const std::string expected = text(bench.pins.output(tile, static_cast<rtl::Router::Side>(side)));
      if (seen == expected) continue;
      return "router " + std::to_string(tile) + ' ' + side_name(static_cast<PacketSwitch::Side>(side)) + ": " + seen +
             "; pins: " + expected;
    }
  }
  return "";
}

std::string arrival_difference(const Bench& bench, const PacketMesh& mesh, const std::vector<PinPacket>& sent) {
  for (const PinPacket& packet : sent) {
    const auto pins = bench.pins.arrivals().find(packet.tag);
    const auto here = mesh.arrivals().find(static_cast<int>(packet.tag));
    const std::string name = "packet " + std::to_string(packet.tag);
    if (pins == bench.pins.arrivals().end()) return name + " does not come out of the pins";
    if (here == mesh.arrivals().end()) return name + " does not come";
    if (pins->second.flits != packet.flits) return name + ": other bytes";
    if (pins->second.tile != packet.to || here->second.tile != packet.to) return name + ": in the wrong tile";
    if (pins->second.cycle == here->second.cycle) continue;
    return name + " in " + std::to_string(here->second.cycle) + "; pins: " + std::to_string(pins->second.cycle);
  }
  return mesh.arrivals().size() == sent.size() ? "" : "packets that nobody sent";
}

/// One run: everything comes, as the pins say, and every place comes back.
bool agrees(Bench& bench, const std::vector<PinPacket>& sent) {
  bench.begin_run();
  for (const PinPacket& packet : sent) bench.send(packet);
  const bool drained = bench.drain(200'000);
  CHECK(drained);
  for (const PacketMesh* mesh : {&bench.packets, &bench.mixed}) {
    const std::string difference = arrival_difference(bench, *mesh, sent) + link_difference(bench, *mesh);
    INFO((mesh == &bench.packets ? "transaction level: " : "mixed: "));
    CHECK(difference == "");
    if (!difference.empty() || !drained) return false;
  }
  CHECK(bench.pins.all_places_back());
  return bench.pins.all_places_back();
}

Cycle total_waiting(const Bench& bench) {
  Cycle waiting = 0;
  for (int tile = 0; tile < static_cast<int>(bench.tiles()); ++tile) {
    waiting += bench.packets.injector(tile).activity().waiting_cycles;
    for (std::size_t side = 0; side < PacketRouter::kSides; ++side) {
      waiting += bench.packets.router(tile).activity(static_cast<PacketSwitch::Side>(side)).waiting_cycles;
    }
  }
  return waiting;
}

const std::vector<MeshShape> kShapes = {{2, 1, 4, 4}, {3, 3, 4, 4}, {3, 3, 1, 1},
                                        {3, 3, 2, 2}, {2, 3, 6, 1}, {1, 1, 3, 2}};

/// `runs` of random traffic, over all shapes.
void check_traffic(unsigned runs, int least_packets, int most_packets, unsigned first_seed) {
  for (std::size_t s = 0; s < kShapes.size(); ++s) {
    const MeshShape& shape = kShapes[s];
    const unsigned share = (runs + static_cast<unsigned>(kShapes.size()) - 1) / static_cast<unsigned>(kShapes.size());
    run<Bench>(
        [&](Bench& bench) {
          for (unsigned i = 0; i < share; ++i) {
            const unsigned seed = first_seed + i;
            CAPTURE(seed, shape.columns, shape.rows, shape.router_cycles, shape.buffer_packets);
            Traffic traffic(seed, shape.columns * shape.rows);
            if (!agrees(bench, traffic.draw(least_packets, most_packets))) return;
          }
          CHECK(total_waiting(bench) > share);  // packets met
        },
        kLimit, shape);
  }
}

unsigned setting(const char* name, unsigned otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : static_cast<unsigned>(std::stoul(value));
}

}  // namespace

TEST_CASE("mesh: the worked example of docs/machine.md, section 5, Links") {
  run<Bench>(
      [](Bench& bench) {
        const auto flits = [](std::size_t count) {
          return std::vector<std::vector<std::uint8_t>>(count, std::vector<std::uint8_t>(kLinkBytes, 7));
        };
        // Ten cycles later than there.
        CHECK(agrees(bench,
                     {{0, 2, 10, 0, 0, 1, flits(3)}, {0, 2, 11, 0, 0, 2, flits(3)}, {1, 2, 15, 0, 0, 3, flits(2)}}));
        CHECK(bench.packets.arrivals().at(1).cycle == 25);
        CHECK(bench.packets.arrivals().at(2).cycle == 30);
        CHECK(bench.packets.arrivals().at(3).cycle == 27);
        CHECK(bench.packets.injector(0).activity().waiting_cycles == 2);
        CHECK(bench.packets.router(1).activity(PacketSwitch::east).waiting_cycles == 4);
        CHECK(bench.packets.router(1).activity(PacketSwitch::east).busy_cycles == 8);
        CHECK(bench.packets.router(2).activity(PacketSwitch::local).waiting_cycles == 0);
      },
      kLimit, MeshShape{3, 1, 4, 4});
}

TEST_CASE("mesh: with one place a link stands still until the packet has left the next router") {
  run<Bench>(
      [](Bench& bench) {
        const std::vector<std::vector<std::uint8_t>> two(2, std::vector<std::uint8_t>(kLinkBytes, 1));
        // Both injected one after another: the first is on the link in 10-11 and leaves the router in 14-15, so its
        // place may be used from 16 on.
        CHECK(agrees(bench, {{0, 0, 10, 0, 0, 1, two}, {0, 0, 10, 0, 0, 2, two}}));
        CHECK(bench.packets.arrivals().at(1).cycle == 16);
        CHECK(bench.packets.arrivals().at(2).cycle == 22);
        CHECK(bench.packets.injector(0).activity().waiting_cycles == 6);
      },
      kLimit, MeshShape{1, 1, 4, 1});
}

TEST_CASE("mesh: pin level, transaction level and mixtures agree on random traffic") {
  check_traffic(600, 1, 60, setting("REPRISE_EQUIVALENCE_SEED", 1));
}

TEST_CASE("mesh: they agree on thousands of packets at a time") {
  check_traffic(12, 1000, 4000, setting("REPRISE_EQUIVALENCE_SEED", 100'000));
}

TEST_CASE("mesh: no byte and no place is lost in 10,000 runs of random traffic", "[.long]") {
  const unsigned runs = setting("REPRISE_EQUIVALENCE_CASES", 10'000);
  check_traffic(runs, 1, 60, setting("REPRISE_EQUIVALENCE_SEED", 1));
  std::cout << "mesh: " << runs << " runs of random traffic agree\n";
}
