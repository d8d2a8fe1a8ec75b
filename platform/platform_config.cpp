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
          .number("fetch_cycles", &P::fetch_cycles, 1, kMaxCycles, "FETCH: schedule entry and input bits")
          .unit("cycles")
          .number("drive_cycles", &P::drive_cycles, 1, kMaxCycles, "DRIVE: 1-bit DACs")
          .unit("cycles")
          .number("read_cycles", &P::read_cycles, 1, kMaxCycles, "READ: bitlines settle and are sampled")
          .unit("cycles")
          .number("adcs", &P::adcs, 1, 1024, "converters that share the columns of an operation unit")
          .number("convert_cycles", &P::convert_cycles, 1, kMaxCycles, "CONVERT: one conversion")
          .unit("cycles")
          .number("shift_add_cycles", &P::shift_add_cycles, 1, kMaxCycles, "SHIFT_ADD: merging the columns")
          .unit("cycles")
          .number("scatter_ports", &P::scatter_ports, 1, 1024, "SCATTER: entries a cycle")
          .flag("skip_zero_inputs", &P::skip_zero_inputs, "drop a row group's input bits that are all zero")
          .number("skip_cycles", &P::skip_cycles, 0, kMaxCycles, "cost of a dropped pair of row group and bit")
          .unit("cycles")
          .number("input_bytes_per_cycle", &P::input_bytes_per_cycle, 1, 65536, "layer buffer to input register")
          .unit("bytes/cycle")
          .number("filter_cycles", &P::filter_cycles, 0, kMaxCycles,
                  "a window through the input filter of a layer that has one")
          .unit("cycles")
          .number("merge_cycles", &P::merge_cycles, 0, kMaxCycles, "one level of the tree over a layer's engines")
          .unit("cycles")
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
          .numbers_or_file("given", &O::given, -kMostRows, kMostRows,
                           "offset of each converter, by its number, from the beginning again where there are more")
          .unit("rows")
          .number("sigma", &O::sigma, 0.0, kMostRows,
                  "in place of given offsets: of a normal distribution that they are drawn from")
          .unit("rows")
          .number("seed", &O::seed, 0, kLargestSeed, "of the drawing");
  return table;
}

const config::Table<AdcNoiseConfig>& adc_noise_table() {
  using N = AdcNoiseConfig;
  static const auto table =
      config::Table<N>("Gaussian noise of every conversion, in rows.")
          .number("sigma", &N::sigma, 0.0, kMostRows, "standard deviation of the noise of every conversion")
          .unit("rows")
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
                  "`linear` has the bits below; `ideal` is as wide as the sum needs; `transfer` converts by a curve: "
                  "[machine.md](machine.md#converters)")
          .number(
              "bits", &A::bits, 1, 12,
              "of a converter that is not ideal; a linear one is lossless where 2^bits - 1 is at least the rows of an "
              "operation unit, otherwise larger sums are clamped and outputs are not compared with the reference")
          .unit("bits")
          .numbers_or_file("curve", &A::curve, -kMostCodes, kMostCodes,
                           "of a transfer: where among the codes sums 0, 1, 2, ... lie")
          .number("gain", &A::gain, -kMostRows, kMostRows, "of a transfer without a curve: codes a row; absent: 1")
          .number("offset", &A::offset, -4096.0, 4096.0, "of a transfer without a curve; absent: 0")
          .unit("codes")
          .numbers("inl", &A::inl, -4096.0, 4096.0,
                   "of a transfer without a curve: coefficients of the integral non-linearity")
          .unit("codes")
          .numbers_or_file("values", &A::values, 0, kMostCodes,
                           "what each of the 2^bits codes stands for; absent: the code itself")
          .section("offsets", &A::offsets, adc_offset_table(), "of each converter")
          .section("noise", &A::noise, adc_noise_table(), "of every conversion");
  return table;
}

