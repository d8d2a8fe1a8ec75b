#include "compression/passes/layer_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "compression/passes/fixed_point.h"
#include "support/error.h"

namespace reprise {
namespace {

/// One output channel's weights: stored weight * step = real weight.
struct WeightRow {
  const float* values;
  std::size_t count;

  double covering_step() const {
    double largest = 0.0;
    for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(double{values[i]}));
    return largest / 127.0;
  }
  double rounded(std::size_t i, double step) const { return std::clamp(std::round(values[i] / step), -127.0, 127.0); }
  double square_error(double step) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      const double error = values[i] - step * rounded(i, step);
      sum += error * error;
    }
    return sum;
  }
  double least_error_step() const {
    const double covering = covering_step();
    if (covering == 0.0) return 0.0;
    double best = covering;
    double least = square_error(best);
    for (int percent = 99; percent >= 50; --percent) {
      const double error = square_error(covering * percent / 100.0);
      if (error >= least) continue;
      least = error;
      best = covering * percent / 100.0;
    }
    return best;
  }
};

/// Sets a layer's operation; apply with std::visit.
class LayerBuilder {
 public:
  LayerBuilder(const FloatLeakyRelu* leaky, const std::vector<Quantisation>& inputs, RangeMethod weight_range,
               const std::vector<double>* steps, QuantisedLayer& result)
      : leaky_(leaky),
        inputs_(inputs),
        in_(inputs.front()),
        out_(result.layer.quantisation),
        weight_range_(weight_range),
        steps_(steps),
        result_(result) {}

  void operator()(const FloatConvolution& convolution) {
    ConvolutionLayer layer;
    layer.window = convolution.window;
    layer.groups = convolution.groups;
    if (convolution.filter) layer.filter = input_filter(*convolution.filter);
    const std::size_t outputs = convolution.bias.size();
    const std::size_t rows = convolution.weights.size() / outputs;
    for (std::size_t output = 0; output < outputs; ++output) {
      const WeightRow row{&convolution.weights[output * rows], rows};
      const double bias = convolution.bias[output];
      const double step = given_step(row, output).value_or(weight_step(row, bias));
      for (std::size_t i = 0; i < rows; ++i) result_.weights.push_back(static_cast<std::int8_t>(row.rounded(i, step)));
      layer.bias.push_back(static_cast<std::int32_t>(std::round(bias / (in_.scale * step))));
      const double factor = in_.scale * step / out_.scale;
      layer.requantisation.push_back(fixed_point(factor));
      if (leaky_ != nullptr) layer.negative_requantisation.push_back(fixed_point(factor * leaky_->slope));
    }
    set(std::move(layer));
  }

  void operator()(const FloatMaxPool& pool) { set(MaxPoolLayer{pool.window}); }

  void operator()(const FloatAveragePool& pool) {
    AveragePoolLayer layer{pool.window, pool.count_padding, {}};
    for (int count = 1; count <= pool.window.area(); ++count) {
      layer.requantisation.push_back(fixed_point(in_.scale / out_.scale / count));
    }
    set(std::move(layer));
  }

  void operator()(const FloatAdd&) {
    const auto channels = static_cast<std::size_t>(result_.layer.shape.channels);
    std::vector<std::vector<double>> factors;
    for (const Quantisation& input : inputs_) factors.emplace_back(channels, input.scale / out_.scale);
    set(elementwise(factors, std::vector<double>(channels)));
  }

  void operator()(const FloatScale& scaling) {
    std::vector<double> factors(scaling.factor.begin(), scaling.factor.end());
    std::vector<double> offsets(scaling.offset.begin(), scaling.offset.end());
    for (double& factor : factors) factor *= in_.scale / out_.scale;
    for (double& offset : offsets) offset /= out_.scale;
    set(elementwise({factors}, offsets));
  }

  void operator()(const FloatClamp& clamp) {
    set(lookup([&](double real) { return std::clamp<double>(real, clamp.low, clamp.high); }));
  }

  void operator()(const FloatLeakyRelu& leaky) {
    set(lookup([&](double real) { return real < 0.0 ? real * leaky.slope : real; }));
  }

