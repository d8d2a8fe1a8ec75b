#include <catch2/catch.hpp>
#include <systemc>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "clocked_bench.h"
#include "random_layer.h"
#include "rtl_models/accumulator_bank.h"
#include "rtl_models/adc.h"
#include "rtl_models/crossbar.h"
#include "rtl_models/engine_config.h"
#include "rtl_models/input_filter.h"
#include "rtl_models/input_register.h"
#include "rtl_models/mapping_table.h"
#include "rtl_models/pipeline_stage.h"
#include "rtl_models/sample_hold.h"
#include "rtl_models/shift_add.h"
#include "rtl_models/wordline_driver.h"
#include "rtl_models/zero_row_detector.h"
#include "support/error.h"

using namespace reprise;
using namespace reprise::rtl;
using namespace reprise::rtl::test;
using sc_core::sc_signal;

namespace {

using Words = std::vector<std::uint32_t>;

std::vector<bool> lines(const Bus<Wire>& wires) {
  std::vector<bool> on;
  for (const Wire& wire : wires.lanes) on.push_back(wire.on);
  return on;
}

Bus<Wire> wires(const std::vector<bool>& on) {
  Bus<Wire> bus(on.size());
  for (std::size_t i = 0; i < on.size(); ++i) bus[i].on = on[i];
  return bus;
}

Activation unit_of(int rows, int columns, int slot_columns, bool signed_slots) {
  Activation unit;
  unit.valid = true;
  unit.rows = static_cast<std::uint16_t>(rows);
  unit.selected = unit.rows;
  unit.columns = static_cast<std::uint8_t>(columns);
  unit.slot_columns = static_cast<std::uint8_t>(slot_columns);
  unit.signed_slots = signed_slots;
  return unit;
}

}  // namespace

TEST_CASE("pipeline stage: takes over when the pipe advances, finished in the last of its cycles") {
  struct Bench : ClockedBench {
    Bench() {
      stage.clock(clock);
      stage.advance(advance);
      stage.in(in);
      stage.out(out);
      stage.finished(finished);
    }
    sc_signal<bool> advance{"advance"}, finished{"finished"};
    sc_signal<Activation> in{"in"}, out{"out"};
    PipelineStage stage{"stage", 3};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.tick();
        CHECK(b.finished.read());
        b.in.write(unit_of(1, 1, 1, false));
        b.advance.write(true);
        b.tick();
        b.advance.write(false);
        CHECK(b.out.read().valid);
        CHECK(!b.finished.read());
        b.tick();
        CHECK(!b.finished.read());
        b.tick();
        CHECK(b.finished.read());
        b.tick(5);
        CHECK(b.finished.read());
      },
      kLimit);
}

TEST_CASE("input filter: the example of the weight image, in two groups") {
  struct Bench : ClockedBench {
    explicit Bench(const reprise::InputFilter& constants) : block("input_filter", constants, 7) {
      block.clock(clock);
      block.begin(begin);
      block.window(window);
      block.filtered(filtered);
    }
    sc_signal<bool> begin{"begin"};
    sc_signal<Bus<std::uint8_t>> window{"window"}, filtered{"filtered"};
    rtl::InputFilter block;
  };
  using Bytes = std::vector<std::uint8_t>;
  const auto through = [](Bench& b) {
    b.window.write(bus(Bytes{5, 1, 2, 9, 130, 7, 3, 0, 0, 9, 255, 127, 64, 8}));
    b.tick();
    CHECK(b.block.checks() == 0);
    b.begin.write(true);
    b.tick();
    b.begin.write(false);
    b.tick();
    CHECK(b.block.checks() == 14);
    return b.filtered.read().lanes;
  };
  const auto check = [&](const reprise::InputFilter& constants, const Bytes& expected) {
    reprise::test::run<Bench>([&](Bench& b) { CHECK(through(b) == expected); }, kLimit, constants);
  };
  check({3, 8, 2}, {4, 0, 2, 0, 128, 0, 0, 0, 0, 8, 192, 64, 64, 8});
  check({3, 9, 8}, {0, 0, 0, 9, 130, 7, 0, 0, 0, 9, 255, 127, 64, 0});
  check({1, 0, 1}, {4, 1, 2, 8, 128, 4, 2, 0, 0, 8, 128, 64, 64, 8});
  check({9, 158, 8}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 255, 127, 64, 8});
}

