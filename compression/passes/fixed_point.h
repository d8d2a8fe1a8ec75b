#pragma once

#include "compression/image/network.h"

namespace reprise {

/// The fixed-point factor nearest to `factor`, with 31 significant bits. Factors below 2^-32 have fewer, down to 0.
/// Throws InputError for a factor that is not finite or has a magnitude of 2^29 or more.
FixedPoint fixed_point(double factor);

}  // namespace reprise
