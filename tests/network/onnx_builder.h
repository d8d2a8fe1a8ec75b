#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "compression/network/float_executor.h"
#include "compression/network/onnx_import.h"
#include "support/error.h"
#include "tests/support/temporary_folder.h"

namespace reprise::test {

using Sizes = std::vector<std::int64_t>;
using Floats = std::vector<float>;

/// Writes ONNX files: `input`, nodes and constants, `output`.
class OnnxBuilder {
 public:
  onnx::ModelProto model;

  explicit OnnxBuilder(const Sizes& input_shape, int opset = 13) {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(opset);
    declare(model.mutable_graph()->add_input(), "input", input_shape);
    model.mutable_graph()->add_output()->set_name("output");
  }

  /// A size below 1 is free.
  static void declare(onnx::ValueInfoProto* value, const std::string& name, const Sizes& shape) {
    value->set_name(name);
    auto* type = value->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    type->mutable_shape();
    for (const std::int64_t size : shape) {
      auto* dimension = type->mutable_shape()->add_dim();
      if (size < 1) {
        dimension->set_dim_param("N");
      } else {
        dimension->set_dim_value(size);
      }
    }
  }

  onnx::TensorProto& constant(const std::string& name, const Sizes& shape, const Floats& values) {
    onnx::TensorProto& tensor = new_constant(name, shape, onnx::TensorProto::FLOAT);
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    return tensor;
  }

  onnx::TensorProto& constant(const std::string& name, const Sizes& values) {
    onnx::TensorProto& tensor =
        new_constant(name, {static_cast<std::int64_t>(values.size())}, onnx::TensorProto::INT64);
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return tensor;
  }

  onnx::TensorProto& new_constant(const std::string& name, const Sizes& shape, onnx::TensorProto::DataType type) {
    onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t size : shape) tensor.add_dims(size);
    return tensor;
  }

  /// Adds attributes to one node: .with("strides", Sizes{2, 2})
  struct NodeBuilder {
    onnx::NodeProto& node;

    NodeBuilder with(const std::string& name, std::int64_t value) const {
      add(name, onnx::AttributeProto::INT).set_i(value);
      return *this;
    }
    NodeBuilder with(const std::string& name, int value) const { return with(name, std::int64_t{value}); }
    NodeBuilder with(const std::string& name, float value) const {
      add(name, onnx::AttributeProto::FLOAT).set_f(value);
      return *this;
    }
    NodeBuilder with(const std::string& name, const std::string& value) const {
      add(name, onnx::AttributeProto::STRING).set_s(value);
      return *this;
    }
    NodeBuilder with(const std::string& name, const Sizes& values) const {
      onnx::AttributeProto& attribute = add(name, onnx::AttributeProto::INTS);
      for (const std::int64_t value : values) attribute.add_ints(value);
      return *this;
    }
    NodeBuilder named(const std::string& name) const {
      node.set_name(name);
      return *this;
    }
    onnx::AttributeProto& add(const std::string& name, onnx::AttributeProto::AttributeType type) const {
      onnx::AttributeProto& attribute = *node.add_attribute();
      attribute.set_name(name);
      attribute.set_type(type);
      return attribute;
    }
  };

  NodeBuilder node(const std::string& type, const std::vector<std::string>& inputs,
                   const std::string& output = "output") {
    onnx::NodeProto& result = *model.mutable_graph()->add_node();
    result.set_op_type(type);
    for (const std::string& input : inputs) result.add_input(input);
    result.add_output(output);
    return {result};
  }

  std::string bytes() const { return model.SerializeAsString(); }
};

inline Graph import_bytes(const std::string& bytes) {
  const TemporaryFolder folder;
  return import_onnx(folder.file("net.onnx", bytes));
}

inline Graph import(const OnnxBuilder& builder) {
  return import_bytes(builder.bytes());
}

inline Floats run(const OnnxBuilder& builder, const Floats& input) {
  return FloatExecutor(import(builder)).output(input);
}

/// The message of the InputError that importing gives, less the file's name; empty if there is none.
inline std::string import_error(const std::string& bytes) {
  const TemporaryFolder folder;
  const std::string path = folder.file("net.onnx", bytes);
  try {
    import_onnx(path);
    return "";
  } catch (const InputError& error) {
    const std::string message = error.what();
    return message.rfind(path + ": ", 0) == 0 ? message.substr(path.size() + 2) : "the file is not named: " + message;
  }
}

inline std::string import_error(const OnnxBuilder& builder) {
  return import_error(builder.bytes());
}

}  // namespace reprise::test
