/// What a thread knows of the heaps it uses. One constinit, initial-exec object a thread: reading it is one instruction
/// and runs no code, before main and after it too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/heap/fast/thread_cache.hpp"

namespace allot::inline v0_1::detail::fast {

/// Where a thread finds its cache of an instance. The serial is never used twice: after the instance is gone, or when
/// another one took the slot, it does not match and the pointer is not followed.
struct InstanceSlot {
  std::uint64_t serial = 0;
  ThreadCache* cache = nullptr;
};

constexpr std::size_t instance_slot_count = 8;

struct ThreadState {
  ThreadCache process_cache;  ///< of smp_allocator and malloc
  InstanceSlot instances[instance_slot_count];
  CacheBody* bodies = nullptr;  ///< all caches of this thread; guarded by the registry's lock
  bool armed = false;           ///< the exit hook will run
  bool ended = false;           ///< the exit hook has run: no caches any more
};

[[gnu::tls_model("initial-exec")]] extern constinit thread_local ThreadState thread_state;

}  // namespace allot::inline v0_1::detail::fast