TEST_CASE("input register: fills two bytes a cycle from the edge that begins a window, is read bit by bit") {
  struct Bench : ClockedBench {
    explicit Bench(int wait_cycles) : block("input_register", rows, 3, {}, 2, wait_cycles) {
      block.clock(clock);
      block.begin(begin);
      block.advance(advance);
      block.window(window);
      block.next(next);
      block.bytes(bytes);
      block.row_bits(row_bits);
    }
    const std::vector<std::uint32_t> rows{1, 2, 4, 5, 6};
    sc_signal<bool> begin{"begin"}, advance{"advance"};
    sc_signal<Bus<std::uint8_t>> window{"window"}, bytes{"bytes", Bus<std::uint8_t>(5)};
    sc_signal<Activation> next{"next"};
    sc_signal<Bus<Wire>> row_bits{"row_bits"};
    InputRegister block;
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        using Bytes = std::vector<std::uint8_t>;
        b.window.write(bus(Bytes{90, 1, 2, 93, 4, 5, 6}));
        b.tick(3);
        CHECK(b.block.writes() == 0);
        b.begin.write(true);
        b.tick();
        b.begin.write(false);
        CHECK(b.bytes.read().lanes == Bytes{1, 2, 0, 0, 0});
        b.tick();
        CHECK(b.bytes.read().lanes == Bytes{1, 2, 4, 5, 0});
        b.tick();
        CHECK(b.bytes.read().lanes == Bytes{1, 2, 4, 5, 6});
        CHECK(b.block.writes() == 5);
        Activation unit = unit_of(2, 1, 1, false);
        unit.first_row = 3;
        b.next.write(unit);
        b.advance.write(true);
        b.tick();
        CHECK(lines(b.row_bits.read()) == std::vector<bool>{true, false, false});
        unit.bit = 1;
        b.next.write(unit);
        b.tick();
        CHECK(lines(b.row_bits.read()) == std::vector<bool>{false, true, false});
        CHECK(b.block.reads() == 4);
      },
      kLimit, 0);
  reprise::test::run<Bench>(
      [](Bench& b) {
        using Bytes = std::vector<std::uint8_t>;
        b.window.write(bus(Bytes{90, 1, 2, 93, 4, 5, 6}));
        b.begin.write(true);
        b.tick();
        b.begin.write(false);
        b.tick(2);
        CHECK(b.bytes.read().lanes == Bytes(5));
        b.tick();
        CHECK(b.bytes.read().lanes == Bytes{1, 2, 0, 0, 0});
      },
      kLimit, 3);
}

TEST_CASE("wordline driver: bits latched in DRIVE are on the lines in READ") {
  struct Bench : ClockedBench {
    Bench() {
      driver.clock(clock);
      driver.advance(advance);
      driver.drive(drive);
      driver.row_bits(row_bits);
      driver.wordline(wordline);
    }
    sc_signal<bool> advance{"advance"};
    sc_signal<Activation> drive{"drive"};
    sc_signal<Bus<Wire>> row_bits{"row_bits"}, wordline{"wordline"};
    WordlineDriver driver{"driver"};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.row_bits.write(wires({true, false, true}));
        b.advance.write(true);
        b.tick();  // the activation enters DRIVE
        b.drive.write(unit_of(2, 1, 1, false));
        b.row_bits.write(wires({false, true, false}));
        b.advance.write(false);
        b.tick(3);
        CHECK(b.driver.drives() == 0);
        b.advance.write(true);
        b.tick();  // ... and READ
        CHECK(lines(b.wordline.read()) == std::vector<bool>{true, false, true});
        CHECK(b.driver.drives() == 2);
        b.drive.write({});
        b.tick();
        CHECK(lines(b.wordline.read()) == std::vector<bool>{false, false, false});
        CHECK(b.driver.drives() == 2);
      },
      kLimit);
}

