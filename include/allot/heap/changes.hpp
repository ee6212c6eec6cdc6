/// Changes: how often something that others may remember has ceased to be true. Internal: for what looks up blocks of
/// the checked heap.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::checked {

/// A counter beside what it counts for. Whoever remembers a fact remembers the count from before it looked; the fact
/// holds while the count is the same. Wraps around after 2^32 changes.
struct Changes {
  std::uint32_t count = 0;

  /// After the change. The first form is for writers who hold a lock.
  ALLOT_ALWAYS_INLINE void note() noexcept { __atomic_store_n(&count, count + 1, __ATOMIC_RELEASE); }
  ALLOT_ALWAYS_INLINE void note_unlocked() noexcept { __atomic_fetch_add(&count, 1U, __ATOMIC_RELEASE); }
  [[nodiscard]] ALLOT_ALWAYS_INLINE std::uint32_t seen() const noexcept {
    return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
  }
};

/// What covers an address, or that nothing of ours does: changed by every new and every released slab and mapping.
[[gnu::visibility("hidden")]] extern constinit Changes block_map_changes;

}  // namespace allot::inline v0_1::checked
