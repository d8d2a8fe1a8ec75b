#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// The ONNX file format: what is true of any network, before any operator has a meaning.
namespace reprise {

using Dimensions = std::vector<std::int64_t>;

/// No tensor may have more elements: beyond this a file is damaged rather than large.
constexpr std::int64_t kMaximumElements = std::int64_t{1} << 28;

/// "[1, 3, 32, 32]"
std::string to_string(const Dimensions& dimensions);

/// Product of the dimensions. Throws InputError ("`what` has shape ...") unless all are at least 1 and the product
/// at most kMaximumElements.
std::int64_t element_count(const Dimensions& dimensions, std::string_view what);

/// A constant, of which one of the two vectors is in use.
struct ConstantTensor {
  Dimensions dimensions;  ///< empty: a scalar
  bool is_integral = false;
  std::vector<float> values;
  std::vector<std::int64_t> integers;
};

/// Decodes float32, float16, double, int32, int64 and bool. Throws InputError that names the tensor.
ConstantTensor decode_tensor(const onnx::TensorProto& tensor);

/// A parsed file whose graph is sound: one input, one output, every tensor made exactly once, no cycles. Throws
/// InputError without the file's name.
class OnnxModel {
 public:
  explicit OnnxModel(const std::filesystem::path& path);
  OnnxModel(const OnnxModel&) = delete;
  OnnxModel& operator=(const OnnxModel&) = delete;

  int ir_version() const { return static_cast<int>(proto_.ir_version()); }
  int opset() const { return opset_; }
  const std::unordered_map<std::string, int>& opsets() const { return opsets_; }

  const std::string& input() const { return input_->name(); }
  const std::string& output() const { return output_->name(); }
  Dimensions input_dimensions() const;  ///< the batch axis is 1

  /// Throws InputError unless the file's declaration of the output, if any, agrees.
  void check_output_dimensions(const Dimensions& dimensions) const;

  /// The nodes on which the output depends, inputs before uses, otherwise in the file's order; names are unique.
  const std::vector<const onnx::NodeProto*>& nodes() const { return nodes_; }

  /// The constants that the file has apart from its nodes, by name.
  const std::unordered_map<std::string, const onnx::TensorProto*>& initialisers() const { return initialisers_; }

 private:
  void read_opsets();
  void find_ends();
  void name_nodes();
  void sort_nodes();

  onnx::ModelProto proto_;
  int opset_ = 0;
  std::unordered_map<std::string, int> opsets_;
  std::unordered_map<std::string, const onnx::TensorProto*> initialisers_;
  const onnx::ValueInfoProto* input_ = nullptr;
  const onnx::ValueInfoProto* output_ = nullptr;
  std::vector<const onnx::NodeProto*> nodes_;
};

}  // namespace reprise
