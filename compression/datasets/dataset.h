#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compression/image/network.h"
#include "support/config.h"

/// Labelled images from the usual files. Any of the files may be gzipped, if its name ends in .gz.
namespace reprise {

enum class DatasetFormat {
  idx,      ///< MNIST and its kin: unsigned bytes in three dimensions (one channel) or four
  cifar10,  ///< records of a label byte and 32 x 32 bytes each of red, green and blue
  npy,      ///< NumPy: uint8, float32 or float64, little endian, in C order; three dimensions (one channel) or four
  raw       ///< unsigned bytes without a header
};
enum class DatasetLayout { nchw, nhwc };

struct DatasetConfig {
  DatasetFormat format = DatasetFormat::idx;
  std::string images;                   ///< may be left to the command line
  std::optional<std::string> labels;    ///< IDX, NPY (integers) or text with an integer first in each line
  std::optional<DatasetLayout> layout;  ///< of four dimensions; absent: nhwc for raw, nchw for the others
  std::optional<int> channels;          ///< these three: of raw, and only there
  std::optional<int> height;
  std::optional<int> width;
  std::uint64_t first = 0;                    ///< images before this one are left out
  std::optional<std::uint64_t> count;         ///< absent: up to the last image
  std::optional<std::uint64_t> every;         ///< of those, only the first, the one `every` after it, and so on
  std::optional<std::uint64_t> except_every;  ///< of those, all that the same `every` would not take
  bool mirror = false;                        ///< each of these is followed by its mirror image
};

const config::Table<DatasetConfig>& dataset_table();
const config::Table<Preprocessing>& preprocessing_table();

/// Images of one shape, [image][channel][row][column], with a label each or no labels at all.
class Dataset {
 public:
  using Values = std::variant<std::vector<std::uint8_t>, std::vector<float>>;

  /// Throws InputError where the counts do not match.
  Dataset(const Shape& shape, Values values, std::vector<int> labels);

  /// The first `count` images, at most all.
  Dataset first(std::size_t count) const;

  std::size_t size() const { return size_; }
  const Shape& shape() const { return shape_; }
  bool has_labels() const { return !labels_.empty(); }
  int label(std::size_t image) const { return labels_.at(image); }

  /// The network's real-valued input, [channel][row][column]. No mean is 0, no standard deviation 1.
  /// Throws InputError where their number fits neither one nor the channels.
  std::vector<float> preprocessed(std::size_t image, const Preprocessing& preprocessing) const;
  /// The same as stored, see Preprocessing.
  std::vector<std::uint8_t> quantised(std::size_t image, const Preprocessing& preprocessing,
                                      const Quantisation& quantisation) const;

 private:
  template <class Out, class Convert>
  std::vector<Out> transformed(std::size_t image, const Preprocessing& preprocessing, Convert convert) const;

  Shape shape_;
  Values values_;
  std::vector<int> labels_;
  std::size_t size_ = 0;
};

/// Reads only the images that are asked for. Throws InputError, naming the file and its fault.
Dataset load_dataset(const DatasetConfig& config);

}  // namespace reprise
