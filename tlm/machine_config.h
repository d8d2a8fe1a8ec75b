#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rtl_models/engine_config.h"

/// The constants of docs/machine.md, under its names and with its defaults. The sizes that the mapping depends on
/// are in the weight image (Geometry).
namespace reprise {

struct MeshConfig {
  int columns = 14;
  int rows = 12;
};

struct PipelineConfig {
  int fetch_cycles = 3;
  int drive_cycles = 4;
  int read_cycles = 4;
  int adcs = 1;            ///< converters that share the columns of an operation unit
  int convert_cycles = 1;  ///< of one conversion
  int shift_add_cycles = 5;
  int scatter_ports = 4;  ///< entries of a scatter list a cycle
  bool skip_zero_inputs = true;
  int skip_cycles = 1;  ///< of a dropped (row group, bit) pair
  int input_bytes_per_cycle = 32;
  int filter_cycles = 1;  ///< of a window through the layer's input filter, where it has one
  int merge_cycles = 1;   ///< of one level of the tree over a layer's engines
  int output_lanes = 16;  ///< outputs requantised and written back a cycle
};

enum class AdcKind {
  linear,    ///< code = min(sum, 2^bits - 1)
  ideal,     ///< code = sum; as wide as the sum needs
  transfer,  ///< code by a curve
};

/// The offset of each converter, in rows.
struct AdcOffsetConfig {
  std::optional<std::vector<double>> given;  ///< by converter, from the beginning again where there are more
  std::optional<double> sigma;               ///< else drawn
  std::uint64_t seed = 1;
};

/// Gaussian, added to each bitline sum.
struct AdcNoiseConfig {
  double sigma = 0.0;  ///< rows
  std::uint64_t seed = 1;
};

/// docs/machine.md, Converters.
struct AdcConfig {
  AdcKind kind = AdcKind::linear;
  int bits = 4;
  // Of a transfer: points of the curve, or its parameters.
  std::optional<std::vector<double>> curve = {};
  std::optional<double> gain = {};
  std::optional<double> offset = {};               ///< codes
  std::optional<std::vector<double>> inl = {};     ///< codes
  std::optional<std::vector<double>> values = {};  ///< of the codes; absent: the codes themselves
  std::optional<AdcOffsetConfig> offsets = {};
  std::optional<AdcNoiseConfig> noise = {};
};

/// How closely a part is modelled. Results do not depend on it.
enum class Fidelity {
  tlm,  ///< transactions, by counting
  rtl,  ///< pins, cycle by cycle
};

struct FidelityConfig {
  Fidelity otherwise = Fidelity::tlm;  ///< of what no pattern names
  std::vector<std::string> rtl;        ///< patterns, as pin_level_parts() takes them
};

/// How windows travel from tile to tile.
enum class Links {
  ideal,      ///< links carry any number of windows at a time
  contended,  ///< one flit a cycle
};

/// How layers share time. Values do not depend on it.
enum class Execution {
  asynchronous,  ///< every window begins when it can
  sequential,    ///< layer by layer
  synchronous,   ///< in lock step, a row a step
};

enum class ReplicationKind {
  none,
  balanced,          ///< copies of the layers that take longest
  given_explicitly,  ///< as `copies` says
};

struct ReplicationConfig {
  ReplicationKind kind = ReplicationKind::none;
  std::optional<int> engines;         ///< the most in use, originals included; absent: all of the chip
  std::map<std::string, int> copies;  ///< by pattern of layers' names, the original included
};

/// What happens with a network that needs more engines than the chip has.
enum class LargerNetworks {
  refuse,
  reload,  ///< it runs in rounds, and cells are written in between
};

/// How many pulses a cell needs until it has switched.
enum class PulseCount {
  drawn,  ///< from a geometric distribution
  mean,   ///< its mean, rounded up
};

struct ReloadConfig {
  PulseCount pulses = PulseCount::drawn;
  std::uint64_t seed = 1;  ///< of the drawing
};

/// What it takes to write cells; from a technology (docs/technology.md).
struct CellWriting {
  double set_ns = 0.0;  ///< of a pulse
  double reset_ns = 0.0;
  double verify_ns = 0.0;   ///< of a read that verifies
  double set_pulses = 1.0;  ///< mean of a cell, at least 1
  double reset_pulses = 1.0;
  int rows_at_a_time = 1;  ///< wordlines of a crossbar
  double endurance = 1.0;  ///< how often a cell can be switched
};

struct MachineConfig {
  double clock_mhz = 1200.0;
  Execution execution = Execution::asynchronous;
  int images_in_flight = 1;
  ReplicationConfig replication;
  LargerNetworks larger_networks = LargerNetworks::refuse;
  ReloadConfig reload;
  std::optional<CellWriting> writing;  ///< of the technology, no key of the platform; needed where cells are written
  MeshConfig mesh;
  PipelineConfig pipeline;
  AdcConfig adc;
  FidelityConfig fidelity;
  /// Converters of the user's in engines at pin level, <reprise/rtl_models/adc_model.h>; those at transaction level
  /// have the built-in ones. Not in YAML.
  rtl::AdcModelFactory adc_models;
  int vector_lanes = 32;
  Links links = Links::ideal;
  int router_cycles = 4;          ///< a hop
  int router_buffer_packets = 4;  ///< of each input of a router, where links contend
  int link_bytes_per_cycle = 32;
  int buffer_extra_rows = 2;
  std::optional<int> buffer_rows;  ///< the depth of every layer buffer, in place of the least one and the extra rows
  int memory_cycles = 40;          ///< a transaction
  int bus_bytes_per_cycle = 8;
  int register_cycles = 1;  ///< a register access
  /// Where the run begins in the data set, for what depends on an image's number. Not a constant of the machine.
  std::uint64_t first_image = 0;
};

/// Whether codes are sums, so that the accumulators end at the integer product.
inline bool is_lossless(const AdcConfig& adc, int unit_rows) {
  if (adc.offsets || adc.noise || adc.values || adc.kind == AdcKind::transfer) return false;
  return adc.kind == AdcKind::ideal || (1 << adc.bits) > unit_rows;
}

/// a / b rounded up; b is at least 1.
constexpr std::uint64_t ceil_divide(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

}  // namespace reprise
