/// The part of MemoryPool that does not depend on the type of its objects. For memory_pool.hpp only.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/base/poison.hpp"
#include "allot/core/allocator.hpp"
#include "allot/heap/reset_mode.hpp"

namespace allot::inline v0_1::detail {

/// What all slots of a pool have in common.
struct PoolLayout {
  std::size_t slot_size;  ///< a multiple of `alignment`, room for a pointer
  Alignment alignment;    ///< at least a pointer's
  bool is_checked;        ///< chunks carry a bit a slot: whether it is in use
};

/// Slots of one size: those given back on a list through themselves, those never used in a range at the end of the
/// newest chunk. Threads: not safe.
class PoolCore {
 public:
  explicit PoolCore(Allocator child) noexcept : child_(child) {}

  /// The slot given back last, or null when there is none. A few instructions.
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* take_given(std::size_t slot_size) noexcept {
    Slot* slot = free_;
    if (slot == nullptr) [[unlikely]]
      return nullptr;
    unpoison_defined(slot, sizeof(Slot));
    free_ = slot->next;
    unpoison(slot, slot_size);
    return slot;
  }

  /// A slot never used before, or null when out of memory. Fixed pools do not ask the child.
  [[nodiscard]] ALLOT_NOINLINE void* take_fresh(const PoolLayout& layout, bool growable) noexcept;

  /// Takes a slot back. A few instructions.
  ALLOT_ALWAYS_INLINE void give(void* memory, std::size_t slot_size) noexcept {
    auto* slot = static_cast<Slot*>(memory);
    slot->next = free_;
    free_ = slot;
    poison(slot, slot_size);
  }

  /// Makes sure that `slots` more can be taken; false when out of memory.
  [[nodiscard]] bool reserve(const PoolLayout& layout, std::size_t slots) noexcept;
  /// Takes all slots back and keeps chunks of at most `mode.limit()` bytes in all, the largest ones.
  void reset(const PoolLayout& layout, ResetMode mode) noexcept;

  [[nodiscard]] std::size_t capacity_bytes() const noexcept { return chunk_bytes_; }

  // Of checked pools; they stop the program when the slot is not what it must be. O(chunks).
  ALLOT_NOINLINE void mark_taken(const PoolLayout& layout, void* slot) noexcept;
  ALLOT_NOINLINE void mark_given(const PoolLayout& layout, void* slot) noexcept;

 private:
  struct Slot {
    Slot* next;
  };
  struct Chunk;

  [[nodiscard]] std::size_t next_chunk_slots(const PoolLayout& layout) const noexcept;
  [[nodiscard]] Chunk* new_chunk(const PoolLayout& layout, std::size_t slots) noexcept;
  void begin_chunk(const PoolLayout& layout, Chunk* chunk) noexcept;
  void release(Chunk* chunk) noexcept;
  [[nodiscard]] Chunk* chunk_of(const PoolLayout& layout, const void* slot) const noexcept;
  [[nodiscard]] std::size_t slots_at_hand(const PoolLayout& layout) const noexcept;

  Slot* free_ = nullptr;
  std::byte* fresh_ = nullptr;
  std::byte* fresh_end_ = nullptr;
  Allocator child_;
  Chunk* chunks_ = nullptr;   // in use, newest first
  Chunk* reserve_ = nullptr;  // empty
  std::size_t chunk_bytes_ = 0;
};

}  // namespace allot::inline v0_1::detail