const config::Table<FidelityConfig>& fidelity_table() {
  static const auto table =
      config::Table<FidelityConfig>("How closely parts are modelled; results do not depend on it.")
          .choice("default", &FidelityConfig::otherwise, {{"tlm", Fidelity::tlm}, {"rtl", Fidelity::rtl}},
                  "how processing engines, and with contended links routers, are modelled: transactions or pins; "
                  "results are the same")
          .texts("rtl", &FidelityConfig::rtl,
                 "engines and routers at pin level whatever the default: patterns (`*`, `?`) of their names "
                 "(`tile0.pe0`, `tile0.router`), of engines also their layers' (`conv2`) or both (`conv2.tile0.pe0`)");
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
                  "copies of layers on further engines: none, of the layers that take longest, or as `copies` says")
          .number("engines", &R::engines, 1, 1'000'000'000,
                  "the most engines that may be in use, originals included; absent: all of the chip")
          .numbers_by_name("copies", &R::copies, 1, 1'000'000,
                           "of `explicit`: layers by name (`*`, `?` for anything) and how many copies each has, the "
                           "original included");
  return table;
}

const config::Table<ReloadConfig>& reload_table() {
  using R = ReloadConfig;
  static const auto table =
      config::Table<R>("Writing cells between the rounds of a network that is larger than the chip.")
          .choice("pulses", &R::pulses, {{"drawn", PulseCount::drawn}, {"mean", PulseCount::mean}},
                  "how many pulses a cell needs that is switched: drawn from a geometric distribution, or its mean, "
                  "rounded up")
          .number("seed", &R::seed, 0, 1'000'000'000, "of the drawing");
  return table;
}

}  // namespace

const config::Table<MachineConfig>& machine_table() {
  using M = MachineConfig;
  static const auto table =
      config::Table<M>("The accelerator and its memory.")
          .number("clock_mhz", &M::clock_mhz, 0.001, 100'000.0, "the one clock")
          .unit("MHz")
          .choice("execution", &M::execution,
                  {{"asynchronous", Execution::asynchronous},
                   {"sequential", Execution::sequential},
                   {"synchronous", Execution::synchronous}},
                  "layers begin each window as soon as they can, run one after another, or advance in lock step, a row "
                  "at a time")
          .number("images_in_flight", &M::images_in_flight, 1, 1024,
                  "images that are started before the first of them is through; more than one only with `asynchronous`")
          .unit("images")
          .section("replication", &M::replication, replication_table(), "copies of layers on further engines")
          .choice("larger_networks", &M::larger_networks,
                  {{"refuse", LargerNetworks::refuse}, {"reload", LargerNetworks::reload}},
                  "with more engines than the chip has; `reload`: they run in [rounds](machine.md#rounds), cells are "
                  "written in between")
          .section("reload", &M::reload, reload_table(), "of cells, between rounds")
          .section("mesh", &M::mesh, mesh_table(), "tiles of the chip")
          .section("pipeline", &M::pipeline, pipeline_table(), "of every processing engine")
          .section("adc", &M::adc, adc_table(), "of every processing engine")
          .section("fidelity", &M::fidelity, fidelity_table(), "of the models of processing engines")
          .number("vector_lanes", &M::vector_lanes, 1, 65536, "operations a cycle of a vector unit")
          .choice("links", &M::links, {{"ideal", Links::ideal}, {"contended", Links::contended}},
                  "`contended`: a link of the mesh carries one flit a cycle, [packet after packet](machine.md#links)")
          .number("router_cycles", &M::router_cycles, 0, kMaxCycles, "one hop in the mesh")
          .unit("cycles")
          .number("router_buffer_packets", &M::router_buffer_packets, 1, 65536,
                  "places of each input of a router; with contended links")
          .unit("packets")
          .number("link_bytes_per_cycle", &M::link_bytes_per_cycle, 1, 65536, "width of a link of the mesh")
          .unit("bytes/cycle")
          .number("buffer_extra_rows", &M::buffer_extra_rows, 0, 65536,
                  "rows of each layer buffer above the least with which nothing deadlocks")
          .unit("rows")
          .number("buffer_rows", &M::buffer_rows, 1, 65536,
                  "rows of every layer buffer, in place of the least and the extra ones")
          .unit("rows")
          .number("memory_cycles", &M::memory_cycles, 0, kMaxCycles, "latency of system memory")
          .unit("cycles")
          .number("bus_bytes_per_cycle", &M::bus_bytes_per_cycle, 1, 65536, "width of the system bus")
          .unit("bytes/cycle")
          .number("register_cycles", &M::register_cycles, 0, kMaxCycles, "one register access")
          .unit("cycles");
  return table;
}

}  // namespace reprise
