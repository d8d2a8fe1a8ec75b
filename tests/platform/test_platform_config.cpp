#include <catch2/catch.hpp>

#include "platform/platform_config.h"
#include "support/error.h"

using namespace reprise;

namespace {

MachineConfig parse(const std::string& text) {
  return config::parse(text, "test.yaml", machine_table());
}

}  // namespace

TEST_CASE("an empty platform section is the machine of the specification") {
  const MachineConfig machine = parse("{}");
  CHECK(machine.clock_mhz == 1200.0);
  CHECK(machine.mesh.columns == 14);
  CHECK(machine.mesh.rows == 12);
  CHECK(machine.pipeline.fetch_cycles == 3);
  CHECK(machine.pipeline.skip_zero_inputs);
  CHECK(machine.adc.kind == AdcKind::linear);
  CHECK(machine.adc.bits == 4);
  CHECK_FALSE(machine.buffer_rows);
  CHECK(machine.memory_cycles == 40);
}

TEST_CASE("every key of the platform section is read and written back") {
  const MachineConfig machine = parse(R"(
clock_mhz: 500.5
mesh: {columns: 2, rows: 3}
pipeline: {fetch_cycles: 11, drive_cycles: 12, read_cycles: 13, adcs: 14, convert_cycles: 15, shift_add_cycles: 16,
           scatter_ports: 17, skip_zero_inputs: false, skip_cycles: 18, input_bytes_per_cycle: 19, merge_cycles: 20,
           output_lanes: 21, filter_cycles: 30}
adc: {kind: ideal, bits: 5, curve: [0, 1.5], gain: 2.5, offset: 3.5, inl: [4.5], values: [6, 7],
      offsets: {given: [0.5], sigma: 8.5, seed: 32}, noise: {sigma: 9.5, seed: 33}}
vector_lanes: 22
links: contended
router_buffer_packets: 31
router_cycles: 23
link_bytes_per_cycle: 24
buffer_extra_rows: 25
buffer_rows: 26
memory_cycles: 27
bus_bytes_per_cycle: 28
register_cycles: 29
)");
  const auto& p = machine.pipeline;
  CHECK(machine.clock_mhz == 500.5);
  CHECK(std::vector<int>{machine.mesh.columns, machine.mesh.rows} == std::vector<int>{2, 3});
  CHECK(std::vector<int>{p.fetch_cycles, p.drive_cycles, p.read_cycles, p.adcs, p.convert_cycles, p.shift_add_cycles,
                         p.scatter_ports, p.skip_cycles, p.input_bytes_per_cycle, p.merge_cycles, p.output_lanes,
                         p.filter_cycles} == std::vector<int>{11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 30});
  CHECK_FALSE(p.skip_zero_inputs);
  CHECK(machine.adc.kind == AdcKind::ideal);
  CHECK(machine.adc.bits == 5);
  CHECK(machine.adc.curve == std::vector<double>{0, 1.5});
  CHECK(std::vector<double>{*machine.adc.gain, *machine.adc.offset, machine.adc.offsets->sigma.value_or(0),
                            machine.adc.noise->sigma} == std::vector<double>{2.5, 3.5, 8.5, 9.5});
  CHECK(machine.adc.inl == std::vector<double>{4.5});
  CHECK(machine.adc.values == std::vector<double>{6, 7});
  CHECK(machine.adc.offsets->given == std::vector<double>{0.5});
  CHECK(std::vector<std::uint64_t>{machine.adc.offsets->seed, machine.adc.noise->seed} ==
        std::vector<std::uint64_t>{32, 33});
  CHECK(machine.links == Links::contended);
  CHECK(machine.router_buffer_packets == 31);
  CHECK(std::vector<int>{machine.vector_lanes, machine.router_cycles, machine.link_bytes_per_cycle,
                         machine.buffer_extra_rows, machine.buffer_rows.value_or(0), machine.memory_cycles,
                         machine.bus_bytes_per_cycle,
                         machine.register_cycles} == std::vector<int>{22, 23, 24, 25, 26, 27, 28, 29});
  const std::string text = config::dump(machine, machine_table());
  CHECK(config::dump(parse(text), machine_table()) == text);
}

TEST_CASE("a platform that cannot be is refused with the place") {
  CHECK_THROWS_WITH(parse("mesh: {columns: 0}"), Catch::Contains("test.yaml:1:") && Catch::Contains("mesh.columns"));
  CHECK_THROWS_AS(parse("clock_mhz: 0"), InputError);
  CHECK_THROWS_AS(parse("adc: {kind: perfect}"), InputError);
  CHECK_THROWS_AS(parse("bus_bytes_per_cycle: 0"), InputError);
  CHECK_THROWS_WITH(parse("pipeline: {fetch_cycle: 3}"), Catch::Contains("fetch_cycles"));
}
