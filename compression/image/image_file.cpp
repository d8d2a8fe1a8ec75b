#include "compression/image/image_file.h"

#include <xxhash.h>

#include <algorithm>
#include <fstream>
#include <istream>
#include <memory>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "compression/image/image_archive.h"
#include "compression/image/image_check.h"
#include "support/atomic_file.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUserBlock = 512;
constexpr int kVersion = 2;
const std::string kMagic = "Reprise weight image\n";

// The layout, once for both directions: `Archive` is a GroupWriter or a GroupReader, and what it transfers is constant
// or not accordingly.

template <class Archive, class Window>
void transfer_window(const Archive& archive, Window& window) {
  archive.numbers("kernel_size", window.kernel_height, window.kernel_width);
  archive.numbers("stride", window.stride_height, window.stride_width);
  archive.numbers("dilation", window.dilation_height, window.dilation_width);
  archive.numbers("padding", window.pad_top, window.pad_left, window.pad_bottom, window.pad_right);
}

template <class Archive, class Factors>
void transfer_factors(const Archive& archive, Factors& factors, const char* multiplier, const char* shift) {
  archive.records(factors, column(multiplier, &FixedPoint::multiplier), column(shift, &FixedPoint::shift));
}

void transfer_multipliers(const GroupWriter& archive, const ElementwiseLayer& layer) {
  std::vector<std::int32_t> flat;
  for (const auto& multipliers : layer.multipliers) flat.insert(flat.end(), multipliers.begin(), multipliers.end());
  archive.block("multipliers", flat, {layer.multipliers.size(), layer.offset.size()});
}

void transfer_multipliers(const GroupReader& archive, ElementwiseLayer& layer) {
  std::vector<std::int32_t> flat;
  Extent extent(2);
  archive.block("multipliers", flat, extent);
  const auto channels = static_cast<std::ptrdiff_t>(extent[1]);
  for (auto row = flat.cbegin(); row != flat.cend(); row += channels)
    layer.multipliers.emplace_back(row, row + channels);
}

void transfer_filter(const GroupWriter& archive, const std::optional<InputFilter>& filter) {
  std::vector<std::int32_t> values;
  if (filter) values = {filter->block_rows, filter->least_sum, filter->planes};
  archive.list("input_filter", values);
}

void transfer_filter(const GroupReader& archive, std::optional<InputFilter>& filter) {
  std::vector<std::int32_t> values;
  archive.list("input_filter", values);
  require(values.empty() || values.size() == 3, "'input_filter' has {} values, expected 3 or none", values.size());
  if (!values.empty()) filter = InputFilter{values[0], values[1], values[2]};
}

/// The constants of one kind of layer; for std::visit over the operation.
template <class Archive>
struct OperationTransfer {
  const Archive& archive;

  template <class Operation>
  void operator()(Operation& operation) const {
    using Kind = std::remove_const_t<Operation>;
    if constexpr (std::is_same_v<Kind, ConvolutionLayer>) {
      transfer_window(archive, operation.window);
      archive.numbers("groups", operation.groups);
      archive.list("bias", operation.bias);
      transfer_factors(archive, operation.requantisation, "multiplier", "shift");
      transfer_factors(archive, operation.negative_requantisation, "negative_multiplier", "negative_shift");
      transfer_filter(archive, operation.filter);
    } else if constexpr (std::is_same_v<Kind, MaxPoolLayer>) {
      transfer_window(archive, operation.window);
    } else if constexpr (std::is_same_v<Kind, AveragePoolLayer>) {
      transfer_window(archive, operation.window);
      archive.flag("count_padding", operation.count_padding);
      transfer_factors(archive, operation.requantisation, "multiplier", "shift");
    } else if constexpr (std::is_same_v<Kind, ElementwiseLayer>) {
      transfer_multipliers(archive, operation);
      archive.list("offset", operation.offset);
      archive.numbers("shift", operation.shift);
    } else if constexpr (std::is_same_v<Kind, ConcatLayer>) {
      transfer_factors(archive, operation.requantisation, "multiplier", "shift");
    } else if constexpr (std::is_same_v<Kind, LookupLayer>) {
      archive.list("table", operation.table);
    } else if constexpr (std::is_same_v<Kind, SliceLayer>) {
      archive.numbers("start", operation.start[0], operation.start[1], operation.start[2]);
      archive.numbers("step", operation.step[0], operation.step[1], operation.step[2]);
    } else if constexpr (std::is_same_v<Kind, PadLayer>) {
      archive.numbers("before", operation.before[0], operation.before[1], operation.before[2]);
      archive.numbers("value", operation.value);
    }
  }
};

