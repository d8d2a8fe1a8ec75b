#pragma once

#include "compression/image/weight_image.h"
#include "compression/mapping/mapping_config.h"
#include "compression/network/quantised_network.h"

namespace reprise {

/// Lays the network's weights out on the chip: row groups, operation units, scatter lists, engines, cells. Provenance
/// is left to the caller. An image of an engine that shares no patterns has the granularity `kernel`, whatever the
/// configuration says. Where an engine may store a layer in several ways, the one that needs least net storage is
/// taken.
///
/// Throws InputError where the network is not valid (check_network), needs more engines than the chip has, a weight
/// cannot be encoded, or an accumulator could leave 32 bits.
WeightImage map_network(const QuantisedNetwork& network, const MappingConfig& config);

}  // namespace reprise
