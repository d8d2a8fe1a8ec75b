#include "scenarios/compress_config.h"

namespace reprise {
namespace {

config::Table<ReportConfig> report_table() {
  return config::Table<ReportConfig>("What is reported beside the weight image")
      .number("images", &ReportConfig::images, 0, 1000000,
              "the first evaluation images (without an evaluation section: calibration images) on which activations "
              "and conversions are counted")
      .unit("images");
}

}  // namespace

const config::Table<CompressConfig>& compress_table() {
  static const auto table = config::Table<CompressConfig>("How a trained network is compressed and laid out.")
                                .section("preprocessing", &CompressConfig::preprocessing, preprocessing_table(),
                                         "from image bytes to the network's input")
                                .section("calibration", &CompressConfig::calibration, dataset_table(),
                                         "images that show the range of the activations")
                                .section("validation", &CompressConfig::validation, dataset_table(),
                                         "images on which the accuracy budget is checked; absent: the last ones for "
                                         "calibration")
                                .section("evaluation", &CompressConfig::evaluation, dataset_table(),
                                         "labelled images on which the accuracy in float and in 8 bits is measured")
                                .section("quantisation", &CompressConfig::quantisation, quantise_table(), "to 8 bits")
                                .section("compression", &CompressConfig::compression, compression_table(),
                                         "the passes that make the network smaller; absent: none")
                                .section("mapping", &CompressConfig::mapping, mapping_table(), "to operation units")
                                .section("hardware", &CompressConfig::hardware, hardware_table(), "the chip")
                                .section("report", &CompressConfig::report, report_table(), "the report");
  return table;
}

}  // namespace reprise
