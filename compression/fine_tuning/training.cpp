#include "compression/fine_tuning/training.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <omp.h>
#include <torch/optim/adam.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "compression/fine_tuning/torch_network.h"
#include "support/error.h"

namespace reprise {
namespace {

std::size_t index(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

void check(const FineTuneTask& task) {
  const Shape& expected = task.network.input_shape;
  const Shape& shape = task.training.shape();
  if (shape != expected) {
    throw InputError(fmt::format("fine_tuning: the images are {} x {} x {}; the network takes {} x {} x {}",
                                 shape.channels, shape.height, shape.width, expected.channels, expected.height,
                                 expected.width));
  }
  const std::size_t classes = task.network.nodes.back().shape.size();
  for (std::size_t i = 0; task.training.has_labels() && i < task.training.size(); ++i) {
    const int label = task.training.label(i);
    if (label >= 0 && static_cast<std::size_t>(label) < classes) continue;
    throw InputError(fmt::format("fine_tuning: image {} has label {}; the network has {} classes", i, label, classes));
  }
}

/// Draws that do not depend on the standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// 0..count - 1; the bias of the modulus is below 2^-40.
  std::size_t below(std::size_t count) { return engine_() % count; }

  void shuffle(std::vector<std::size_t>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

/// How an image is changed: mirrored or not, then moved; what comes in from outside repeats the edge.
struct Change {
  bool mirrored = false;
  int down = 0;
  int right = 0;
};

void copy_changed(const std::vector<float>& image, const Shape& shape, const Change& change, float* to) {
  for (int c = 0; c < shape.channels; ++c) {
    for (int y = 0; y < shape.height; ++y) {
      const int row = std::clamp(y - change.down, 0, shape.height - 1);
      const float* from = image.data() + (index(c) * index(shape.height) + index(row)) * index(shape.width);
      for (int x = 0; x < shape.width; ++x) {
        const int column = std::clamp(x - change.right, 0, shape.width - 1);
        *to++ = from[change.mirrored ? shape.width - 1 - column : column];
      }
    }
  }
}

class Trainer {
 public:
  explicit Trainer(const FineTuneTask& task)
      : task_(task),
        config_(task.config),
        student_(task.network, task.layers),
        teacher_(task.teacher),
        optimiser_(student_.parameters(), torch::optim::AdamOptions(config_.learning_rate)),
        random_(config_.seed),
        order_(task.training.size()),
        steps_(batches(task) * static_cast<std::uint64_t>(config_.epochs)) {
    std::iota(order_.begin(), order_.end(), 0);
  }

  void run() {
    for (int epoch = 1; epoch <= config_.epochs; ++epoch) {
      random_.shuffle(order_);
      double loss = 0.0;
      std::int64_t right = 0;
      for (std::size_t first = 0; first < order_.size(); first += index(config_.batch)) {
        const std::size_t last = std::min(first + index(config_.batch), order_.size());
        const Batch batch = next_batch(first, last);
        const at::Tensor outputs = student_.forward(batch.images);
        loss += step(outputs, batch);
        right += outputs.argmax(1).eq(batch.right).sum().item<std::int64_t>();
        task_.batch_done();
      }
      const auto images = static_cast<double>(order_.size());
      task_.epoch_done(fmt::format("fine-tuning: epoch {} of {}: loss {:.4f}, {:.2f}% of the training images right",
                                   epoch, config_.epochs, loss / images, 100.0 * static_cast<double>(right) / images));
    }
    student_.write_back(task_.network, task_.layers);
  }

 private:
  struct Batch {
    at::Tensor images;
    at::Tensor right;    ///< classes: the labels, or without them what the teacher says
    at::Tensor teacher;  ///< its outputs
  };

  Batch next_batch(std::size_t first, std::size_t last) {
    const Shape& shape = task_.training.shape();
    Batch batch;
    batch.images = at::empty({static_cast<std::int64_t>(last - first), shape.channels, shape.height, shape.width});
    float* to = batch.images.data_ptr<float>();
    std::vector<std::int64_t> labels;
    for (std::size_t i = first; i < last; ++i, to += shape.size()) {
      copy_changed(task_.training.preprocessed(order_[i], task_.preprocessing), shape, change(), to);
      if (task_.training.has_labels()) labels.push_back(task_.training.label(order_[i]));
    }
    batch.images = batch.images.contiguous(at::MemoryFormat::ChannelsLast);
    const at::NoGradGuard no_gradients;
    batch.teacher = teacher_.forward(batch.images);
    batch.right = labels.empty() ? batch.teacher.argmax(1) : at::tensor(labels);
    return batch;
  }

  Change change() {
    const std::size_t positions = 2 * index(config_.crop) + 1;
    Change change;
    if (config_.flip) change.mirrored = random_.below(2) == 1;
    if (config_.crop > 0) {
      change.down = static_cast<int>(random_.below(positions)) - config_.crop;
      change.right = static_cast<int>(random_.below(positions)) - config_.crop;
    }
    return change;
  }

  /// One step of the optimiser. Returns the sum of the images' losses.
  double step(const at::Tensor& outputs, const Batch& batch) {
    const at::Tensor loss = total_loss(outputs, batch);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw InputError(fmt::format("fine_tuning.learning_rate: training diverged at {}; expected a smaller one",
                                   config_.learning_rate));
    }
    optimiser_.zero_grad();
    (loss / config_.batch).backward();  // a last batch that is small counts for less
    static_cast<torch::optim::AdamOptions&>(optimiser_.param_groups()[0].options()).lr(learning_rate());
    optimiser_.step();
    student_.confine();
    ++done_;
    return value;
  }

  at::Tensor total_loss(const at::Tensor& outputs, const Batch& batch) const {
    const double share = task_.training.has_labels() ? config_.distillation : 1.0;
    const double t = config_.temperature;
    at::Tensor loss = at::zeros({});
    if (share < 1.0) loss = (1.0 - share) * at::cross_entropy_loss(outputs, batch.right, {}, at::Reduction::Sum);
    if (share > 0.0) {
      const at::Tensor divergence =
          at::kl_div(at::log_softmax(outputs / t, 1), at::log_softmax(batch.teacher / t, 1), at::Reduction::Sum, true);
      loss = loss + share * t * t * divergence;
    }
    return loss;
  }

  /// Rises for a twentieth of the steps, then falls to zero as a cosine.
  double learning_rate() const {
    const double rise = std::max(1.0, 0.05 * static_cast<double>(steps_));
    const double at = static_cast<double>(done_) + 0.5;
    if (at < rise) return config_.learning_rate * at / rise;
    return config_.learning_rate * 0.5 * (1.0 + std::cos(M_PI * (at - rise) / (static_cast<double>(steps_) - rise)));
  }

  const FineTuneTask& task_;
  const FineTuneConfig& config_;
  TorchNetwork student_;
  TorchNetwork teacher_;
  torch::optim::Adam optimiser_;
  Random random_;
  std::vector<std::size_t> order_;  // of the images
  std::uint64_t steps_;
  std::uint64_t done_ = 0;
};

}  // namespace

void train(const FineTuneTask& task) {
  check(task);
  at::set_num_threads(omp_get_num_procs());
  Trainer(task).run();
}

}  // namespace reprise