TEST_CASE("unit former and input register: parts are the rows that are on, in their order") {
  static const std::vector<EngineRowGroup> groups{{0, 1, 0, 5}};
  struct Bench : ClockedBench {
    Bench() {
      former.clock(clock);
      former.begin(begin);
      former.bytes(bytes);
      former.selected(selected);
      block.clock(clock);
      block.begin(begin);
      block.advance(advance);
      block.window(window);
      block.next(next);
      block.bytes(bytes);
      block.row_bits(row_bits);
    }
    const std::vector<std::uint32_t> rows{0, 1, 2, 3, 4};
    const Forming forming{true, 2, true};
    sc_signal<bool> begin{"begin"}, advance{"advance"};
    sc_signal<Bus<std::uint8_t>> window{"window"}, bytes{"bytes", Bus<std::uint8_t>(5)};
    sc_signal<Bus<std::uint32_t>> selected{"selected", Bus<std::uint32_t>(8)};
    sc_signal<Activation> next{"next"};
    sc_signal<Bus<Wire>> row_bits{"row_bits"};
    UnitFormer former{"unit_former", groups, forming};
    InputRegister block{"input_register", rows, 5, forming, 8, 0};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.window.write(bus(std::vector<std::uint8_t>{1, 0, 3, 2, 1}));
        b.begin.write(true);
        b.tick();
        b.begin.write(false);
        b.tick();
        CHECK(b.selected.read().lanes == Words{3, 2, 0, 0, 0, 0, 0, 0});
        CHECK(b.former.selections() == 8 * 5);
        Activation unit = unit_of(5, 1, 1, false);
        unit.selected = 2;
        b.next.write(unit);
        b.advance.write(true);
        b.tick();
        CHECK(lines(b.row_bits.read()) == std::vector<bool>{true, false, true, false, false});
        unit.first_selected = 2;
        unit.selected = 1;
        b.next.write(unit);
        b.tick();
        CHECK(lines(b.row_bits.read()) == std::vector<bool>{false, false, false, false, true});
        CHECK(b.block.reads() == 3);
      },
      kLimit);
}

TEST_CASE("crossbar: sums the selected unit's cells on the lines that are on") {
  struct Bench : ClockedBench {
    Bench() {
      crossbar.clock(clock);
      crossbar.advance(advance);
      crossbar.read(read);
      crossbar.wordline(wordline);
      crossbar.bitline(bitline);
    }
    static Geometry geometry() {
      Geometry g;
      g.crossbar_rows = 8;
      g.crossbar_columns = 8;
      g.unit_rows = 3;
      g.unit_columns = 4;
      return g;
    }
    static CellArray cells() {  // unit at (3, 4) of crossbar 5: 1 0 1 | 1 1 0 | 0 1 1, a column each
      CellArray array(geometry(), 6);
      for (const auto& [r, c] : {std::pair{3, 4}, {5, 4}, {3, 5}, {4, 5}, {4, 6}, {5, 6}, {3, 7}})
        array.set(5, static_cast<std::size_t>(r), static_cast<std::size_t>(c));
      return array;
    }
    sc_signal<bool> advance{"advance"};
    sc_signal<Activation> read{"read"};
    sc_signal<Bus<Wire>> wordline{"wordline"};
    sc_signal<Bus<std::uint32_t>> bitline{"bitline"};
    Crossbar crossbar{"crossbar", geometry(), 1, cells(), 5};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        Activation unit = unit_of(3, 3, 1, false);
        unit.crossbar = 1;
        unit.wordline = 3;
        unit.bitline = 4;
        b.read.write(unit);
        b.wordline.write(wires({true, true, false}));
        b.tick(2);
        CHECK(b.bitline.read().lanes == Words{1, 2, 1, 0});  // column 3 is not in use
        b.wordline.write(wires({true, true, true}));
        b.tick();
        CHECK(b.bitline.read().lanes == Words{2, 2, 2, 0});
        unit.rows = 2;
        unit.selected = 2;
        unit.unit = 1;
        b.read.write(unit);
        b.tick();
        CHECK(b.bitline.read().lanes == Words{1, 2, 1, 0});
        CHECK(b.crossbar.reads() == 0);
        b.advance.write(true);
        b.tick();
        CHECK(b.crossbar.reads() == 6);
        unit.crossbar = 0;
        unit.unit = 2;
        b.read.write(unit);
        b.wordline.write(wires({false, false, false}));
        b.tick(2);
        CHECK(b.bitline.read().lanes == Words{1, 2, 1, 0});  // not selected: leaves the bus alone
        CHECK(b.crossbar.reads() == 6);
      },
      kLimit);
}

