#pragma once

#include <string>

#include "compression/image/weight_image.h"

namespace reprise {

/// What is in a weight image, for people: where it comes from, then a table of its layers with storage by part. Storage
/// is in bits.
std::string describe_image(const WeightImage& image);

/// The same as a JSON object with one member a line of text and `layers`, a list of objects.
std::string describe_image_json(const WeightImage& image);

}  // namespace reprise
