#include "compression/network/onnx_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <unordered_set>

#include "support/error.h"

namespace reprise {
namespace {

constexpr int kOldestOpset = 7;
constexpr int kNewestOpset = 17;

std::string read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) throw InputError("no such file");
  if (!std::filesystem::is_regular_file(path, error)) throw InputError("not a file, expected an ONNX model");
  std::ifstream stream(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.good() && !stream.eof()) throw InputError("cannot be read");
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw InputError("larger than 2 GiB, the most that one ONNX file can hold");
  }
  return bytes;
}

float half_to_float(std::uint16_t half) {
  const float sign = (half & 0x8000U) != 0 ? -1.0F : 1.0F;
  const int exponent = (half >> 10U) & 0x1F;
  const auto fraction = static_cast<float>(half & 0x3FFU);
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  if (exponent == 31) {
    return fraction != 0.0F ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  }
  return sign * std::ldexp(fraction + 1024.0F, exponent - 25);
}

/// How one data type lies in the file: little-endian bytes, or a field of the message.
template <typename Raw, typename Field, typename Convert, typename Result>
void decode(const onnx::TensorProto& tensor, std::int64_t count, const Field& field, Convert convert,
            std::vector<Result>& result) {
  const auto size = static_cast<std::size_t>(count);
  result.reserve(size);
  if (tensor.has_raw_data()) {
    const std::string& bytes = tensor.raw_data();
    if (bytes.size() != size * sizeof(Raw)) {
      throw InputError(fmt::format("tensor '{}' of shape {} has {} bytes of data, expected {}", tensor.name(),
                                   to_string({tensor.dims().begin(), tensor.dims().end()}), bytes.size(),
                                   size * sizeof(Raw)));
    }
    for (std::size_t i = 0; i < size; ++i) {
      Raw raw;
      std::memcpy(&raw, bytes.data() + i * sizeof(Raw), sizeof(Raw));
      result.push_back(static_cast<Result>(convert(raw)));
    }
  } else {
    if (static_cast<std::size_t>(field.size()) != size) {
      throw InputError(fmt::format("tensor '{}' of shape {} has {} values, expected {}", tensor.name(),
                                   to_string({tensor.dims().begin(), tensor.dims().end()}), field.size(), size));
    }
    for (const auto value : field) result.push_back(static_cast<Result>(convert(static_cast<Raw>(value))));
  }
}

std::string type_name(int type) {
  return onnx::TensorProto::DataType_IsValid(type) ? onnx::TensorProto::DataType_Name(onnx::TensorProto::DataType(type))
                                                   : fmt::format("number {}", type);
}

/// A node that waits for inputs can only be on a cycle or behind one: walk back until a node comes up twice.
const onnx::NodeProto* find_cycle(const onnx::GraphProto& graph, int start, const std::set<int>& waiting,
                                  const std::unordered_map<std::string, int>& makers) {
  std::unordered_set<int> seen;
  int node = start;
  while (seen.insert(node).second) {
    for (const std::string& input : graph.node(node).input()) {
      const auto maker = makers.find(input);
      if (maker == makers.end() || waiting.count(maker->second) == 0) continue;
      node = maker->second;
      break;
    }
  }
  return &graph.node(node);
}

}  // namespace

std::string to_string(const Dimensions& dimensions) {
  return fmt::format("[{}]", fmt::join(dimensions, ", "));
}

std::int64_t element_count(const Dimensions& dimensions, std::string_view what) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : dimensions) {
    if (dimension < 1 || dimension > kMaximumElements / count) {
      throw InputError(fmt::format("{} has shape {}, expected dimensions of at least 1 and at most {} elements", what,
                                   to_string(dimensions), kMaximumElements));
    }
    count *= dimension;
  }
  return count;
}