TEST_CASE("sample-and-hold: holds what it sampled while the bitlines move on") {
  struct Bench : ClockedBench {
    Bench() {
      block.clock(clock);
      block.advance(advance);
      block.read(read);
      block.bitline(bitline);
      block.held(held);
    }
    sc_signal<bool> advance{"advance"};
    sc_signal<Activation> read{"read"};
    sc_signal<Bus<std::uint32_t>> bitline{"bitline"}, held{"held"};
    SampleHold block{"sample_hold"};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.read.write(unit_of(3, 2, 1, false));
        b.bitline.write(bus(Words{3, 7}));
        b.advance.write(true);
        b.tick();
        b.advance.write(false);
        b.bitline.write(bus(Words{1, 1}));
        b.tick(3);
        CHECK(b.held.read().lanes == Words{3, 7});
        b.advance.write(true);
        b.read.write({});
        b.tick();
        CHECK(b.held.read().lanes == Words{3, 7});
        CHECK(b.block.samples() == 2);
      },
      kLimit);
}

namespace {

struct AdcBench : ClockedBench {
  AdcBench(const EngineConfig& config, int unit_columns) : adc("adc", config, {0, 9, unit_columns}) {
    adc.clock(clock);
    adc.advance(advance);
    adc.convert(convert);
    adc.held(held);
    adc.code(code);
  }
  /// Puts sums into CONVERT and lets the pipe advance `cycles` later.
  Words converted(const Words& sums, int cycles) {
    advance.write(true);
    tick();
    convert.write(unit_of(9, static_cast<int>(sums.size()), 1, false));
    held.write(bus(sums));
    advance.write(false);
    tick(cycles - 1);
    advance.write(true);
    tick();
    convert.write({});
    return code.read().lanes;
  }
  sc_signal<bool> advance{"advance"};
  sc_signal<Activation> convert{"convert"};
  sc_signal<Bus<std::uint32_t>> held{"held"}, code{"code"};
  Adc adc;
};

}  // namespace

TEST_CASE("adc: clamps at the top of its range") {
  EngineConfig config;
  config.adc_bits = 3;
  reprise::test::run<AdcBench>(
      [](AdcBench& b) {
        CHECK(b.converted({0, 6, 7, 8}, 4) == Words{0, 6, 7, 7});
        CHECK(b.adc.conversions() == 4);
      },
      kLimit, config, 4);
}

TEST_CASE("adc: an ideal converter is as wide as the sum") {
  EngineConfig config;
  config.adc_kind = AdcKind::ideal;
  config.adc_bits = 1;
  reprise::test::run<AdcBench>(
      [](AdcBench& b) {
        CHECK(b.converted({0, 128, 3, 9}, 4) == Words{0, 128, 3, 9});
      },
      kLimit, config, 4);
}

TEST_CASE("adc: three converters share seven columns in three turns of two cycles") {
  EngineConfig config;
  config.adcs = 3;
  config.convert_cycles = 2;
  reprise::test::run<AdcBench>(
      [](AdcBench& b) {
        CHECK(b.converted({1, 2, 3, 4, 5, 6, 7}, 6) == Words{1, 2, 3, 4, 5, 6, 7});
        // One cycle too early the last turn has not ended: column 6 still shows the old code.
        CHECK(b.converted({8, 8, 8, 8, 8, 8, 8}, 5) == Words{8, 8, 8, 8, 8, 8, 7});
        CHECK(b.adc.conversions() == 7 + 6);
      },
      kLimit, config, 7);
}

TEST_CASE("adc: a converter of the user's takes the place of the built-in one, by name") {
  class Doubling final : public AdcModel {
   public:
    std::uint32_t convert(std::uint32_t sum) override { return 2 * sum; }
  };
  const auto codes_of = [](const std::string& wanted) {
    EngineConfig config;
    config.adc_models = [wanted](const std::string& name, const EngineConfig&) -> std::unique_ptr<AdcModel> {
      return name.find(wanted) != std::string::npos ? std::make_unique<Doubling>() : nullptr;
    };
    Words codes;
    reprise::test::run<AdcBench>(
        [&](AdcBench& b) {
          codes = b.converted({0, 5, 9}, 3);
          CHECK(b.adc.conversions() == 3);
        },
        kLimit, config, 3);
    return codes;
  };
  CHECK(codes_of("adc") == Words{0, 10, 18});
  CHECK(codes_of("another") == Words{0, 5, 9});
}

