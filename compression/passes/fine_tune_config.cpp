#include "compression/passes/fine_tune.h"

namespace reprise {

config::Table<FineTuneConfig> fine_tune_table() {
  return config::Table<FineTuneConfig>("Training after compression, all that was decided held fixed")
      .number("epochs", &FineTuneConfig::epochs, 1, 10000,
              "passes over the training images: those for calibration but the last `validation_images`. Without the "
              "section `fine_tuning` there is no training")
      .number("learning_rate", &FineTuneConfig::learning_rate, 1e-8, 1.0,
              "at its highest; the full range of a weight, -127..127 steps, is 2")
      .number("batch", &FineTuneConfig::batch, 1, 65536, "images a training step")
      .unit("images")
      .number("distillation", &FineTuneConfig::distillation, 0.0, 1.0,
              "weight of the trained network's softened outputs, against the labels")
      .number("temperature", &FineTuneConfig::temperature, 0.1, 1000.0, "what softens them")
      .number("filtered_share", &FineTuneConfig::filtered_share, 0.0, 1.0,
              "share of the training, its end, in which input filters apply; before it they are left out, since they "
              "make a step several times longer")
      .flag("flip", &FineTuneConfig::flip, "half of the training images are mirrored")
      .number("crop", &FineTuneConfig::crop, 0, 1024, "training images move by up to so many pixels in each direction")
      .unit("pixels")
      .number("seed", &FineTuneConfig::seed, 0, 1000000000000, "of the order and the changes of the images")
      .number("allowance", &FineTuneConfig::allowance, 0.0, 100.0,
              "points of top-1 beyond the accuracy budget that may be lost before the training; up to two further "
              "attempts go less far where training did not recover enough, further where much of the budget is left, "
              "and between the two")
      .unit("points of top-1");
}

}  // namespace reprise
