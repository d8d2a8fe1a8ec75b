#include "compression/fine_tuning/training.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/optim/adam.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "compression/fine_tuning/torch_network.h"
#include "compression/passes/parallel.h"
#include "support/error.h"
#include "support/single_thread.h"

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
        parameters_(student_.parameters()),
        optimiser_(parameters_, torch::optim::AdamOptions(config_.learning_rate)),
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
        const PartResult result = batch(first, std::min(first + index(config_.batch), order_.size()));
        step(result.gradients);
        loss += result.loss;
        right += result.right;
        task_.batch_done();
      }
      const auto images = static_cast<double>(order_.size());
      task_.epoch_done(fmt::format("fine-tuning: epoch {} of {}: loss {:.4f}, {:.2f}% of the training images right",
                                   epoch, config_.epochs, loss / images, 100.0 * static_cast<double>(right) / images));
    }
    student_.write_back(task_.network, task_.layers);
  }

 private:
  /// What some images of a batch give.
  struct PartResult {
    std::vector<at::Tensor> gradients;  ///< by parameter
    double loss = 0.0;                  ///< sum over the images
    std::int64_t right = 0;             ///< images
  };

  /// A batch is cut into one part a processor, not each operation of libtorch: less waiting for one another.
  PartResult batch(std::size_t first, std::size_t last) {
    std::vector<Change> changes(last - first);
    for (Change& change : changes) change = next_change();
    const std::size_t count = std::min<std::size_t>(std::max(1U, std::thread::hardware_concurrency()), last - first);
    std::vector<PartResult> parts(count);
    in_parallel(count, [&](std::size_t p) {
      const std::size_t begin = changes.size() * p / count;
      const std::size_t end = changes.size() * (p + 1) / count;
      parts[p] = part(first + begin, {changes.begin() + static_cast<std::ptrdiff_t>(begin),
                                      changes.begin() + static_cast<std::ptrdiff_t>(end)});
    });
    PartResult sum = std::move(parts.front());
    for (std::size_t p = 1; p < count; ++p) {
      sum.loss += parts[p].loss;
      sum.right += parts[p].right;
      for (std::size_t i = 0; i < parameters_.size(); ++i) sum.gradients[i] += parts[p].gradients[i];
    }
    if (std::isfinite(sum.loss)) return sum;
    throw InputError(fmt::format("fine_tuning.learning_rate: training diverged at {}; expected a smaller one",
                                 config_.learning_rate));
  }

  PartResult part(std::size_t first, const std::vector<Change>& changes) const {
    const SingleThread single_thread;
    const at::Tensor images = changed_images(first, changes);
    const auto [right, teacher] = targets(first, images);
    const at::Tensor outputs = student_.forward(images, filters_apply());
    const at::Tensor loss = total_loss(outputs, right, teacher);
    // A last batch that is small counts for less.
    return {torch::autograd::grad({loss / config_.batch}, parameters_), loss.item<double>(),
            outputs.argmax(1).eq(right).sum().item<std::int64_t>()};
  }

  at::Tensor changed_images(std::size_t first, const std::vector<Change>& changes) const {
    const Shape& shape = task_.training.shape();
    const auto count = static_cast<std::int64_t>(changes.size());
    at::Tensor images = at::empty({count, shape.channels, shape.height, shape.width});
    float* to = images.data_ptr<float>();
    for (std::size_t i = 0; i < changes.size(); ++i, to += shape.size()) {
      copy_changed(task_.training.preprocessed(order_[first + i], task_.preprocessing), shape, changes[i], to);
    }
    return images.contiguous(at::MemoryFormat::ChannelsLast);
  }

  /// The right classes, by label or else as the teacher says, and the teacher's outputs.
  std::pair<at::Tensor, at::Tensor> targets(std::size_t first, const at::Tensor& images) const {
    const at::NoGradGuard no_gradients;
    const at::Tensor teacher = teacher_.forward(images);
    if (!task_.training.has_labels()) return {teacher.argmax(1), teacher};
    at::Tensor labels = at::empty({images.size(0)}, at::kLong);
    for (std::int64_t i = 0; i < images.size(0); ++i) labels[i] = task_.training.label(order_[first + index(i)]);
    return {labels, teacher};
  }

  Change next_change() {
    const std::size_t positions = 2 * index(config_.crop) + 1;
    Change change;
    if (config_.flip) change.mirrored = random_.below(2) == 1;
    if (config_.crop > 0) {
      change.down = static_cast<int>(random_.below(positions)) - config_.crop;
      change.right = static_cast<int>(random_.below(positions)) - config_.crop;
    }
    return change;
  }

  void step(const std::vector<at::Tensor>& gradients) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].mutable_grad() = gradients[i];
    static_cast<torch::optim::AdamOptions&>(optimiser_.param_groups()[0].options()).lr(learning_rate());
    optimiser_.step();
    student_.confine();
    ++done_;
  }

  at::Tensor total_loss(const at::Tensor& outputs, const at::Tensor& right, const at::Tensor& teacher) const {
    const double share = task_.training.has_labels() ? config_.distillation : 1.0;
    const double t = config_.temperature;
    at::Tensor loss = at::zeros({});
    if (share < 1.0) loss = (1.0 - share) * at::cross_entropy_loss(outputs, right, {}, at::Reduction::Sum);
    if (share > 0.0) {
      const at::Tensor divergence =
          at::kl_div(at::log_softmax(outputs / t, 1), at::log_softmax(teacher / t, 1), at::Reduction::Sum, true);
      loss = loss + share * t * t * divergence;
    }
    return loss;
  }

  bool filters_apply() const {
    return static_cast<double>(done_) >= (1.0 - config_.filtered_share) * static_cast<double>(steps_);
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
  std::vector<at::Tensor> parameters_;
  torch::optim::Adam optimiser_;
  Random random_;
  std::vector<std::size_t> order_;  // of the images
  std::uint64_t steps_;
  std::uint64_t done_ = 0;
};

}  // namespace

void train(const FineTuneTask& task) {
  check(task);
  const SingleThread single_thread;
  at::set_num_threads(1);  // of each of our own threads
  Trainer(task).run();
}

}  // namespace reprise