void transfer_kind(const GroupWriter& archive, const Operation& operation) {
  archive.text("kind", kind_name(operation));
}

void transfer_kind(const GroupReader& archive, Operation& operation) {
  static const std::array<Operation, std::variant_size_v<Operation>> kKinds{
      ConvolutionLayer{}, MaxPoolLayer{}, AveragePoolLayer{}, ElementwiseLayer{}, ConcatLayer{},
      LookupLayer{},      SliceLayer{},   PadLayer{},         ReshapeLayer{}};
  std::string name;
  archive.text("kind", name);
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& k) { return name == kind_name(k); });
  require(kind != kKinds.end(), "a layer has the kind '{}', which is not known", name);
  operation = *kind;
}

template <class Archive, class ShapeType>
void transfer_shape(const Archive& archive, const char* name, ShapeType& shape) {
  archive.numbers(name, shape.channels, shape.height, shape.width);
}

template <class Archive, class LayerType>
void transfer_layer(const Archive& archive, LayerType& layer) {
  archive.text("name", layer.name);
  transfer_shape(archive, "shape", layer.shape);
  archive.numbers("scale", layer.quantisation.scale);
  archive.numbers("zero_point", layer.quantisation.zero_point);
  archive.numbers("clamp", layer.clamp_low, layer.clamp_high);
  archive.list("inputs", layer.inputs);
  transfer_kind(archive, layer.operation);
  std::visit(OperationTransfer<Archive>{archive}, layer.operation);
}

std::string layer_name(std::size_t index) {
  return fmt::format("{:04}", index);
}

void transfer_layer_count(const GroupWriter& archive, const std::vector<Layer>& layers) {
  archive.numbers("layer_count", static_cast<std::uint32_t>(layers.size()));
}

void transfer_layer_count(const GroupReader& archive, std::vector<Layer>& layers) {
  std::uint32_t count = 0;
  archive.numbers("layer_count", count);
  // Every layer is a group: do not make room for more of them than there are.
  require(count == 0 || archive.has(layer_name(count - 1)), "'layer_count' is {}, but there are fewer layers", count);
  layers.resize(count);
}

template <class Archive, class Network>
void transfer_network(const Archive& archive, Network& network) {
  archive.text("name", network.name);
  transfer_shape(archive, "input_shape", network.input_shape);
  archive.numbers("input_scale", network.input_quantisation.scale);
  archive.numbers("input_zero_point", network.input_quantisation.zero_point);
  archive.numbers("preprocessing_scale", network.preprocessing.scale);
  archive.flag("preprocessing_reverse_channels", network.preprocessing.reverse_channels);
  archive.list("preprocessing_mean", network.preprocessing.mean);
  archive.list("preprocessing_standard_deviation", network.preprocessing.standard_deviation);
  transfer_layer_count(archive, network.layers);
  for (std::size_t i = 0; i < network.layers.size(); ++i)
    transfer_layer(archive.child(layer_name(i)), network.layers[i]);
}

template <class Archive, class Mapping>
void transfer_mapping(const Archive& archive, Mapping& mapping) {
  archive.list("rows", mapping.rows);
  archive.list("row_group_starts", mapping.row_group_starts);
  archive.records(mapping.units, column("unit_row_group", &OperationUnit::row_group),
                  column("unit_crossbar", &OperationUnit::crossbar), column("unit_wordline", &OperationUnit::wordline),
                  column("unit_bitline", &OperationUnit::bitline), column("unit_columns", &OperationUnit::columns),
                  column("unit_slot_columns", &OperationUnit::slot_columns),
                  column("unit_signed_slots", &OperationUnit::signed_slots),
                  column("unit_first_entry", &OperationUnit::first_entry));
  archive.records(mapping.entries, column("entry_output", &ScatterEntry::output),
                  column("entry_slot", &ScatterEntry::slot), column("entry_shift", &ScatterEntry::shift),
                  column("entry_negative", &ScatterEntry::negative));
  archive.records(mapping.engines, column("engine", &EngineShare::engine),
                  column("engine_first_unit", &EngineShare::first_unit),
                  column("engine_unit_count", &EngineShare::unit_count));
  archive.list("initial_sums", mapping.initial_sums);
  archive.numbers("dense_cells", mapping.storage.dense_cells);
  archive.numbers("cells", mapping.storage.cells);
  archive.numbers("table_bits", mapping.storage.table_bits);
  archive.numbers("index_bits", mapping.storage.index_bits);
}

