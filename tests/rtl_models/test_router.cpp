#include <catch2/catch.hpp>
#include <systemc>

#include <vector>

#include "clocked_bench.h"
#include "pin_mesh.h"
#include "rtl_models/router.h"
#include "support/error.h"

using namespace reprise;
using namespace reprise::rtl;
using namespace reprise::rtl::test;
using sc_core::sc_signal;
using sc_core::sc_vector;

namespace {

/// One router at column 1, row 1, with its wires. Time counts in ticks.
struct Bench : ClockedBench {
  explicit Bench(const RouterConfig& config) : router("router", config) {
    router.clock(clock);
    router.in(in);
    router.left(left);
    router.out(out);
    router.left_next(left_next);
  }
  static Flit flit(std::uint32_t column, std::uint32_t row, std::uint32_t tag, bool head, bool tail) {
    Flit flit;
    flit.valid = true;
    flit.head = head;
    flit.tail = tail;
    flit.column = column;
    flit.row = row;
    flit.tag = tag;
    flit.bytes = bus<std::uint8_t>({static_cast<std::uint8_t>(tag)});
    return flit;
  }
  static Flit single(std::uint32_t column, std::uint32_t row, std::uint32_t tag) {
    return flit(column, row, tag, true, true);
  }
  /// The wires are quiet from the next tick on.
  void quiet() {
    for (auto& wire : in) wire.write(Flit{});
    for (auto& wire : left_next) wire.write(false);
  }
  /// Ticks until something leaves by that output, at most `limit`.
  int ticks_to(Router::Side side, int limit = 50) {
    for (int i = 0; i < limit; ++i) {
      if (out[side].read().valid) return i;
      tick();
      quiet();
    }
    return -1;
  }

  sc_vector<sc_signal<Flit>> in{"in", Router::kSides};
  sc_vector<sc_signal<bool>> left{"left", Router::kSides};
  sc_vector<sc_signal<Flit>> out{"out", Router::kSides};
  sc_vector<sc_signal<bool>> left_next{"left_next", Router::kSides};
  Router router;
};

RouterConfig here(int router_cycles, int buffer_packets = 4) {
  return {1, 1, router_cycles, buffer_packets};
}

}  // namespace

TEST_CASE("router: a flit takes router_cycles, first along X, then along Y, then into the tile") {
  const auto route = [](Bench& b) {
    struct Way {
      std::uint32_t column, row;
      Router::Side side;
    };
    const Way ways[] = {{2, 0, Router::east},  {2, 1, Router::east},  {0, 2, Router::west}, {1, 0, Router::north},
                        {1, 2, Router::south}, {1, 1, Router::local}, {7, 7, Router::east}};
    for (const Way& way : ways) {
      b.in[Router::local].write(Bench::single(way.column, way.row, 9));
      CHECK(b.ticks_to(way.side) == 3);  // on the link in cycle a, out in cycle a + 3
      CHECK(b.out[way.side].read().tag == 9);
      CHECK(b.left[Router::local].read());
      b.tick();
      CHECK_FALSE(b.out[way.side].read().valid);
      CHECK_FALSE(b.left[Router::local].read());
      CHECK(b.router.idle());
    }
  };
  reprise::test::run<Bench>(route, kLimit, here(3));
}

TEST_CASE("router: the shortest takes one cycle") {
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.in[Router::west].write(Bench::single(2, 1, 5));
        CHECK(b.ticks_to(Router::east) == 1);
      },
      kLimit, here(1));
}

TEST_CASE("router: flits of a packet follow without a gap and nothing comes between") {
  reprise::test::run<Bench>(
      [](Bench& b) {
        // Three flits from the west, one from the north in the cycle after their head; both go east.
        b.in[Router::west].write(Bench::flit(2, 1, 1, true, false));
        b.tick();
        b.in[Router::west].write(Bench::flit(0, 0, 2, false, false));
        b.in[Router::north].write(Bench::single(2, 1, 9));
        b.tick();
        b.in[Router::west].write(Bench::flit(0, 0, 3, false, true));
        b.in[Router::north].write(Flit{});
        std::vector<int> tags;
        for (int i = 0; i < 5; ++i) {
          const Flit flit = b.out[Router::east].read();
          tags.push_back(flit.valid ? static_cast<int>(flit.bytes[0]) : 0);
          b.tick();
          b.quiet();
        }
        CHECK(tags == std::vector<int>{1, 2, 3, 9, 0});
      },
      kLimit, here(2));
}