  void operator()(const FloatConcat&) {
    ConcatLayer layer;
    for (const Quantisation& input : inputs_) layer.requantisation.push_back(fixed_point(input.scale / out_.scale));
    set(std::move(layer));
  }

  void operator()(const FloatSlice& slice) { set(SliceLayer{slice.start, slice.step}); }

  void operator()(const FloatPad& pad) {
    set(PadLayer{pad.before, static_cast<std::uint8_t>(stored_value(pad.value, out_))});
  }

  void operator()(const FloatReshape&) { set(ReshapeLayer{}); }

 private:
  void set(Operation operation) { result_.layer.operation = std::move(operation); }

  InputFilter input_filter(const FloatInputFilter& filter) const {
    if (in_.zero_point == 0) return filter.rule;
    throw InputError(fmt::format("an input filter, but its input has the zero point {}; expected 0", in_.zero_point));
  }

  /// Outputs without weights have none.
  std::optional<double> given_step(const WeightRow& row, std::size_t output) const {
    if (steps_ == nullptr || row.covering_step() == 0.0) return std::nullopt;
    return steps_->at(output);
  }

  /// Raised where weights are so small beside their bias that this would be stored above 2^28. Any will do for zeros.
  double weight_step(const WeightRow& row, double bias) const {
    const double weights = weight_range_ == RangeMethod::min_max ? row.covering_step() : row.least_error_step();
    const double step = std::max(weights, std::ldexp(std::abs(bias) / in_.scale, -28));
    return step > 0.0 ? step : out_.scale / in_.scale;
  }

  /// All factors share the largest shift at which none exceeds 2^30 and no offset 2^60.
  static ElementwiseLayer elementwise(const std::vector<std::vector<double>>& factors,
                                      const std::vector<double>& offsets) {
    double largest = 0.0;
    for (const auto& input : factors) {
      for (const double factor : input) largest = std::max(largest, std::abs(factor));
    }
    for (const double offset : offsets) largest = std::max(largest, std::ldexp(std::abs(offset), -30));
    if (!(largest < std::ldexp(1.0, 29))) {
      throw InputError(fmt::format("a factor of {} between stored values; expected a magnitude below 2^29", largest));
    }
    int exponent = 0;
    std::frexp(largest, &exponent);
    ElementwiseLayer layer;
    layer.shift = std::min(30 - exponent, 62);
    const auto fixed = [&](double value) { return std::llround(std::ldexp(value, layer.shift)); };
    for (const auto& input : factors) {
      auto& multipliers = layer.multipliers.emplace_back();
      for (const double factor : input) multipliers.push_back(static_cast<std::int32_t>(fixed(factor)));
    }
    for (const double offset : offsets) layer.offset.push_back(fixed(offset));
    return layer;
  }

  template <class Function>
  LookupLayer lookup(Function function) const {
    LookupLayer layer;
    for (int x = 0; x < 256; ++x) {
      const double real = in_.scale * (x - in_.zero_point);
      layer.table[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(stored_value(function(real), out_));
    }
    return layer;
  }

  const FloatLeakyRelu* leaky_;
  const std::vector<Quantisation>& inputs_;
  const Quantisation in_;
  const Quantisation out_;
  RangeMethod weight_range_;
  const std::vector<double>* steps_;
  QuantisedLayer& result_;
};

}  // namespace

QuantisedLayer build_layer(const FloatOperation& first, const FloatOperation* activation,
                           const std::vector<Quantisation>& inputs, RangeMethod weight_range,
                           const std::vector<double>* steps, Layer layer) {
  if (const auto* clamp = std::get_if<FloatClamp>(activation)) {
    layer.clamp_low = stored_value(clamp->low, layer.quantisation);
    layer.clamp_high = stored_value(clamp->high, layer.quantisation);
  }
  QuantisedLayer result{std::move(layer), {}};
  LayerBuilder builder(std::get_if<FloatLeakyRelu>(activation), inputs, weight_range, steps, result);
  std::visit(builder, first);
  return result;
}

}  // namespace reprise