template <class Archive, class ProvenanceType>
void transfer_provenance(const Archive& archive, ProvenanceType& provenance) {
  archive.text("program_version", provenance.program_version);
  archive.text("network_file", provenance.network_file);
  archive.long_text("configuration", provenance.configuration);
  archive.numbers("float_accuracy", provenance.float_accuracy);
  archive.numbers("reference_accuracy", provenance.reference_accuracy);
  archive.numbers("evaluation_images", provenance.evaluation_images);
}

template <class Archive, class GeometryType>
void transfer_geometry(const Archive& archive, GeometryType& geometry) {
  archive.numbers("crossbar_rows", geometry.crossbar_rows);
  archive.numbers("crossbar_columns", geometry.crossbar_columns);
  archive.numbers("unit_rows", geometry.unit_rows);
  archive.numbers("unit_columns", geometry.unit_columns);
  archive.numbers("group_rows", geometry.group_rows);
  archive.numbers("crossbars_per_engine", geometry.crossbars_per_engine);
  archive.numbers("engines_per_tile", geometry.engines_per_tile);
}

/// Rows and bytes a row of one crossbar.
std::array<hsize_t, 2> crossbar_extent(const Geometry& geometry) {
  return {static_cast<hsize_t>(geometry.crossbar_rows), (static_cast<hsize_t>(geometry.crossbar_columns) + 7) / 8};
}

void transfer_cells(const GroupWriter& archive, const WeightImage& image) {
  const auto [rows, row_bytes] = crossbar_extent(image.geometry);
  archive.block("cells", image.cells.bytes(), {image.cells.crossbars(), rows, row_bytes});
}

void transfer_cells(const GroupReader& archive, WeightImage& image) {
  std::vector<std::uint8_t> cells;
  Extent extent(3);
  archive.block("cells", cells, extent);
  const auto [rows, row_bytes] = crossbar_extent(image.geometry);
  require(extent[1] == rows && extent[2] == row_bytes, "'cells' has crossbars of {} x {} bytes, expected {} x {}",
          extent[1], extent[2], rows, row_bytes);
  image.cells = CellArray(image.geometry, extent[0], std::move(cells));
}

template <class Archive, class Image>
void transfer_header(const Archive& root, Image& image) {
  root.choice("engine", image.engine, {kEngineKinds.begin(), kEngineKinds.end()});
  root.choice("encoding", image.encoding, {Encoding::twos_complement, Encoding::differential});
  root.choice("granularity", image.granularity, {Granularity::kernel, Granularity::bit_column});
  transfer_provenance(root.child("provenance"), image.provenance);
  transfer_network(root.child("network"), image.network);
  const Archive crossbars = root.child("crossbars");
  transfer_geometry(crossbars, image.geometry);
  transfer_cells(crossbars, image);
}

void write_reference(const GroupWriter& archive, const WeightImage& image) {
  for (const LayerMapping& mapping : image.mappings) {
    const auto index = static_cast<std::size_t>(mapping.layer);
    const Layer& layer = image.network.layers[index];
    const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
    const auto outputs = static_cast<hsize_t>(layer.shape.channels);
    const auto inputs =
        static_cast<hsize_t>(image.network.shape_of(layer.inputs.front()).channels / convolution.groups);
    const auto& weights = image.reference_weights[index];
    if (weights.empty()) continue;
    archive.block(layer_name(index), weights,
                  {outputs, inputs, static_cast<hsize_t>(convolution.window.kernel_height),
                   static_cast<hsize_t>(convolution.window.kernel_width)});
  }
}

void read_reference(const GroupReader& archive, WeightImage& image) {
  image.reference_weights.resize(image.network.layers.size());
  for (std::size_t i = 0; i < image.network.layers.size(); ++i) {
    Extent extent(4);
    if (archive.has(layer_name(i))) archive.block(layer_name(i), image.reference_weights[i], extent);
  }
}

void write_content(const GroupWriter& root, const WeightImage& image) {
  transfer_header(root, image);
  const GroupWriter mappings = root.child("mapping");
  for (const LayerMapping& mapping : image.mappings) {
    transfer_mapping(mappings.child(layer_name(static_cast<std::size_t>(mapping.layer))), mapping);
  }
  if (!image.reference_weights.empty()) write_reference(root.child("reference"), image);
}

