#pragma once

#include <map>
#include <optional>
#include <string>

#include "support/config.h"

namespace reprise {

/// A network on which engines are compared.
struct ReproducedNetwork {
  std::optional<std::string> model;      ///< trained, ONNX
  std::optional<std::string> from_data;  ///< the same, relative to a folder that the user names
  std::string compression;               ///< a file as `reprise compress --config` takes it
  int images = 4;                        ///< to simulate
  bool synthetic = false;                ///< no trained network: shown beside its name
};

/// `reprise reproduce --networks`.
struct ReproductionConfig {
  std::map<std::string, ReproducedNetwork> networks;
};

const config::Table<ReproductionConfig>& reproduction_table();

}  // namespace reprise