TEST_CASE(
    "router: of packets that wait the one goes first that came first, of equals east, west, north, south, local") {
  reprise::test::run<Bench>(
      [](Bench& b) {
        // All to the tile. Local comes first, then all others in one cycle.
        b.in[Router::local].write(Bench::single(1, 1, 5));
        b.tick();
        b.in[Router::local].write(Flit{});
        b.in[Router::south].write(Bench::single(1, 1, 4));
        b.in[Router::north].write(Bench::single(1, 1, 3));
        b.in[Router::west].write(Bench::single(1, 1, 2));
        b.in[Router::east].write(Bench::single(1, 1, 1));
        b.tick();
        b.in[Router::east].write(Bench::single(1, 1, 6));  // younger than all that wait
        for (const Router::Side side : {Router::west, Router::north, Router::south}) b.in[side].write(Flit{});
        std::vector<int> tags;
        for (int i = 0; i < 6; ++i) {
          tags.push_back(static_cast<int>(b.out[Router::local].read().tag));
          b.tick();
          b.quiet();
        }
        CHECK(tags == std::vector<int>{5, 1, 2, 3, 4, 6});
      },
      kLimit, here(2));
}

TEST_CASE("router: without a place at the other end a packet waits, and the inputs behind it with it") {
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.in[Router::west].write(Bench::single(2, 1, 1));
        b.tick();
        CHECK(b.router.places(Router::east) == 1);  // of two, the first is gone
        b.in[Router::west].write(Bench::single(2, 1, 2));
        b.tick();
        b.in[Router::west].write(Flit{});
        CHECK(b.router.places(Router::east) == 0);
        b.in[Router::west].write(Bench::single(2, 1, 3));
        b.tick();
        b.in[Router::west].write(Bench::single(1, 1, 4));  // could go, if it were not behind 3
        b.tick();
        b.quiet();
        for (int i = 0; i < 10; ++i) {
          CHECK_FALSE(b.out[Router::east].read().valid);
          CHECK_FALSE(b.out[Router::local].read().valid);
          b.tick();
        }
        b.left_next[Router::east].write(true);  // in this cycle: 3 leaves in the next, 4 after it
        b.tick();
        b.quiet();
        CHECK(b.out[Router::east].read().tag == 3);
        CHECK(b.left[Router::west].read());
        CHECK_FALSE(b.out[Router::local].read().valid);
        b.tick();
        CHECK(b.out[Router::local].read().tag == 4);
        CHECK(b.router.places(Router::east) == 0);
        CHECK(b.router.places(Router::local) == 2);
      },
      kLimit, here(1, 2));
}

TEST_CASE("router: what does not keep to the rules is an error") {
  reprise::test::run<Bench>(
      [](Bench& b) {
        CHECK(errors_in([&] {
                b.in[Router::west].write(Bench::flit(0, 0, 1, false, true));
                b.tick();
                b.quiet();
              }) == 1);
        CHECK(errors_in([&] {
                b.in[Router::north].write(Bench::flit(1, 1, 1, true, false));
                b.tick(2);
                b.quiet();
              }) == 1);
      },
      kLimit, here(4));
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.in[Router::west].write(Bench::single(1, 1, 1));
        b.tick();
        CHECK(errors_in([&] {
                b.tick();  // a second packet while the first is still in the stages
                b.quiet();
              }) == 1);
      },
      kLimit, here(4, 1));
  reprise::test::ensure_fresh_kernel();
  CHECK_THROWS_AS(Router("router", here(0)), InputError);
  CHECK_THROWS_AS(Router("router", here(1, 0)), InputError);
}

namespace {

struct MeshBench : ClockedBench {
  MeshBench() : mesh("mesh", 3, 1, 4, 4) { mesh.clock(clock); }
  PinMesh mesh;
};

}  // namespace

TEST_CASE("router: the worked example of docs/machine.md, section 5, Links") {
  reprise::test::run<MeshBench>(
      [](MeshBench& b) {
        b.mesh.send({0, 2, 0, 0, 0, 1, {{1}, {2}, {3}}});
        b.mesh.send({0, 2, 1, 0, 0, 2, {{4}, {5}, {6}}});
        b.mesh.send({1, 2, 5, 0, 0, 3, {{7}, {8}}});
        b.tick(40);
        REQUIRE(b.mesh.arrivals().size() == 3);
        CHECK(b.mesh.arrivals().at(1).cycle == 15);
        CHECK(b.mesh.arrivals().at(2).cycle == 20);
        CHECK(b.mesh.arrivals().at(3).cycle == 17);
        CHECK(b.mesh.arrivals().at(2).flits == std::vector<std::vector<std::uint8_t>>{{4}, {5}, {6}});
        CHECK(b.mesh.injector(0).waiting_cycles == 2);
        CHECK(b.mesh.output(0, Router::east).waiting_cycles == 0);
        CHECK(b.mesh.output(1, Router::east).waiting_cycles == 4);
        CHECK(b.mesh.output(1, Router::east).busy_cycles == 8);
        CHECK(b.mesh.output(2, Router::local).waiting_cycles == 0);
        CHECK(b.mesh.output(2, Router::local).packets == 3);
        CHECK(b.mesh.idle());
        CHECK(b.mesh.all_places_back());
      },
      kLimit);
}
