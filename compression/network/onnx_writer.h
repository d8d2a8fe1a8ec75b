#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compression/network/onnx_model.h"

namespace reprise {

/// Puts an ONNX file together, node by node. Tensors are known by their names; the caller keeps these unique.
class OnnxWriter {
 public:
  using Attribute = std::pair<const char*, std::variant<std::int64_t, Dimensions>>;

  explicit OnnxWriter(const std::string& network);

  /// The network's ends: float, with a free batch axis in front of the dimensions.
  void declare_input(const std::string& name, const Dimensions& dimensions);
  void declare_output(const std::string& name, const Dimensions& dimensions);

  /// Adds a constant and returns its name. Without dimensions it is a scalar. The elements may be of any type that
  /// element_type knows.
  template <class T>
  std::string constant(const std::string& name, const Dimensions& dimensions, const std::vector<T>& values) {
    add_constant(name, dimensions, element_type(T{}), values.data(), values.size() * sizeof(T));
    return name;
  }

  /// Adds a node whose only output has the node's name, and returns that.
  std::string node(const std::string& name, const char* type, const std::vector<std::string>& inputs,
                   const std::vector<Attribute>& attributes = {});

  /// The file's content. The same calls give the same bytes.
  std::string bytes() const;

 private:
  static onnx::TensorProto::DataType element_type(float) { return onnx::TensorProto::FLOAT; }
  static onnx::TensorProto::DataType element_type(std::int8_t) { return onnx::TensorProto::INT8; }
  static onnx::TensorProto::DataType element_type(std::uint8_t) { return onnx::TensorProto::UINT8; }
  static onnx::TensorProto::DataType element_type(std::int32_t) { return onnx::TensorProto::INT32; }
  static onnx::TensorProto::DataType element_type(std::int64_t) { return onnx::TensorProto::INT64; }
  void add_constant(const std::string& name, const Dimensions& dimensions, onnx::TensorProto::DataType type,
                    const void* values, std::size_t size);

  onnx::ModelProto proto_;
};

}  // namespace reprise
