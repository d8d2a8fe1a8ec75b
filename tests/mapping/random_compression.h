#pragma once

#include <random>

#include "compression/network/quantised_network.h"

namespace reprise::test {

/// Gives some convolutions what the passes give them: shapes of kept rows; patterns that are others times a power of
/// two, or their negatives; weights of few bits. Weights only become smaller.
void compress_at_random(std::mt19937& random, QuantisedNetwork& network);

}  // namespace reprise::test
