#include "compression/fine_tuning/latent_weights.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace reprise {
namespace {

constexpr float kLargest = 127.0F;

std::size_t index(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

/// Goes through the row groups; weights in none of them stay 0.
class StructureBuilder {
 public:
  StructureBuilder(const FloatConvolution& convolution, const CompressedLayer& layer)
      : convolution_(convolution), layer_(layer), rows_(convolution.weights.size() / convolution.bias.size()) {
    result_.index.assign(convolution.weights.size(), 0);
    result_.multiplier.assign(convolution.weights.size(), 0.0F);
  }

  WeightStructure build() {
    static const GroupCode kFree;
    for (std::size_t g = 0; g < layer_.groups.size(); ++g) {
      const GroupCode& code = g < layer_.codes.size() ? layer_.codes[g] : kFree;
      result_.codebooks.push_back(result_.values.size());
      if (!code.uses.empty()) {
        add_codebook(layer_.groups[g], code);
      } else {
        add_free(layer_.groups[g], code);
      }
    }
    if (result_.values.empty()) result_.values.emplace_back();
    return std::move(result_);
  }

 private:
  std::size_t position(std::uint32_t output, std::uint32_t row) const { return output * rows_ + row % rows_; }

  void add_free(const RowGroup& group, const GroupCode& code) {
    for (std::size_t o = 0; o < group.outputs.size(); ++o) {
      const PatchPrecision precision = code.precision.empty() ? PatchPrecision{} : code.precision[o];
      if (precision.bits == 0) continue;
      const float multiplier = std::ldexp(1.0F, precision.shift);
      WeightStructure::Value value;
      value.low = std::max(-std::ldexp(1.0F, precision.bits - 1), -std::floor(kLargest / multiplier));
      value.high = std::ldexp(1.0F, precision.bits - 1) - 1.0F;
      value.largest_multiplier = multiplier;
      for (const std::uint32_t row : group.rows) {
        const std::size_t at = position(group.outputs[o], row);
        const double steps = convolution_.weights[at] / layer_.steps[group.outputs[o]];
        value.start = std::clamp(static_cast<float>(std::round(steps)) / multiplier, value.low, value.high);
        result_.index[at] = static_cast<std::int64_t>(result_.values.size());
        result_.multiplier[at] = multiplier;
        result_.values.push_back(value);
      }
    }
  }

  void add_codebook(const RowGroup& group, const GroupCode& code) {
    std::vector<float> largest(code.codebook.size(), 1.0F);
    for (const PatternUse& use : code.uses) {
      if (use.codeword >= 0) largest[index(use.codeword)] = std::max(largest[index(use.codeword)], multiplier(use));
    }
    const std::size_t first = result_.values.size();
    for (std::size_t c = 0; c < code.codebook.size(); ++c) {
      const float bound = std::floor(kLargest / largest[c]);
      for (const std::int8_t number : code.codebook[c])
        result_.values.push_back({float(number), -bound, bound, largest[c]});
    }
    for (std::size_t o = 0; o < group.outputs.size(); ++o) {
      const PatternUse& use = code.uses[o];
      if (use.codeword < 0) continue;
      for (std::size_t r = 0; r < group.rows.size(); ++r) {
        const std::size_t at = position(group.outputs[o], group.rows[r]);
        result_.index[at] = static_cast<std::int64_t>(first + index(use.codeword) * group.rows.size() + r);
        result_.multiplier[at] = use.negative ? -multiplier(use) : multiplier(use);
      }
    }
  }

  static float multiplier(const PatternUse& use) { return std::ldexp(1.0F, use.shift); }

  const FloatConvolution& convolution_;
  const CompressedLayer& layer_;
  const std::size_t rows_;
  WeightStructure result_;
};

struct RoundStraightThrough : torch::autograd::Function<RoundStraightThrough> {
  static at::Tensor forward(torch::autograd::AutogradContext* /*context*/, const at::Tensor& x) { return x.round(); }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* /*context*/,
                                                 torch::autograd::variable_list gradients) {
    return gradients;
  }
};

template <class Number>
at::Tensor tensor(const std::vector<Number>& numbers) {
  return at::tensor(at::ArrayRef<Number>(numbers));
}

/// One number of each value.
template <class Get>
at::Tensor each_value(const WeightStructure& structure, Get get) {
  std::vector<float> numbers;
  numbers.reserve(structure.values.size());
  for (const auto& value : structure.values) numbers.push_back(get(value));
  return tensor(numbers);
}

/// A convolution that is not compressed, with the range of each output as its step.
WeightStructure free_structure(const FloatConvolution& convolution, const std::vector<float>& ranges) {
  WeightStructure structure;
  const std::size_t rows = convolution.weights.size() / convolution.bias.size();
  for (std::size_t i = 0; i < convolution.weights.size(); ++i) {
    structure.values.push_back({convolution.weights[i] / ranges[i / rows] * kLargest, -INFINITY, INFINITY, 1.0F});
  }
  structure.index.resize(structure.values.size());
  std::iota(structure.index.begin(), structure.index.end(), 0);
  structure.multiplier.assign(structure.values.size(), 1.0F);
  return structure;
}

/// The largest magnitude of each output's weights; 1 where they are all 0.
std::vector<float> output_ranges(const FloatConvolution& convolution) {
  const std::size_t rows = convolution.weights.size() / convolution.bias.size();
  std::vector<float> ranges(convolution.bias.size(), 0.0F);
  for (std::size_t i = 0; i < convolution.weights.size(); ++i) {
    ranges[i / rows] = std::max(ranges[i / rows], std::abs(convolution.weights[i]));
  }
  std::replace(ranges.begin(), ranges.end(), 0.0F, 1.0F);
  return ranges;
}

bool is_identity(const std::vector<std::int64_t>& index_of) {
  for (std::size_t i = 0; i < index_of.size(); ++i) {
    if (index_of[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

}  // namespace

WeightStructure weight_structure(const FloatConvolution& convolution, const CompressedLayer& layer) {
  return StructureBuilder(convolution, layer).build();
}

LatentWeights::LatentWeights(const FloatConvolution& convolution, const CompressedLayer* layer)
    : compressed_(layer != nullptr) {
  const auto outputs = static_cast<std::int64_t>(convolution.bias.size());
  shape_ = {outputs, -1, convolution.window.kernel_height, convolution.window.kernel_width};
  const std::vector<float> ranges = output_ranges(convolution);
  const WeightStructure structure =
      compressed_ ? weight_structure(convolution, *layer) : free_structure(convolution, ranges);
  codebooks_ = structure.codebooks;
  steps_ = compressed_ ? tensor(layer->steps).to(at::kFloat) : tensor(ranges) / kLargest;
  range_ = kLargest / each_value(structure, [](const auto& value) { return value.largest_multiplier; });
  low_ = each_value(structure, [](const auto& value) { return value.low; }) / range_;
  high_ = each_value(structure, [](const auto& value) { return value.high; }) / range_;
  if (!is_identity(structure.index)) index_ = tensor(structure.index);
  multiplier_ = tensor(structure.multiplier);
  if (multiplier_.eq(1.0F).all().item<bool>()) multiplier_.reset();

  const float largest_bias = tensor(convolution.bias).abs().max().item<float>();
  bias_range_ = largest_bias > 0.0F ? largest_bias : *std::max_element(ranges.begin(), ranges.end());
  values_ = (each_value(structure, [](const auto& value) { return value.start; }) / range_).requires_grad_();
  bias_ = (tensor(convolution.bias) / bias_range_).requires_grad_();
}

at::Tensor LatentWeights::integers() const {
  at::Tensor result = values_ * range_;
  if (compressed_) result = RoundStraightThrough::apply(result);
  if (index_.defined()) result = result.index_select(0, index_);
  return multiplier_.defined() ? result * multiplier_ : result;
}

at::Tensor LatentWeights::weights() const {
  return (integers().view({shape_[0], -1}) * steps_.unsqueeze(1)).view(shape_);
}

at::Tensor LatentWeights::bias() const {
  return bias_ * bias_range_;
}

std::vector<at::Tensor> LatentWeights::parameters() const {
  return {values_, bias_};
}

void LatentWeights::confine() {
  const at::NoGradGuard no_gradients;
  if (compressed_) values_.clamp_(low_, high_);
}

void LatentWeights::write_back(FloatConvolution& convolution, CompressedLayer* layer) const {
  const at::NoGradGuard no_gradients;
  const auto copy = [](const at::Tensor& from, auto& to) {
    const at::Tensor flat = from.contiguous().view(-1);
    std::copy_n(flat.data_ptr<float>(), flat.numel(), to.begin());
  };
  copy(weights(), convolution.weights);
  copy(bias(), convolution.bias);
  if (layer == nullptr) return;
  const at::Tensor values = (values_ * range_).round();
  for (std::size_t g = 0; g < layer->codes.size(); ++g) {
    const float* from = values.data_ptr<float>() + codebooks_[g];
    for (auto& codeword : layer->codes[g].codebook) {
      for (std::int8_t& number : codeword) number = static_cast<std::int8_t>(*from++);
    }
  }
}

}  // namespace reprise
