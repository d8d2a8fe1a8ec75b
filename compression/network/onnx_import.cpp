#include "compression/network/onnx_import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/checker.h>

#include <exception>

#include "compression/network/onnx_operators.h"
#include "support/error.h"

namespace reprise {
namespace {

/// The nodes of a file one after another, with the problems of all of them.
class Importer {
 public:
  explicit Importer(const OnnxModel& model) : model_(model), graph_(model) {
    context_.set_ir_version(model.ir_version());
    context_.set_opset_imports(model.opsets());
    values_[model.input()] = Activation{kNetworkInput, model.input_dimensions()};
  }

  Graph import() {
    for (const onnx::NodeProto* node : model_.nodes()) {
      try {
        import_node(*node);
      } catch (const InputError& error) {
        problems_.push_back(fmt::format("node '{}' ({}): {}", node->name(), node->op_type(), error.what()));
        for (const std::string& output : node->output()) failed_.insert(output);
      }
    }
    if (!problems_.empty()) {
      throw InputError(fmt::format("{} of the network's nodes cannot be imported\n  {}", problems_.size(),
                                   fmt::join(problems_, "\n  ")));
    }
    const auto* output = std::get_if<Activation>(&values_.at(model_.output()));
    require(output != nullptr, "the network's output does not depend on its input");
    model_.check_output_dimensions(output->dimensions);
    return graph_.finish(*output);
  }

 private:
  void import_node(const onnx::NodeProto& proto) {
    const bool standard = proto.domain().empty() || proto.domain() == "ai.onnx";
    const auto found = onnx_operators().find(proto.op_type());
    require(standard && found != onnx_operators().end(), "the operator is not supported");
    check(proto);
    for (const std::string& input : proto.input()) {
      if (failed_.count(input) == 0) continue;
      for (const std::string& output : proto.output()) failed_.insert(output);
      return;  // the cause has been noted
    }
    load_constants(proto);
    values_[proto.output(0)] = found->second(OnnxNode(proto, model_.opset(), values_), graph_);
  }

  /// Numbers of inputs and outputs, names and types of attributes.
  void check(const onnx::NodeProto& proto) const {
    try {
      onnx::checker::check_node(proto, context_, onnx::checker::LexicalScopeContext());
    } catch (const std::exception& error) {
      const std::string message = error.what();
      throw InputError(message.substr(0, message.find('\n')));
    }
  }

  void load_constants(const onnx::NodeProto& proto) {
    for (const std::string& input : proto.input()) {
      const auto tensor = model_.initialisers().find(input);
      if (tensor != model_.initialisers().end() && values_.count(input) == 0) {
        values_[input] = decode_tensor(*tensor->second);
      }
    }
  }

  const OnnxModel& model_;
  GraphBuilder graph_;
  onnx::checker::CheckerContext context_;
  std::unordered_map<std::string, Value> values_;
  std::set<std::string> failed_;  ///< tensors that could not be made
  std::vector<std::string> problems_;
};

}  // namespace

Graph import_onnx(const std::filesystem::path& path) {
  try {
    const OnnxModel model(path);
    Graph graph = Importer(model).import();
    graph.name = path.stem().string();
    return graph;
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", path.string(), error.what()));
  }
}

}  // namespace reprise
