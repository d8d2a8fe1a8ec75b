#include "rtl_models/tile.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "support/error.h"

namespace reprise::rtl {
namespace {

std::vector<std::vector<bool>> outputs_of_engines(const LayerMapping& mapping) {
  std::vector<std::vector<bool>> outputs;
  for (const EngineShare& share : mapping.engines) {
    outputs.emplace_back(mapping.initial_sums.size());
    const std::size_t last_unit = share.first_unit + share.unit_count - 1;
    for (std::size_t e = mapping.entries_begin(share.first_unit); e < mapping.entries_end(last_unit); ++e)
      outputs.back()[mapping.entries[e].output] = true;
  }
  return outputs;
}

int checked_lanes(const TileConfig& config) {
  if (config.merge_cycles < 0 || config.output_lanes < 1)
    throw InputError(fmt::format("tile: merge_cycles {} and output_lanes {}, expected at least 0 and 1",
                                 config.merge_cycles, config.output_lanes));
  return config.output_lanes;
}

}  // namespace

Tile::Tile(const sc_core::sc_module_name& name, const TileConfig& config, const WeightImage& image,
           const LayerMapping& mapping)
    : sc_module(name),
      engine_busy_("engine_busy", mapping.engines.size()),
      engine_done_("engine_done", mapping.engines.size()),
      engine_cycles_("engine_cycles", mapping.engines.size()),
      engine_sums_("engine_sums", mapping.engines.size()),
      merged_("merged", Bus<std::int32_t>(mapping.initial_sums.size())),
      engines_("engine"),
      merge_tree_("merge_tree", outputs_of_engines(mapping), mapping.initial_sums.size(), config.merge_cycles),
      requantiser_("requantiser", image.network.layers.at(static_cast<std::size_t>(mapping.layer)),
                   mapping.initial_sums, checked_lanes(config)) {
  add_filter(image, image.network.layers[static_cast<std::size_t>(mapping.layer)]);
  engines_.init(mapping.engines.size(), [&](const char* engine, std::size_t index) {
    return new ProcessingEngine(engine, config.engine, image, mapping, mapping.engines[index]);
  });
  for (std::size_t e = 0; e < engines_.size(); ++e) {
    engines_[e].clock(clock);
    engines_[e].start(begin_);
    if (filter_ != nullptr) {
      engines_[e].window(filtered_);
    } else {
      engines_[e].window(window);
    }
    engines_[e].window_key(window_key);
    engines_[e].busy(engine_busy_[e]);
    engines_[e].done(engine_done_[e]);
    engines_[e].cycles(engine_cycles_[e]);
    engines_[e].sums(engine_sums_[e]);
    merge_tree_.part[e](engine_sums_[e]);
  }
  merge_tree_.clock(clock);
  merge_tree_.begin(begin_);
  merge_tree_.enable(engines_through_);
  merge_tree_.merged(merged_);
  merge_tree_.complete(merge_complete_);
  requantiser_.clock(clock);
  requantiser_.begin(begin_);
  requantiser_.enable(merge_complete_);
  requantiser_.sums(merged_);
  requantiser_.output(output);
  requantiser_.last(last_);

  SC_METHOD(decide);
  sensitive << start << busy;
  for (auto& engine : engine_busy_) sensitive << engine;
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void Tile::add_filter(const WeightImage& image, const Layer& layer) {
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  if (!convolution.filter) return;
  const int channels = image.network.shape_of(layer.inputs.front()).channels / convolution.groups;
  filter_ = std::make_unique<InputFilter>("input_filter", *convolution.filter,
                                          static_cast<std::size_t>(channels * convolution.window.area()));
  filter_->clock(clock);
  filter_->begin(begin_);
  filter_->window(window);
  filter_->filtered(filtered_);
}

void Tile::decide() {
  const bool computing = std::any_of(engine_busy_.begin(), engine_busy_.end(), [](const auto& b) { return b.read(); });
  begin_.write(start.read() && !busy.read());
  engines_through_.write(busy.read() && !computing);
}

void Tile::step() {
  if (busy.read()) cycles.write(cycles.read() + 1);
  done.write(last_.read());
  if (last_.read()) busy.write(false);
  if (begin_.read()) {
    busy.write(true);
    cycles.write(0);
  }
}

void Tile::trace(sc_core::sc_trace_file* file) const {
  const std::string prefix = std::string(name()) + ".";
  sc_trace(file, busy, prefix + "busy");
  sc_trace(file, cycles, prefix + "cycles");
  sc_trace(file, engines_through_, prefix + "engines_through");
  sc_trace(file, merge_complete_, prefix + "merge_complete");
  sc_trace(file, merged_, prefix + "merged");
  for (const ProcessingEngine& engine : engines_) engine.trace(file);
}

}  // namespace reprise::rtl
