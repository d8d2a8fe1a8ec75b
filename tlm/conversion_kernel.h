#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "compression/image/weight_image.h"
#include "support/instruction_set.h"
#include "tlm/machine_config.h"

namespace reprise {

/// Gathered windows of one output row.
struct WindowRow {
  const std::uint8_t* windows = nullptr;  ///< [window][position]
  std::size_t count = 0;
  std::size_t size = 0;                 ///< positions of a window
  const std::uint64_t* keys = nullptr;  ///< [window], ConversionNoise::window_key(); null where there is no noise
};

/// How the sums of layers whose converters are not lossless are made; every way gives the same integers.
enum class ConversionMethod {
  automatic,  ///< the fastest that the layer and the converters allow
  plain,      ///< unit by unit: UnitKernel
  patterns,   ///< by patterns of the input bits: PatternKernel
};

/// What the converters make of the windows of one weight layer: docs/machine.md, section 2.
class ConversionKernel {
 public:
  virtual ~ConversionKernel() = default;

  /// Whether add() corrects the exact products, which `sums` then must hold.
  virtual bool corrects() const = 0;
  /// Adds to `sums`, [window][output], modulo 2^32.
  virtual void add(const WindowRow& row, std::int32_t* sums) = 0;
};

struct ConversionRequest {
  const WeightImage& image;
  const LayerMapping& mapping;
  const std::vector<std::uint32_t>& positions;  ///< of im2col rows in a window
  AdcConfig adc;
  int adcs = 1;
  bool skips = true;        ///< PipelineConfig::skip_zero_inputs
  std::set<int> elsewhere;  ///< engines of which others add the sums
  InstructionSet instructions = best_instruction_set();
};

/// `image` and `mapping` of the request outlive the kernel.
/// @throws InputError where `method` is patterns and the layer or the converters do not allow it.
std::unique_ptr<ConversionKernel> make_conversion_kernel(const ConversionRequest& request,
                                                         ConversionMethod method = ConversionMethod::automatic);

}  // namespace reprise
