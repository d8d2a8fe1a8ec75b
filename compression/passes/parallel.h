#pragma once

#include <cstddef>
#include <functional>

namespace reprise {

/// Calls work(0) .. work(count - 1), on all processors; which one does what does not matter to the results. The first
/// exception is thrown again when all have stopped. May be called from such work: it then uses the processors that are
/// idle.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

/// The same for work(first, end), which covers 0 .. count - 1 in runs of `run` neighbours: where one is too little to
/// be shared out.
void in_parallel_runs(std::size_t count, std::size_t run, const std::function<void(std::size_t, std::size_t)>& work);

}  // namespace reprise
