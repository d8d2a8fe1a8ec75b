#include "platform/platform_config.h"

namespace reprise {
namespace {

constexpr int kMaxCycles = 1'000'000;

const config::Table<MeshConfig>& mesh_table() {
  static const auto table = config::Table<MeshConfig>("The mesh of tiles.")
                                .number("columns", &MeshConfig::columns, 1, 1024, "tiles in a row")
                                .number("rows", &MeshConfig::rows, 1, 1024, "tiles in a column");
  return table;
}

const config::Table<PipelineConfig>& pipeline_table() {
  using P = PipelineConfig;
  static const auto table =
      config::Table<P>("The six-stage pipeline of a processing engine.")
          .number("fetch_cycles", &P::fetch_cycles, 1, kMaxCycles, "stage FETCH: schedule entry and input bits")
          .number("drive_cycles", &P::drive_cycles, 1, kMaxCycles, "stage DRIVE: 1-bit DACs")
          .number("read_cycles", &P::read_cycles, 1, kMaxCycles, "stage READ: bitlines settle and are sampled")
          .number("adcs", &P::adcs, 1, 1024, "converters that share the columns of an operation unit")
          .number("convert_cycles", &P::convert_cycles, 1, kMaxCycles, "stage CONVERT: one conversion")
          .number("shift_add_cycles", &P::shift_add_cycles, 1, kMaxCycles, "stage SHIFT_ADD: merging the columns")
          .number("scatter_ports", &P::scatter_ports, 1, 1024, "stage SCATTER: entries a cycle")
          .flag("skip_zero_inputs", &P::skip_zero_inputs, "drop a row group's input bits that are all zero")
          .number("skip_cycles", &P::skip_cycles, 0, kMaxCycles, "cost of a dropped pair of row group and bit")
          .number("input_bytes_per_cycle", &P::input_bytes_per_cycle, 1, 65536, "layer buffer to input register")
          .number("filter_cycles", &P::filter_cycles, 0, kMaxCycles, "a window through an input filter")
          .number("merge_cycles", &P::merge_cycles, 0, kMaxCycles, "one level of the tree over a layer's engines")
          .number("output_lanes", &P::output_lanes, 1, 65536, "outputs requantised and written back a cycle");
  return table;
}

constexpr double kMostRows = 256.0;  ///< offsets and noise
constexpr double kMostCodes = 65536.0;
constexpr std::uint64_t kLargestSeed = 1'000'000'000'000'000;

const config::Table<AdcOffsetConfig>& adc_offset_table() {
  using O = AdcOffsetConfig;
  static const auto table =
      config::Table<O>("The offset of each converter, in rows.")
          .numbers("given", &O::given, -kMostRows, kMostRows, "by converter, from the beginning again for further ones")
          .number("sigma", &O::sigma, 0.0, kMostRows, "of a normal distribution they are drawn from")
          .number("seed", &O::seed, 0, kLargestSeed, "of the drawing");
  return table;
}

const config::Table<AdcNoiseConfig>& adc_noise_table() {
  using N = AdcNoiseConfig;
  static const auto table = config::Table<N>("Gaussian noise of every conversion, in rows.")
                                .number("sigma", &N::sigma, 0.0, kMostRows, "standard deviation")
                                .required()
                                .number("seed", &N::seed, 0, kLargestSeed, "of the drawing");
  return table;
}

const config::Table<AdcConfig>& adc_table() {
  using A = AdcConfig;
  static const auto table =
      config::Table<A>("The analogue-to-digital converters.")
          .choice("kind", &A::kind,
                  {{"linear", AdcKind::linear}, {"ideal", AdcKind::ideal}, {"transfer", AdcKind::transfer}},
                  "linear: clamps at 2^bits - 1; ideal: as wide as the sum, bits do not matter; transfer: by a curve")
          .number("bits", &A::bits, 1, 12, "resolution; not of an ideal converter")
          .numbers("curve", &A::curve, -kMostCodes, kMostCodes, "of a transfer: codes at sums 0, 1, 2, ...")
          .number("gain", &A::gain, -kMostRows, kMostRows, "of a transfer without a curve: codes a row")
          .number("offset", &A::offset, -4096.0, 4096.0, "of a transfer without a curve, codes")
          .numbers("inl", &A::inl, -4096.0, 4096.0,
                   "of a transfer without a curve, codes: coefficients of the integral non-linearity")
          .numbers("values", &A::values, 0, kMostCodes, "what the 2^bits codes stand for; absent: for themselves")
          .section("offsets", &A::offsets, adc_offset_table(), "of each converter")
          .section("noise", &A::noise, adc_noise_table(), "of every conversion");
  return table;
}

const config::Table<FidelityConfig>& fidelity_table() {
  static const auto table =
      config::Table<FidelityConfig>("How closely parts are modelled; results do not depend on it.")
          .choice("default", &FidelityConfig::otherwise, {{"tlm", Fidelity::tlm}, {"rtl", Fidelity::rtl}},
                  "tlm: transactions; rtl: pins, cycle by cycle")
          .texts("rtl", &FidelityConfig::rtl,
                 "engines, by tile0.pe0 or layer, and routers, by tile0.router, at pin level, with * and ?");
  return table;
}

const config::Table<ReplicationConfig>& replication_table() {
  using R = ReplicationConfig;
  static const auto table =
      config::Table<R>("Copies of layers on further engines.")
          .choice("kind", &R::kind,
                  {{"none", ReplicationKind::none},
                   {"balanced", ReplicationKind::balanced},
                   {"explicit", ReplicationKind::given_explicitly}},
                  "balanced: of the layers that take longest; explicit: as copies says")
          .number("engines", &R::engines, 1, 1'000'000'000, "most in use, originals included; absent: all of the chip")
          .numbers_by_name("copies", &R::copies, 1, 1'000'000, "by layer, with * and ?, the original included");
  return table;
}

const config::Table<ReloadConfig>& reload_table() {
  using R = ReloadConfig;
  static const auto table =
      config::Table<R>("Writing cells between the rounds of a network that is larger than the chip.")
          .choice("pulses", &R::pulses, {{"drawn", PulseCount::drawn}, {"mean", PulseCount::mean}},
                  "of a cell: drawn from a geometric distribution, or its mean, rounded up")
          .number("seed", &R::seed, 0, 1'000'000'000, "of the drawing");
  return table;
}

}  // namespace

const config::Table<MachineConfig>& machine_table() {
  using M = MachineConfig;
  static const auto table =
      config::Table<M>("The accelerator and its memory.")
          .number("clock_mhz", &M::clock_mhz, 0.001, 100'000.0, "the one clock")
          .choice("execution", &M::execution,
                  {{"asynchronous", Execution::asynchronous},
                   {"sequential", Execution::sequential},
                   {"synchronous", Execution::synchronous}},
                  "each window as soon as it can; layer by layer; in lock step, a row a step")
          .number("images_in_flight", &M::images_in_flight, 1, 1024, "started before the first of them is through")
          .section("replication", &M::replication, replication_table(), "copies of layers on further engines")
          .choice("larger_networks", &M::larger_networks,
                  {{"refuse", LargerNetworks::refuse}, {"reload", LargerNetworks::reload}},
                  "of more engines than the chip has; reload: they run in rounds, cells are written in between")
          .section("reload", &M::reload, reload_table(), "of cells, between rounds")
          .section("mesh", &M::mesh, mesh_table(), "tiles of the chip")
          .section("pipeline", &M::pipeline, pipeline_table(), "of every processing engine")
          .section("adc", &M::adc, adc_table(), "of every processing engine")
          .section("fidelity", &M::fidelity, fidelity_table(), "of the models of processing engines")
          .number("vector_lanes", &M::vector_lanes, 1, 65536, "operations a cycle of a vector unit")
          .choice("links", &M::links, {{"ideal", Links::ideal}, {"contended", Links::contended}},
                  "of the mesh; ideal: without contention; contended: one flit a cycle, packet after packet")
          .number("router_cycles", &M::router_cycles, 0, kMaxCycles, "one hop in the mesh")
          .number("router_buffer_packets", &M::router_buffer_packets, 1, 65536,
                  "places of each input of a router; with contended links")
          .number("link_bytes_per_cycle", &M::link_bytes_per_cycle, 1, 65536, "width of a link of the mesh")
          .number("buffer_extra_rows", &M::buffer_extra_rows, 0, 65536, "depth of a layer buffer above the least")
          .number("buffer_rows", &M::buffer_rows, 1, 65536, "depth of every layer buffer; absent: least + extra")
          .number("memory_cycles", &M::memory_cycles, 0, kMaxCycles, "latency of system memory")
          .number("bus_bytes_per_cycle", &M::bus_bytes_per_cycle, 1, 65536, "width of the system bus")
          .number("register_cycles", &M::register_cycles, 0, kMaxCycles, "one register access");
  return table;
}

}  // namespace reprise
