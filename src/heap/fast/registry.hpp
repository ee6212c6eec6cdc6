/// The registry: which thread holds which cache of which heap, what happens when one of the two ends, and around fork.
///
/// A thread that ends gives its blocks back and leaves its cache to the next thread. A heap that ends takes its caches
/// along; threads notice by the serial. In a forked child only the forking thread's caches live on; blocks that other
/// threads held at that moment are lost to the child.
/// Threads: safe; one lock, taken on a thread's first use of a heap, at its end, and for statistics.
#pragma once

#include "allot/core/thread_state.hpp"
#include "allot/sys/mutex.hpp"
#include "heap.hpp"

namespace allot::inline v0_1::detail::fast {

/// Opens `heap` and lists it; false when out of memory.
[[nodiscard]] bool open_heap(Heap& heap, PageMap* map) noexcept;

/// Ends a heap: every cache and all memory goes back to the system.
void close_heap(Heap& heap) noexcept;

/// The calling thread's cache of `heap`; null when the thread has ended or memory is out.
[[nodiscard]] CacheBody* cache_of_thread(Heap& heap) noexcept;

/// Moves the process heap's caches, the calling thread's and all later ones, out of the inline paths' sight.
void hide_process_caches(Heap& process_heap) noexcept;

/// Gives the calling thread's blocks back to all heaps it uses, as at its end.
void flush_thread() noexcept;

[[nodiscard]] sys::Mutex& registry_mutex() noexcept;

}  // namespace allot::inline v0_1::detail::fast
