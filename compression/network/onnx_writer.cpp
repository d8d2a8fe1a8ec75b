#include "compression/network/onnx_writer.h"

#include <stdexcept>

#include "support/version.h"

namespace reprise {
namespace {

constexpr int kOpset = 13;     // the first with QuantizeLinear and DequantizeLinear per channel
constexpr int kIrVersion = 7;  // that belongs to it

void declare(onnx::ValueInfoProto& value, const std::string& name, const Dimensions& dimensions) {
  value.set_name(name);
  auto* type = value.mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape()->add_dim()->set_dim_param("batch");
  for (const std::int64_t size : dimensions) type->mutable_shape()->add_dim()->set_dim_value(size);
}

}  // namespace

OnnxWriter::OnnxWriter(const std::string& network) {
  proto_.set_ir_version(kIrVersion);
  proto_.add_opset_import()->set_version(kOpset);
  proto_.set_producer_name("reprise");
  proto_.set_producer_version(kVersionText);
  proto_.mutable_graph()->set_name(network);
}

void OnnxWriter::declare_input(const std::string& name, const Dimensions& dimensions) {
  declare(*proto_.mutable_graph()->add_input(), name, dimensions);
}

void OnnxWriter::declare_output(const std::string& name, const Dimensions& dimensions) {
  declare(*proto_.mutable_graph()->add_output(), name, dimensions);
}

std::string OnnxWriter::node(const std::string& name, const char* type, const std::vector<std::string>& inputs,
                             const std::vector<Attribute>& attributes) {
  onnx::NodeProto& node = *proto_.mutable_graph()->add_node();
  node.set_name(name);
  node.set_op_type(type);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(name);
  for (const auto& [attribute_name, value] : attributes) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(attribute_name);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      attribute.set_type(onnx::AttributeProto::INT);
      attribute.set_i(*number);
    } else {
      attribute.set_type(onnx::AttributeProto::INTS);
      for (const std::int64_t element : std::get<Dimensions>(value)) attribute.add_ints(element);
    }
  }
  return name;
}

void OnnxWriter::add_constant(const std::string& name, const Dimensions& dimensions, onnx::TensorProto::DataType type,
                              const void* values, std::size_t size) {
  onnx::TensorProto& tensor = *proto_.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (const std::int64_t dimension : dimensions) tensor.add_dims(dimension);
  tensor.set_raw_data(values, size);
}

std::string OnnxWriter::bytes() const {
  std::string bytes;
  if (!proto_.SerializeToString(&bytes)) throw std::runtime_error("the network does not fit an ONNX file of 2 GiB");
  return bytes;
}

}  // namespace reprise
