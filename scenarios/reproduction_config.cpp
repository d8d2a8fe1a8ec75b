#include "scenarios/reproduction_config.h"

namespace reprise {

const config::Table<ReproductionConfig>& reproduction_table() {
  static const auto network =
      config::Table<ReproducedNetwork>("A network on which engines are compared.")
          .file("model", &ReproducedNetwork::model, "trained network, ONNX")
          .text("from_data", &ReproducedNetwork::from_data, "in place of `model`: the same, in the folder of `--data`")
          .file("compression", &ReproducedNetwork::compression,
                "how it is compressed; its `evaluation` images are simulated (`calibration` images where `synthetic`)")
          .required()
          .number("images", &ReproducedNetwork::images, 1, 1'000'000, "images to simulate, from the first")
          .unit("images")
          .flag("synthetic", &ReproducedNetwork::synthetic,
                "not trained: said so beside the name; left out of means, and without accuracy");
  static const auto table =
      config::Table<ReproductionConfig>("Networks on which engines are compared.")
          .map("networks", &ReproductionConfig::networks, network, "by name, in the order of names");
  return table;
}

}  // namespace reprise
