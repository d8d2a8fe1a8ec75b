#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "compression/image/weight_image.h"
#include "support/aligned_vector.h"
#include "tlm/activity_counter.h"
#include "tlm/conversion_kernel.h"
#include "tlm/converter.h"
#include "tlm/filter_unit.h"
#include "tlm/integer_product.h"
#include "tlm/machine_config.h"
#include "tlm/requantiser.h"

namespace reprise {

struct EffectiveWeights;

/// Rows of one input tensor, by row number; each is [column][channel]. Null where not present.
using InputRows = std::vector<const std::uint8_t*>;

/// The arithmetic of one weight layer, an output row at a time: gathers and filters windows, counts their
/// activity, multiplies and requantises (docs/machine.md, section 2). Where the converters are lossless it multiplies
/// matrices, otherwise a ConversionKernel does what they do.
class ConvolutionUnit {
 public:
  /// @param elsewhere engines whose sums are given to add()
  ConvolutionUnit(const WeightImage& image, const LayerMapping& mapping, const AdcConfig& adc = {},
                  const PipelineConfig& pipeline = {}, const std::set<int>& elsewhere = {});
  ConvolutionUnit(const ConvolutionUnit&) = delete;
  ConvolutionUnit& operator=(const ConvolutionUnit&) = delete;

  /// What follows is of image `number` of the data set: noise depends on it.
  void begin_image(std::uint64_t number) { image_ = number; }
  /// Gathers the windows of output row y as the layer's input filter lets them through.
  void gather(int y, const InputRows& input);
  /// Of the gathered row.
  const InputActivity& activity() const { return *activity_; }
  /// Of the gathered row: [window][im2col row], for engines at pin level.
  const std::uint8_t* im2col();
  /// Adds the sums of an engine that are made elsewhere to those of the gathered row, [window][output channel].
  void add(const std::vector<std::int32_t>& sums);
  /// The gathered row's outputs, [window][output channel].
  void multiply(std::uint8_t* output);

  /// Bytes that the windows of output row y read from the layer buffer.
  std::uint64_t bytes_read(int y) const;
  /// Values of one window that the layer's input filter looks at; 0 where it has none.
  std::size_t values_filtered() const { return filter_ ? window_size_ : 0; }
  std::size_t window_rows() const { return window_size_; }
  bool is_noisy() const { return noise_.has_value(); }
  /// ConversionNoise::window_key() of a window of the gathered row.
  std::uint64_t noise_key(std::size_t column) const;

 private:
  void gather_windows(int y, const InputRows& input);
  /// For each window, pixels of a row side by side from `column` on and a stride further each; padding where there are
  /// none. `row` is null for a row of padding.
  void gather_taps(const std::uint8_t* row, int column, int taps, std::size_t channels, std::uint8_t* to) const;
  /// The same for one window, some of whose pixels are padding.
  void gather_edge(const std::uint8_t* row, int column, int taps, std::size_t channels, std::uint8_t* to) const;
  std::uint64_t count_row_reads() const;
  void prepare_products(const EffectiveWeights& weights);
  void multiply_matrices();
  void convert();

  const Layer layer_;
  const ConvolutionLayer& convolution_;
  const Shape input_;
  const std::uint8_t input_zero_;
  const Requantiser requantiser_;
  const std::uint64_t layer_number_;
  std::vector<IntegerProduct> products_;          ///< of each convolution group, where something needs them
  std::unique_ptr<ConversionKernel> conversion_;  ///< where the converters are not lossless
  std::optional<ConversionNoise> noise_;
  std::uint64_t image_ = 0;  ///< of the data set
  int row_ = 0;              ///< gathered
  std::optional<FilterUnit> filter_;
  std::size_t window_size_;
  const std::uint64_t row_reads_;             ///< bytes that a row of windows reads from each row of the input
  std::vector<std::uint32_t> row_positions_;  ///< of each im2col row in a gathered window
  std::optional<ActivityCounter> counter_;
  std::optional<InputActivity> activity_;
  std::vector<std::uint8_t> windows_;  ///< gathered, [window][position]
  std::vector<std::uint8_t> im2col_;
  AlignedVector<std::int32_t> sums_;
  std::vector<std::int32_t> sums_elsewhere_;  ///< empty where all is multiplied here
};

}  // namespace reprise