ConstantTensor decode_tensor(const onnx::TensorProto& tensor) {
  const std::string what = fmt::format("tensor '{}'", tensor.name());
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL || tensor.has_segment()) {
    throw InputError(what + " has its data in another file, expected a model in a single file");
  }
  ConstantTensor result;
  result.dimensions.assign(tensor.dims().begin(), tensor.dims().end());
  const std::int64_t count = element_count(result.dimensions, what);
  const auto same = [](auto value) { return value; };
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      decode<float>(tensor, count, tensor.float_data(), same, result.values);
      break;
    case onnx::TensorProto::DOUBLE:
      decode<double>(tensor, count, tensor.double_data(), same, result.values);
      break;
    case onnx::TensorProto::FLOAT16:
      decode<std::uint16_t>(tensor, count, tensor.int32_data(), half_to_float, result.values);
      break;
    case onnx::TensorProto::INT32:
      decode<std::int32_t>(tensor, count, tensor.int32_data(), same, result.integers);
      break;
    case onnx::TensorProto::INT64:
      decode<std::int64_t>(tensor, count, tensor.int64_data(), same, result.integers);
      break;
    case onnx::TensorProto::BOOL:
      decode<std::uint8_t>(tensor, count, tensor.int32_data(), same, result.integers);
      break;
    default:
      throw InputError(fmt::format("{} has data type {}, expected FLOAT, FLOAT16, DOUBLE, INT32, INT64 or BOOL", what,
                                   type_name(tensor.data_type())));
  }
  result.is_integral = result.values.empty();
  return result;
}

OnnxModel::OnnxModel(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  if (!proto_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || !proto_.has_ir_version() ||
      !proto_.has_graph()) {
    throw InputError(fmt::format("not an ONNX model, or truncated or damaged ({} bytes)", bytes.size()));
  }
  read_opsets();
  for (const onnx::TensorProto& tensor : proto_.graph().initializer()) {
    if (!initialisers_.emplace(tensor.name(), &tensor).second) {
      throw InputError(fmt::format("two initialisers have the name '{}'", tensor.name()));
    }
  }
  find_ends();
  name_nodes();
  sort_nodes();
}

void OnnxModel::read_opsets() {
  const std::string advice = fmt::format("export it with an opset from {} to {}", kOldestOpset, kNewestOpset);
  if (proto_.ir_version() < 3 || proto_.ir_version() > onnx::Version::IR_VERSION) {
    throw InputError(fmt::format("the model has ONNX IR version {}, expected 3 to {}: {}", proto_.ir_version(),
                                 static_cast<int>(onnx::Version::IR_VERSION), advice));
  }
  for (const onnx::OperatorSetIdProto& set : proto_.opset_import()) {
    const std::string domain = set.domain() == "ai.onnx" ? "" : set.domain();
    constexpr std::int64_t kLimit = std::numeric_limits<int>::max();
    opsets_[domain] = static_cast<int>(std::clamp<std::int64_t>(set.version(), 0, kLimit));
  }
  const auto standard = opsets_.find("");
  if (standard == opsets_.end()) throw InputError("the model does not say which ONNX opset it uses: " + advice);
  opset_ = standard->second;
  if (opset_ < kOldestOpset || opset_ > kNewestOpset) {
    throw InputError(fmt::format("the model uses ONNX opset {}: {}", opset_, advice));
  }
}

void OnnxModel::find_ends() {
  std::vector<std::string> inputs;
  for (const onnx::ValueInfoProto& value : proto_.graph().input()) {
    if (initialisers_.count(value.name()) != 0) continue;  // old files list their weights as inputs
    inputs.push_back(value.name());
    input_ = &value;
  }
  if (inputs.size() != 1) {
    throw InputError(
        fmt::format("the network has {} inputs ({}), expected one", inputs.size(), fmt::join(inputs, ", ")));
  }
  if (proto_.graph().output_size() != 1) {
    std::vector<std::string> outputs;
    for (const onnx::ValueInfoProto& value : proto_.graph().output()) outputs.push_back(value.name());
    throw InputError(
        fmt::format("the network has {} outputs ({}), expected one", outputs.size(), fmt::join(outputs, ", ")));
  }
  output_ = &proto_.graph().output(0);
}

Dimensions OnnxModel::input_dimensions() const {
  const auto& type = input_->type().tensor_type();
  const std::string what = fmt::format("the network's input '{}'", input());
  if (!input_->type().has_tensor_type() || !type.has_shape()) throw InputError(what + " has no shape");
  if (type.elem_type() != onnx::TensorProto::FLOAT && type.elem_type() != onnx::TensorProto::FLOAT16 &&
      type.elem_type() != onnx::TensorProto::DOUBLE) {
    throw InputError(
        fmt::format("{} has data type {}, expected FLOAT, FLOAT16 or DOUBLE", what, type_name(type.elem_type())));
  }
  Dimensions dimensions;
  for (const auto& dimension : type.shape().dim()) {
    const bool is_batch = dimensions.empty();
    if (!dimension.has_dim_value() && !is_batch) {
      throw InputError(fmt::format("{} has dimension {} ('{}') of unknown size, expected a fixed one", what,
                                   dimensions.size(), dimension.dim_param()));
    }
    // Exporters write a free batch size as a name, as nothing at all, or as 0 or -1.
    const bool is_free = is_batch && (!dimension.has_dim_value() || dimension.dim_value() < 1);
    dimensions.push_back(is_free ? 1 : dimension.dim_value());
  }
  element_count(dimensions, what);
  if (dimensions.size() < 2 || dimensions.size() > 4 || dimensions[0] != 1) {
    throw InputError(
        fmt::format("{} has shape {}, expected [1, channels, height, width] with a batch axis of 1 or of free size",
                    what, to_string(dimensions)));
  }
  return dimensions;
}

