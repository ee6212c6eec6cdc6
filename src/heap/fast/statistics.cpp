#include "statistics.hpp"

#include "registry.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

std::size_t held_by_threads(Heap& heap, SizeClass size_class) noexcept {
  std::size_t held = 0;
  for (const CacheBody* body = heap.caches; body != nullptr; body = body->next_of_heap) held += body->held(size_class);
  return held;
}

/// What threads keep of their large blocks, and how many of them are huge.
struct KeptByThreads {
  std::size_t runs = 0;
  std::size_t huge = 0;
  std::size_t huge_blocks = 0;
};

KeptByThreads kept_by_threads(Heap& heap) noexcept {
  KeptByThreads sum;
  for (const CacheBody* body = heap.caches; body != nullptr; body = body->next_of_heap) {
    const KeptLarge::Kept kept = body->large().kept_bytes();
    sum.runs += kept.run;
    sum.huge += kept.huge;
    sum.huge_blocks += kept.huge != 0 ? 1 : 0;
  }
  return sum;
}

FastHeapStatistics::Class class_statistics(Heap& heap, SizeClass size_class) noexcept {
  const Central::Totals central = heap.centrals[size_class].totals();
  const std::size_t cached = held_by_threads(heap, size_class) + central.transfer;
  // Stacks may hold blocks that came from another class or from a run: what is out bounds what is cached.
  const std::size_t live = cached < central.out ? central.out - cached : 0;
  return {size_of_class(size_class), live, cached};
}

}  // namespace

FastHeapStatistics statistics_of(Heap& heap) noexcept {
  FastHeapStatistics result{};
  const sys::ScopedLock lock(registry_mutex());
  std::size_t in_classes = 0;
  std::size_t out = 0;
  for (SizeClass c = 1; c < class_count; ++c) {
    result.classes[c - 1] = class_statistics(heap, c);
    result.cached_bytes += result.classes[c - 1].cached * size_of_class(c);
    const Central::Totals central = heap.centrals[c].totals();
    out += central.out * size_of_class(c);
    in_classes += central.spans * slices_of_class(c) * slice_size;
  }
  const PageHeap::Totals pages = heap.pages.totals();
  const HugeBlocks::Totals huge = heap.huge.totals();
  if (pages.in_spans > in_classes) out += pages.in_spans - in_classes;  // large blocks
  const KeptByThreads kept = kept_by_threads(heap);
  result.cached_bytes += kept.runs;
  result.live_bytes = (out > result.cached_bytes ? out - result.cached_bytes : 0) + huge.live - kept.huge;
  result.cached_bytes += huge.cached + kept.huge;
  result.mapped_bytes = pages.mapped + huge.live + huge.cached;
  result.dirty_bytes = pages.dirty;
  result.returned_bytes = pages.returned + huge.returned;
  result.huge_blocks = huge.blocks - kept.huge_blocks;
  return result;
}

}  // namespace allot::inline v0_1::detail::fast