TEST_CASE("shift-and-add: the last column of a signed slot counts negative") {
  struct Bench : ClockedBench {
    Bench() {
      block.clock(clock);
      block.advance(advance);
      block.shift_add(shift_add);
      block.code(code);
      block.partial(partial);
    }
    std::vector<std::int32_t> merged(const Words& codes, int slot_columns, bool signed_slots) {
      shift_add.write(unit_of(9, 8, slot_columns, signed_slots));
      code.write(bus(codes));
      advance.write(true);
      tick();
      return partial.read().lanes;
    }
    sc_signal<bool> advance{"advance"};
    sc_signal<Activation> shift_add{"shift_add"};
    sc_signal<Bus<std::uint32_t>> code{"code"};
    sc_signal<Bus<std::int32_t>> partial{"partial"};
    ShiftAdd block{"shift_add_block"};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        using Sums = std::vector<std::int32_t>;
        CHECK(b.merged({2, 2, 1, 1, 1, 1, 1, 1}, 8, true) == Sums{2, 0, 0, 0, 0, 0, 0, 0});
        CHECK(b.merged({1, 2, 0, 0, 0, 0, 0, 0}, 8, true) == Sums{5, 0, 0, 0, 0, 0, 0, 0});
        CHECK(b.merged({1, 2, 0, 3, 0, 0, 9, 1}, 4, false) == Sums{1 + 4 + 24, 36 + 8, 0, 0, 0, 0, 0, 0});
        CHECK(b.merged({1, 2, 0, 3, 0, 0, 9, 1}, 4, true) == Sums{1 + 4 - 24, 36 - 8, 0, 0, 0, 0, 0, 0});
        CHECK(b.merged({1, 2, 3, 4, 5, 6, 7, 8}, 1, false) == Sums{1, 2, 3, 4, 5, 6, 7, 8});
        CHECK(b.block.adds() == 5 * 8);
      },
      kLimit);
}

TEST_CASE("mapping table: sends a list through its ports and stalls until it is through") {
  struct Bench : ClockedBench {
    Bench() {
      table.clock(clock);
      table.advance(advance);
      table.ended(ended);
      table.in(in);
      table.scatter(scatter);
      table.request(request);
      table.finished(finished);
    }
    static const EngineProgram& program() {
      static const EngineProgram kProgram = [] {
        EngineProgram p;
        p.first_entries = {0, 2, 7};
        for (std::uint32_t e = 0; e < 7; ++e) p.entries.push_back({10 + e, 0, 0, false});
        p.entry_bits = 6;
        return p;
      }();
      return kProgram;
    }
    Words outputs() const {
      Words sent;
      for (const ScatterRequest& port : request.read().lanes) {
        if (port.valid) sent.push_back(port.entry.output);
      }
      return sent;
    }
    sc_signal<bool> advance{"advance"}, ended{"ended"}, finished{"finished"};
    sc_signal<Activation> in{"in"}, scatter{"scatter"};
    sc_signal<Bus<ScatterRequest>> request{"request"};
    MappingTable table{"table", program(), 2};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.tick();
        CHECK(b.finished.read());
        Activation unit = unit_of(1, 1, 1, false);
        unit.unit = 1;
        b.in.write(unit);
        b.advance.write(true);
        b.tick();
        b.advance.write(false);
        CHECK(b.scatter.read() == unit);
        CHECK(b.outputs() == Words{12, 13});
        CHECK(!b.finished.read());
        b.tick();
        CHECK(b.outputs() == Words{14, 15});
        CHECK(!b.finished.read());
        b.tick();
        CHECK(b.outputs() == Words{16});
        CHECK(b.finished.read());
        b.tick();
        CHECK(b.outputs().empty());  // sent once, however long the step
        CHECK(b.finished.read());
        unit.unit = 0;
        b.in.write(unit);
        b.advance.write(true);
        b.tick();
        b.advance.write(false);
        CHECK(b.outputs() == Words{10, 11});
        CHECK(b.finished.read());
        b.ended.write(true);
        b.tick();
        CHECK(!b.scatter.read().valid);
        CHECK(b.table.bits_read() == 7 * 6);
      },
      kLimit);
}

