#pragma once

#include "compression/network/graph.h"

namespace reprise {

/// im2col of output rows first_row .. first_row + rows - 1: one line a weight (channel, ky, kx), in it one column an
/// output position; `width` positions an output row. `in` are `channels` planes of shape.height x shape.width.
void unfold(const float* in, const Shape& shape, int channels, const SlidingWindow& window, int width, int first_row,
            int rows, float* columns);

/// What FloatInputFilter lets through, in place: columns[taps][count], the taps of one convolution group.
void filter_columns(const FloatInputFilter& filter, int taps, int count, float* columns);

}  // namespace reprise
