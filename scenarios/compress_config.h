#pragma once

#include <optional>
#include <string>

#include "compression/datasets/dataset.h"
#include "compression/image/network.h"
#include "compression/mapping/mapping_config.h"
#include "compression/passes/compression_config.h"
#include "compression/passes/quantise.h"
#include "support/config.h"

namespace reprise {

/// The YAML section `report`.
struct ReportConfig {
  int images = 10;  ///< on which activations and conversions are counted
};

/// How a network is compressed: `reprise compress --config`.
struct CompressConfig {
  Preprocessing preprocessing;
  DatasetConfig calibration;                ///< images may be left to the command line
  std::optional<DatasetConfig> validation;  ///< absent: the last calibration images
  std::optional<DatasetConfig> evaluation;  ///< labelled images on which accuracy is measured
  QuantiseConfig quantisation;
  std::optional<CompressionConfig> compression;  ///< absent: 8 bits and nothing else
  MappingConfig mapping;                         ///< without its hardware
  HardwareConfig hardware;
  ReportConfig report;
};

const config::Table<CompressConfig>& compress_table();

}  // namespace reprise
