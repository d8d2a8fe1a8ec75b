#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "scenarios/compress_config.h"

namespace reprise {

/// A trained network that becomes a weight image.
struct CompressionJob {
  std::string network;  ///< ONNX
  CompressConfig config;
  std::string output;  ///< the weight image, .h5; its reports go beside it
  std::optional<std::string> export_onnx;
};

struct CompressionOutcome {
  std::string report;  ///< for the terminal
  std::string json;
};

/// @param source  the file that the configuration is from. @throws InputError where calibration images are missing
void check_calibration(const CompressConfig& config, const std::string& source);

/// @throws InputError, CheckError
CompressionOutcome compress(const CompressionJob& job);

/// All that decides what a weight image becomes: program, network, configuration, and the state of the data sets.
std::string compression_identity(const std::string& network, const CompressConfig& config);

/// 16 digits that stand for an identity in names of files.
std::string identity_hash(const std::string& identity);

/// The note beside a weight image that says what it was made from; it is written last.
std::filesystem::path identity_file(const std::filesystem::path& image);

/// Whether an image is there, whole, and was made from that.
bool image_is_made(const std::filesystem::path& image, const std::string& identity);

/// Compresses where the image is missing or was made from something else.
void make_image_once(const CompressionJob& job);

}  // namespace reprise
