#pragma once

#include <cstddef>
#include <vector>

namespace reprise {

/// Asks for huge pages for memory that is about to be filled: a thousandth of the page faults, which cost more than the
/// filling does under some hypervisors. Nothing where the system has none.
void prefer_huge_pages(void* memory, std::size_t bytes);

/// The same for what a vector will hold.
template <class T, class Allocator>
void reserve_in_huge_pages(std::vector<T, Allocator>& values, std::size_t count) {
  values.reserve(count);
  prefer_huge_pages(values.data(), values.capacity() * sizeof(T));
}

}  // namespace reprise
