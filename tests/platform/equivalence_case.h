#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"
#include "compression/network/quantised_network.h"
#include "tlm/machine_config.h"

/// Random layers on which pin level, transaction level and the integer reference must agree.
namespace reprise::test {

/// Everything that a case is made of, in small integers, so that it can be told, drawn and shrunk.
struct CaseParameters {
  // The layer: a convolution, or fully connected where the kernel covers the input.
  int groups = 1, channels = 1, outputs = 1;  ///< channels and outputs of a group
  int height = 1, width = 1;
  int kernel_height = 1, kernel_width = 1, stride_height = 1, stride_width = 1, dilation_height = 1, dilation_width = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int zero_point = 0;             ///< of the input
  int leaky = 0;                  ///< other factors for sums below zero
  int block_rows = 0;             ///< of the input filter; 0: none
  int least_sum = 0, planes = 8;  ///< of the input filter
  // Its weights and inputs.
  int seed = 1;
  int largest_weight = 1, zero_weights = 0, repeated_outputs = 0;  ///< per cent
  int compressed = 0;                                              ///< as passes do
  int zero_inputs = 0;                                             ///< per cent
  int input_mask = 255;                                            ///< bits that may be 1
  int images = 1;
  // What it feeds: nothing, a maximum or an average pooling, a 1 x 1 convolution, an element-wise layer.
  int consumer = 0;
  // The mapping.
  int engine = 0, granularity = 0, encoding = 0;
  int group_units = 1;    ///< height of a row group; more than 1: units are formed
  int engine_budget = 0;  ///< 0: as few engines as hold the network
  int unit_rows = 1, unit_columns = 1, crossbar_rows = 1, crossbar_columns = 1, crossbars = 1, engines_per_tile = 1;
  // The machine.
  int ideal_adc = 0, adc_bits = 1;
  int transfer = 0;                        ///< 1: parameters, 2: a curve
  int values = 0, offsets = 0, noise = 0;  ///< of the converters; offsets 1: given, 2: drawn; noise: tenths of a row
  int first_image = 0;                     ///< number of the first image
  int fetch = 1, drive = 1, read = 1, adcs = 1, convert = 1, shift_add = 1, scatter_ports = 1;
  int skips = 1, skip_cycles = 0, input_bytes = 1, filter_cycles = 0, merge_cycles = 0, output_lanes = 1;
  int vector_lanes = 1, router_cycles = 0, link_bytes = 1, extra_rows = 0, memory_cycles = 0, bus_bytes = 1;
  int execution = 0, in_flight = 1, copies = 1;  ///< copies of the layer, as many as it has windows at most
  int contended = 0, places = 1;                 ///< links; of a router's inputs
  int balanced = 0;                              ///< copies of whatever takes longest instead
};

CaseParameters random_parameters(unsigned seed);

/// "groups 2, channels 3, ...": those that are not the least.
std::string to_string(const CaseParameters& parameters);

struct EquivalenceCase {
  QuantisedNetwork network;
  WeightImage image;
  MachineConfig machine;
  std::vector<std::vector<std::uint8_t>> inputs;  ///< [image], each [channel][row][column]
};

/// Nothing where the parameters contradict one another, or the case would take too long at pin level.
std::optional<EquivalenceCase> make_case(const CaseParameters& parameters);

/// The first difference between the fidelities, between the layer alone at pin level and the machine, or to the
/// integer reference; empty: they agree. Outputs, times of every window, cycles and waits of every layer, counts of
/// every event.
std::string difference(const EquivalenceCase& sample);

/// The smallest parameters found for which `fails` is still true.
CaseParameters shrink(CaseParameters parameters, const std::function<bool(const CaseParameters&)>& fails);

/// Writes case.h5, images.raw, tlm.yaml and rtl.yaml, which `reprise run` takes, and case.txt into a folder.
void save_case(const EquivalenceCase& sample, const std::string& description, const std::filesystem::path& folder);

}  // namespace reprise::test