WeightImage read_content(const GroupReader& root) {
  WeightImage image;
  transfer_header(root, image);
  const GroupReader mappings = root.child("mapping");
  for (std::size_t i = 0; i < image.network.layers.size(); ++i) {
    if (!std::holds_alternative<ConvolutionLayer>(image.network.layers[i].operation)) continue;
    image.mappings.emplace_back().layer = static_cast<int>(i);
    transfer_mapping(mappings.child(layer_name(i)), image.mappings.back());
  }
  if (root.has("reference")) read_reference(root.child("reference"), image);
  return image;
}

// The user block.

std::string read_bytes(std::istream& stream, std::size_t count) {
  std::string bytes(count, '\0');
  require(static_cast<bool>(stream.read(bytes.data(), static_cast<std::streamsize>(count))), "the file cannot be read");
  return bytes;
}

class Digest {
 public:
  Digest() : state_(XXH3_createState(), XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

  void add(std::string_view bytes) { XXH3_128bits_update(state_.get(), bytes.data(), bytes.size()); }
  std::string text() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

/// Of everything after the user block.
std::string digest_of(const std::string& file) {
  Digest digest;
  digest.add(std::string_view(file).substr(kUserBlock));
  return digest.text();
}

/// The same of what is left of a stream, as much at a time as a cache holds.
std::string digest_of_rest(std::istream& stream, std::size_t bytes) {
  constexpr std::size_t kPiece = 1 << 18;
  Digest digest;
  for (std::string piece; bytes > 0; bytes -= piece.size()) {
    piece = read_bytes(stream, std::min(kPiece, bytes));
    digest.add(piece);
  }
  return digest.text();
}

std::string user_block(int version, std::size_t bytes, const std::string& digest) {
  std::string block = fmt::format("{}version {}\nbytes {}\nxxh3_128 {}\n", kMagic, version, bytes, digest);
  block.resize(kUserBlock, '\n');
  return block;
}

void check_user_block(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  require(fs::exists(status), "there is no such file");
  require(fs::is_regular_file(status), "this is not a file");
  std::ifstream stream(path, std::ios::binary);
  require(stream.is_open(), "the file cannot be opened");
  const std::size_t size = fs::file_size(path, error);
  require(!error, "the file cannot be read");
  const std::string block = read_bytes(stream, std::min(size, kUserBlock));
  require(!block.empty(), "the file is empty");
  const bool starts_well = kMagic.compare(0, kMagic.size(), block, 0, kMagic.size()) == 0;
  require(starts_well, "this is not a Reprise weight image");
  require(size > kUserBlock, "the file is cut off after {} bytes", size);

  int version = 0;
  std::size_t bytes = 0;
  std::string word, word2, word3, digest;
  std::istringstream lines(block.substr(kMagic.size()));
  require(static_cast<bool>(lines >> word >> version) && word == "version", "the header is damaged");
  require(version == kVersion, "it has version {} of the format, written by {} program; this one reads version {}",
          version, version > kVersion ? "a newer" : "an older", kVersion);
  require(static_cast<bool>(lines >> word2 >> bytes >> word3 >> digest), "the header is damaged");
  const std::size_t present = size - kUserBlock;
  require(present == bytes, "the file is {}: {} bytes after the header, expected {}",
          present < bytes ? "cut off" : "too long", present, bytes);
  const std::string actual = digest_of_rest(stream, bytes);
  require(digest == actual, "the file is damaged: its digest is {}, expected {}", actual, digest);
  require(block == user_block(version, bytes, digest), "the header is damaged");
}

void check_consistent(const WeightImage& image) {
  try {
    check_image(image);
  } catch (const InputError& error) {
    throw std::logic_error(fmt::format("the weight image contradicts itself: {}", error.what()));
  }
}

}  // namespace

void write_image(const fs::path& path, const WeightImage& image) {
  check_consistent(image);
  std::string bytes;
  Hdf5File file = Hdf5File::create(kUserBlock, bytes);
  write_content(GroupWriter(file.root()), image);
  file.close();
  bytes.replace(0, kUserBlock, user_block(kVersion, bytes.size() - kUserBlock, digest_of(bytes)));
  write_file_atomically(path, bytes);
}

WeightImage read_image(const fs::path& path) {
  WeightImage image;
  in_context(path.string(), [&] {
    try {
      check_user_block(path);
      image = read_content(GroupReader(Hdf5File::open(path).root()));
    } catch (const std::bad_alloc&) {
      throw InputError("it needs more memory than there is");
    } catch (const std::length_error&) {
      throw InputError("it needs more memory than there is");
    }
    check_image(image);
  });
  return image;
}

}  // namespace reprise
