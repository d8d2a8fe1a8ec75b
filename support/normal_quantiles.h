#pragma once

#include <vector>

namespace reprise {

/// z[r], for r = 0..65535: the standard normal quantile of (r + 1/2) / 65536.
const std::vector<double>& normal_quantiles();

}  // namespace reprise
