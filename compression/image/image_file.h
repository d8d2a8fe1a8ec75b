#pragma once

#include <filesystem>

#include "compression/image/weight_image.h"

namespace reprise {

/// Writes docs/weight_image.md's file: whole, or not at all. The same image gives the same bytes. Throws InputError
/// where the file cannot be written, std::logic_error where the image contradicts itself (check_image).
void write_image(const std::filesystem::path& path, const WeightImage& image);

/// Reads a weight image and verifies all of it first. Throws InputError that names the file and the fault.
WeightImage read_image(const std::filesystem::path& path);

}  // namespace reprise