TEST_CASE("accumulator bank: ports may add to one output, sums appear when the window ends") {
  struct Bench : ClockedBench {
    Bench() {
      bank.clock(clock);
      bank.begin(begin);
      bank.ended(ended);
      bank.scatter(scatter);
      bank.partial(partial);
      bank.request(request);
      bank.sums(sums);
    }
    sc_signal<bool> begin{"begin"}, ended{"ended"};
    sc_signal<Activation> scatter{"scatter"};
    sc_signal<Bus<std::int32_t>> partial{"partial"}, sums{"sums"};
    sc_signal<Bus<ScatterRequest>> request{"request"};
    AccumulatorBank bank{"bank", 3};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        Activation activation = unit_of(1, 2, 1, false);
        activation.bit = 2;
        b.scatter.write(activation);
        b.partial.write(bus(std::vector<std::int32_t>{5, -3}));
        const ScatterRequest first{true, {1, 0, 0, false}};  // 5 << 2
        const ScatterRequest second{true, {1, 1, 3, true}};  // -(-3 << 5)
        const ScatterRequest third{true, {2, 1, 0, false}};  // -3 << 2
        b.request.write(bus(std::vector<ScatterRequest>{first, second, {}, third}));
        b.tick();
        CHECK(b.sums.read().lanes.empty());
        b.ended.write(true);
        b.tick();
        b.ended.write(false);
        CHECK(b.sums.read().lanes == std::vector<std::int32_t>{0, 2 * 116, -24});
        CHECK(b.bank.adds() == 6);
        b.request.write(bus(std::vector<ScatterRequest>{{}, {}, {}, {}}));
        b.begin.write(true);
        b.tick();
        b.begin.write(false);
        b.ended.write(true);
        b.tick();
        CHECK(b.sums.read().lanes == std::vector<std::int32_t>{0, 0, 0});
      },
      kLimit);
}

TEST_CASE("zero-row detector: the bits in which any row of a group is 1") {
  struct Bench : ClockedBench {
    explicit Bench(bool enabled) : detector("detector", groups, enabled) {
      detector.clock(clock);
      detector.begin(begin);
      detector.bytes(bytes);
      detector.live(live);
    }
    const std::vector<EngineRowGroup> groups{{0, 1, 0, 2}, {1, 1, 2, 1}, {2, 1, 3, 2}};
    sc_signal<bool> begin{"begin"};
    sc_signal<Bus<std::uint8_t>> bytes{"bytes", Bus<std::uint8_t>(5)}, live{"live"};
    ZeroRowDetector detector;
  };
  const auto detected = [](Bench& b) {
    b.bytes.write(bus(std::vector<std::uint8_t>{0x01, 0x82, 0, 0xF0, 0x10}));
    b.begin.write(true);
    b.tick();
    return b.live.read().lanes;
  };
  reprise::test::run<Bench>(
      [&](Bench& b) {
        CHECK(detected(b) == std::vector<std::uint8_t>{0x83, 0, 0xF0});
        CHECK(b.detector.checks() == 24);
      },
      kLimit, true);
  reprise::test::run<Bench>(
      [&](Bench& b) {
        CHECK(detected(b) == std::vector<std::uint8_t>{0xFF, 0xFF, 0xFF});
        CHECK(b.detector.checks() == 0);
      },
      kLimit, false);
}

TEST_CASE("constants out of range are refused, all at once") {
  EngineConfig config;
  config.adcs = 0;
  config.skip_cycles = -1;
  config.scatter_ports = 0;
  try {
    check(config);
    FAIL("not refused");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) ==
          "processing engine: adcs is 0, expected at least 1\n"
          "processing engine: scatter_ports is 0, expected at least 1\n"
          "processing engine: skip_cycles is -1, expected at least 0");
  }
}

TEST_CASE("a share of units that lie elsewhere is refused") {
  Random random(7);
  RandomLayer layer = random_layer(random, 1);
  EngineShare share = layer.mapping().engines[0];
  share.engine += 1;
  CHECK_THROWS_AS(engine_program(layer.image, layer.mapping(), share), InputError);
  share = layer.mapping().engines[0];
  share.unit_count += 1;
  CHECK_THROWS_AS(engine_program(layer.image, layer.mapping(), share), InputError);
  share.unit_count = 0;
  CHECK_THROWS_AS(engine_program(layer.image, layer.mapping(), share), InputError);
}
