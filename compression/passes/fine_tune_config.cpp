#include "compression/passes/fine_tune.h"

namespace reprise {

config::Table<FineTuneConfig> fine_tune_table() {
  return config::Table<FineTuneConfig>("Training after compression, all that was decided held fixed")
      .number("epochs", &FineTuneConfig::epochs, 1, 10000, "passes over the training images")
      .number("learning_rate", &FineTuneConfig::learning_rate, 1e-8, 1.0,
              "at its highest; the full range of a weight is 2")
      .number("batch", &FineTuneConfig::batch, 1, 65536, "images a step")
      .number("distillation", &FineTuneConfig::distillation, 0.0, 1.0,
              "weight of the uncompressed network's outputs, against the labels")
      .number("temperature", &FineTuneConfig::temperature, 0.1, 1000.0, "softens these outputs")
      .number("filtered_share", &FineTuneConfig::filtered_share, 0.0, 1.0,
              "share of the training, its end, in which input filters apply")
      .flag("flip", &FineTuneConfig::flip, "half of the images are mirrored, left to right")
      .number("crop", &FineTuneConfig::crop, 0, 1024, "images move by up to so many pixels in each direction")
      .number("seed", &FineTuneConfig::seed, 0, 1000000000000, "of the order and the changes of the images")
      .number("allowance", &FineTuneConfig::allowance, 0.0, 100.0,
              "points of top-1 beyond the accuracy budget that may be lost before the training");
}

}  // namespace reprise
