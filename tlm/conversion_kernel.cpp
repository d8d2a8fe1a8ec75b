#include "tlm/conversion_kernel.h"

#include "support/error.h"
#include "tlm/converter.h"
#include "tlm/pattern_kernel.h"
#include "tlm/unit_kernel.h"

namespace reprise {
namespace {

/// Unit by unit.
class PlainConversion final : public ConversionKernel {
 public:
  explicit PlainConversion(const ConversionRequest& request)
      : positions_(request.positions),
        outputs_(request.mapping.initial_sums.size()),
        converter_(request.adc, request.image.geometry.unit_rows, request.adcs),
        noise_(request.adc.noise ? std::make_optional<ConversionNoise>(*request.adc.noise) : std::nullopt),
        units_(request.image, request.mapping, converter_, noise_ ? &*noise_ : nullptr, request.elsewhere,
               request.skips),
        im2col_(positions_.size()) {}

  bool corrects() const override { return false; }

  void add(const WindowRow& row, std::int32_t* sums) override {
    for (std::size_t w = 0; w < row.count; ++w) {
      for (std::size_t i = 0; i < im2col_.size(); ++i) im2col_[i] = row.windows[w * row.size + positions_[i]];
      units_.add(im2col_.data(), row.keys == nullptr ? 0 : row.keys[w], sums + w * outputs_);
    }
  }

 private:
  const std::vector<std::uint32_t> positions_;
  const std::size_t outputs_;
  const Converter converter_;
  const std::optional<ConversionNoise> noise_;
  const UnitKernel units_;
  std::vector<std::uint8_t> im2col_;
};

}  // namespace

std::unique_ptr<ConversionKernel> make_conversion_kernel(const ConversionRequest& request, ConversionMethod method) {
  if (method != ConversionMethod::plain) {
    if (auto kernel = PatternKernel::make(request)) return kernel;
    if (method == ConversionMethod::patterns) throw InputError("the layer cannot be computed by patterns");
  }
  return std::make_unique<PlainConversion>(request);
}

}  // namespace reprise
