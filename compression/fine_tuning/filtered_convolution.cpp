#include "compression/fine_tuning/filtered_convolution.h"

#include <dnnl.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>

#include "compression/network/unfold.h"

namespace reprise {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// c = a b + beta c, row-major, a and b transposed or not.
void multiply(char transpose_a, char transpose_b, std::int64_t rows, std::int64_t columns, std::int64_t depth,
              const float* a, const float* b, float beta, float* c) {
  const std::int64_t pitch_a = transpose_a == 'N' ? depth : rows;
  const std::int64_t pitch_b = transpose_b == 'N' ? columns : depth;
  if (dnnl_sgemm(transpose_a, transpose_b, rows, columns, depth, 1.0F, a, pitch_a, b, pitch_b, beta, c, columns) !=
      dnnl_success) {
    throw std::runtime_error("fine-tuning: a matrix product failed");
  }
}

struct Differentiable : torch::autograd::Function<Differentiable> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& images, const at::Tensor& weights,
                            const at::Tensor& bias, const FilteredConvolution* convolution) {
    context->save_for_backward({images, weights});
    context->saved_data["convolution"] = reinterpret_cast<std::int64_t>(convolution);
    return convolution->forward(images, weights, bias);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto* convolution = reinterpret_cast<const FilteredConvolution*>(context->saved_data["convolution"].toInt());
    const variable_list saved = context->get_saved_variables();
    variable_list result = convolution->backward(gradients[0].contiguous(), saved[0], saved[1]);
    result.emplace_back();
    return result;
  }
};

}  // namespace

at::Tensor FilteredConvolution::operator()(const at::Tensor& images, const at::Tensor& weights,
                                           const at::Tensor& bias) const {
  return Differentiable::apply(images.contiguous(), weights.contiguous(), bias, this);
}

/// im2col of one convolution group of one image, filtered.
void FilteredConvolution::columns(const float* planes, float* result) const {
  unfold(planes, input_, channels(), convolution_.window, output_.width, 0, output_.height, result);
  filter_columns(*convolution_.filter, taps(), static_cast<int>(pixels()), result);
}

/// One output row's columns onto an input row, the first at position `first`.
void FilteredConvolution::add_row(const float* columns, int first, int stride, float* row) const {
  const int begin = first >= 0 ? 0 : (-first + stride - 1) / stride;
  const int end = std::min(output_.width, (input_.width - first + stride - 1) / stride);
  if (stride == 1) {
    for (int x = begin; x < end; ++x) row[first + x] += columns[x];
  } else {
    for (int x = begin; x < end; ++x) row[first + x * stride] += columns[x];
  }
}

/// Adds columns to where unfold() takes them from.
void FilteredConvolution::fold(const float* columns, float* planes) const {
  const SlidingWindow& window = convolution_.window;
  for (int tap = 0; tap < taps(); ++tap) {
    const int k = tap % window.area();
    const int row = k / window.kernel_width * window.dilation_height - window.pad_top;
    const int column = k % window.kernel_width * window.dilation_width - window.pad_left;
    float* plane = planes + static_cast<std::size_t>(tap / window.area()) * input_.pixels();
    for (int y = 0; y < output_.height; ++y, columns += output_.width) {
      const int to_row = row + y * window.stride_height;
      if (to_row < 0 || to_row >= input_.height) continue;
      add_row(columns, column, window.stride_width, plane + to_row * input_.width);
    }
  }
}

at::Tensor FilteredConvolution::forward(const at::Tensor& images, const at::Tensor& weights,
                                        const at::Tensor& bias) const {
  const int groups = convolution_.groups;
  at::Tensor result = at::empty({images.size(0), output_.channels, output_.height, output_.width});
  result.copy_(bias.view({1, -1, 1, 1}));
  const float* x = images.data_ptr<float>();
  const float* w = weights.data_ptr<float>();
  float* y = result.data_ptr<float>();
  std::vector<float> unfolded(static_cast<std::size_t>(taps() * pixels()));
  for (std::int64_t item = 0; item < images.size(0) * groups; ++item) {  // a group of an image
    columns(x + item * input_size(), unfolded.data());
    multiply('N', 'N', outputs(), pixels(), taps(), w + item % groups * weights_size(), unfolded.data(), 1.0F,
             y + item * output_size());
  }
  return result;
}

std::vector<at::Tensor> FilteredConvolution::backward(const at::Tensor& gradient, const at::Tensor& images,
                                                      const at::Tensor& weights) const {
  const int groups = convolution_.groups;
  at::Tensor image_gradient = at::zeros_like(images);
  at::Tensor weight_gradient = at::zeros_like(weights);
  const float* x = images.data_ptr<float>();
  const float* w = weights.data_ptr<float>();
  const float* dy = gradient.data_ptr<float>();
  float* dx = image_gradient.data_ptr<float>();
  float* dw = weight_gradient.data_ptr<float>();
  std::vector<float> unfolded(static_cast<std::size_t>(taps() * pixels()));
  std::vector<float> unfolded_gradient(unfolded.size());
  for (std::int64_t item = 0; item < images.size(0) * groups; ++item) {
    const std::int64_t group = item % groups * weights_size();
    columns(x + item * input_size(), unfolded.data());
    multiply('N', 'T', outputs(), taps(), pixels(), dy + item * output_size(), unfolded.data(), 1.0F, dw + group);
    multiply('T', 'N', taps(), pixels(), outputs(), w + group, dy + item * output_size(), 0.0F,
             unfolded_gradient.data());
    std::transform(unfolded.begin(), unfolded.end(), unfolded_gradient.begin(), unfolded_gradient.begin(),
                   [](float value, float slope) { return value == 0.0F ? 0.0F : slope; });
    fold(unfolded_gradient.data(), dx + item * input_size());
  }
  return {image_gradient, weight_gradient, gradient.sum({0, 2, 3})};
}

}  // namespace reprise