void OnnxModel::check_output_dimensions(const Dimensions& dimensions) const {
  const auto& type = output_->type().tensor_type();
  if (!type.has_shape()) return;
  const auto& declared = type.shape().dim();
  bool agrees = static_cast<std::size_t>(declared.size()) == dimensions.size();
  Dimensions sizes;
  for (int i = 0; i < declared.size(); ++i) {
    sizes.push_back(declared[i].has_dim_value() ? declared[i].dim_value() : -1);
    agrees = agrees && (sizes.back() < 1 || sizes.back() == dimensions[static_cast<std::size_t>(i)]);
  }
  if (!agrees) {
    throw InputError(fmt::format("the network's output '{}' is declared with shape {} but its nodes make {}", output(),
                                 to_string(sizes), to_string(dimensions)));
  }
}

void OnnxModel::name_nodes() {
  std::unordered_set<std::string> taken;
  for (const onnx::NodeProto& node : proto_.graph().node()) taken.insert(node.name());
  std::unordered_set<std::string> used{""};
  for (int i = 0; i < proto_.graph().node_size(); ++i) {
    onnx::NodeProto& node = *proto_.mutable_graph()->mutable_node(i);
    if (used.insert(node.name()).second) continue;
    std::string name = node.op_type();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    name += std::to_string(i);
    while (!taken.insert(name).second) name += '_';
    node.set_name(name);
    used.insert(name);
  }
}

void OnnxModel::sort_nodes() {
  const onnx::GraphProto& graph = proto_.graph();
  std::unordered_map<std::string, int> makers;  // tensor -> node
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) {
      if (output.empty()) continue;
      if (output == input() || initialisers_.count(output) != 0 || !makers.emplace(output, i).second) {
        throw InputError(
            fmt::format("node '{}' makes the tensor '{}', which is made elsewhere too", graph.node(i).name(), output));
      }
    }
  }
  if (makers.count(output()) == 0) {
    throw InputError(fmt::format("no node makes the network's output '{}'", output()));
  }

  std::set<int> waiting{makers.at(output())};  // nodes that are needed and not yet in order
  std::vector<int> found(waiting.begin(), waiting.end());
  std::vector<std::vector<int>> users(static_cast<std::size_t>(graph.node_size()));
  std::vector<int> missing(static_cast<std::size_t>(graph.node_size()), 0);  // inputs of a node not yet in order
  while (!found.empty()) {
    const int node = found.back();
    found.pop_back();
    for (const std::string& input_name : graph.node(node).input()) {
      if (input_name.empty() || input_name == input() || initialisers_.count(input_name) != 0) continue;
      const auto maker = makers.find(input_name);
      if (maker == makers.end()) {
        throw InputError(
            fmt::format("node '{}' uses the tensor '{}', which nothing makes", graph.node(node).name(), input_name));
      }
      users[static_cast<std::size_t>(maker->second)].push_back(node);
      ++missing[static_cast<std::size_t>(node)];
      if (waiting.insert(maker->second).second) found.push_back(maker->second);
    }
  }

  std::set<int> ready;
  for (const int node : waiting) {
    if (missing[static_cast<std::size_t>(node)] == 0) ready.insert(node);
  }
  while (!ready.empty()) {
    const int node = *ready.begin();
    ready.erase(ready.begin());
    waiting.erase(node);
    nodes_.push_back(&graph.node(node));
    for (const int user : users[static_cast<std::size_t>(node)]) {
      if (--missing[static_cast<std::size_t>(user)] == 0) ready.insert(user);
    }
  }
  if (!waiting.empty()) {
    throw InputError(fmt::format("node '{}' depends on its own output (the graph has a cycle)",
                                 find_cycle(graph, *waiting.begin(), waiting, makers)->name()));
  }
}

}  // namespace reprise
