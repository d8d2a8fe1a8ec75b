#pragma once

#include <string>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/rounds.h"

/// The names of the machine's parts in configuration, waveforms and messages. They are made of letters, digits and
/// underscores, with dots between scopes.
namespace reprise {

/// "tile0.pe3": engine `number` of the image, or a copy. Later rounds have their own name for it: "tile0.pe3_round1".
std::string engine_name(int number, const Geometry& geometry, const RoundPlan& rounds = {});

/// "tile0.router".
std::string router_name(int tile);

/// A name for each layer, and "output" for what the last one's rows go to: all different. A layer's name in the
/// network with everything but letters, digits and _ replaced by _.
std::vector<std::string> layer_names(const NetworkDescription& network);

/// Whether `name` is what `pattern` says: * stands for any characters, ? for one, [a-c] for one of these.
bool matches(const std::string& pattern, const std::string& name);

}  // namespace reprise
