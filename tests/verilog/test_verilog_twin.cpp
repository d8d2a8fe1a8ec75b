#include <catch2/catch.hpp>
#include <systemc>

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "../rtl_models/clocked_bench.h"
#include "../rtl_models/random_layer.h"
#include "rtl_models/accumulator_bank.h"
#include "rtl_models/mapping_table.h"
#include "rtl_models/shift_add.h"
#include "twin.h"

using namespace reprise;
using namespace reprise::rtl;
using namespace reprise::rtl::test;
using sc_core::sc_signal;

namespace {

constexpr int kLayers = 1000;
constexpr int kWindows = 3;
constexpr int kActivations = 12;  ///< of a window

/// The modules of rtl_models/ side by side with their twin.
struct Bench : ClockedBench {
  Bench(const EngineProgram& of, Twin& beside)
      : program(of),
        twin(beside),
        table("table", of, static_cast<int>(beside.ports())),
        accumulators("accumulators", of.outputs) {
    merger.clock(clock);
    merger.advance(advance);
    merger.shift_add(shift_add);
    merger.code(code);
    merger.partial(partial);
    table.clock(clock);
    table.advance(advance);
    table.ended(ended);
    table.in(shift_add);
    table.scatter(scatter);
    table.request(request);
    table.finished(finished);
    accumulators.clock(clock);
    accumulators.begin(begin);
    accumulators.ended(ended);
    accumulators.scatter(scatter);
    accumulators.partial(partial);
    accumulators.request(request);
    accumulators.sums(sums);
    twin.reset();
    twin.load(program);
  }

  /// Both see the same inputs for a cycle, and shall show the same outputs after it.
  void cycle(const Twin::Inputs& inputs) {
    begin.write(inputs.begin);
    advance.write(inputs.advance);
    ended.write(inputs.ended);
    shift_add.write(inputs.shift_add);
    code.write(Bus<std::uint32_t>(inputs.code));
    tick();
    twin.clock(inputs);
    ++cycles;
    if (const char* name = different(); name != nullptr && difference.empty())
      difference = std::string(name) + ", cycle " + std::to_string(cycles);
  }

  /// The name of an output; null where all are equal. Before the first activation or window some have no value.
  const char* different() {
    const std::vector<ScatterRequest> requests = twin.request();
    for (const ScatterRequest& port : requests) entries += port.valid ? 1 : 0;
    if (twin.finished() != finished.read()) return "finished";
    if (!twin.holds(scatter.read())) return "scatter";
    if (requests != request.read().lanes) return "request";
    if (partial.read().width() > 0 && twin.partial() != partial.read().lanes) return "partial";
    if (sums.read().width() > 0 && twin.sums(program.outputs) != sums.read().lanes) return "sums";
    return nullptr;
  }

  const EngineProgram& program;
  Twin& twin;
  sc_signal<bool> begin{"begin"}, advance{"advance"}, ended{"ended"}, finished{"finished"};
  sc_signal<Activation> shift_add{"shift_add"}, scatter{"scatter"};
  sc_signal<Bus<std::uint32_t>> code{"code"};
  sc_signal<Bus<std::int32_t>> partial{"partial"}, sums{"sums"};
  sc_signal<Bus<ScatterRequest>> request{"request"};
  ShiftAdd merger{"merger"};
  MappingTable table;
  AccumulatorBank accumulators;
  int cycles = 0;
  std::uint64_t entries = 0;  ///< that the twin has sent
  std::string difference;     ///< the first one
};

/// A unit of the program with any input bit, or an empty stage.
Activation random_activation(Random& random, const EngineProgram& program) {
  if (pick(random, 0, 9) == 0) return {};
  Activation activation =
      program.units[static_cast<std::size_t>(pick(random, 0, static_cast<int>(program.units.size()) - 1))];
  activation.valid = true;
  activation.bit = static_cast<std::uint8_t>(pick(random, 0, 7));
  return activation;
}

std::vector<std::uint32_t> random_codes(Random& random, const Twin& twin) {
  const int bound = 1 << (twin.code_bits() - 1);
  std::vector<std::uint32_t> codes(twin.columns());
  for (std::uint32_t& code : codes) code = static_cast<std::uint32_t>(pick(random, -bound, bound - 1));
  return codes;
}

/// Stays in SHIFT_ADD for a while, then goes on to SCATTER when that is through; now and then it does not wait.
void activate(Random& random, Bench& bench, Twin::Inputs inputs) {
  for (int stays = pick(random, 0, 3); stays > 0; --stays) bench.cycle(inputs);
  const bool waits = pick(random, 0, 9) > 0;
  while (waits && !bench.finished.read()) bench.cycle(inputs);
  inputs.advance = true;
  bench.cycle(inputs);
}

void window(Random& random, Bench& bench) {
  Twin::Inputs inputs;
  inputs.code = random_codes(random, bench.twin);
  inputs.begin = true;
  bench.cycle(inputs);
  inputs.begin = false;
  for (int n = pick(random, 0, kActivations); n > 0; --n) {
    inputs.shift_add = random_activation(random, bench.program);
    inputs.code = random_codes(random, bench.twin);
    activate(random, bench, inputs);
  }
  inputs.shift_add = {};
  for (int idle = pick(random, 0, 2); idle > 0; --idle) bench.cycle(inputs);
  while (!bench.finished.read()) bench.cycle(inputs);
  inputs.ended = true;
  inputs.advance = pick(random, 0, 1) == 1;
  bench.cycle(inputs);
}

}  // namespace

TEST_CASE("the Verilog twin of SHIFT_ADD and SCATTER is equal in every output in every cycle") {
  Random random(20265);
  Twin twin;
  std::set<std::pair<std::size_t, std::size_t>> widths;
  for (int number = 0; number < kLayers; ++number) {
    const RandomLayer layer = random_layer(random, 1);
    const EngineProgram program = engine_program(layer.image, layer.mapping(), layer.mapping().engines[0]);
    twin.select(static_cast<std::size_t>(layer.image.geometry.unit_columns));
    widths.emplace(twin.ports(), twin.columns());
    reprise::test::renew_kernel();
    reprise::test::run<Bench>(
        [&](Bench& bench) {
          bench.tick();
          for (int windows = 0; windows < kWindows; ++windows) window(random, bench);
          INFO("layer " << number << ", " << twin.ports() << " ports, " << twin.columns() << " columns");
          CHECK(bench.difference == "");
          CHECK(bench.entries * program.entry_bits == bench.table.bits_read());
        },
        kLimit, program, twin);
  }
  CHECK(widths.size() == 16);
}
