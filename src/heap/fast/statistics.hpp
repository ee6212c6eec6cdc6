/// Gathers the statistics of a heap.
#pragma once

#include "allot/heap/fast_heap_statistics.hpp"
#include "heap.hpp"

namespace allot::inline v0_1::detail::fast {

/// Takes the registry's lock and each of the heap's, one after the other.
[[nodiscard]] FastHeapStatistics statistics_of(Heap& heap) noexcept;

}  // namespace allot::inline v0_1::detail::fast
