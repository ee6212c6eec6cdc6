/// A slab: slots of one size, and beside it what is known about each slot.
///
/// Bytes of a slot: the block, then the pattern up to the next slot (at least the red zone). Before the first slot lies
/// pattern too. So the bytes around any block are pattern, whichever neighbour they belong to.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/heap/stack_depot.hpp"
#include "list.hpp"
#include "size_classes.hpp"

namespace allot::inline v0_1::checked {

struct State;
struct Shard;

enum class SlotState : std::uint8_t { never_used, live, dead };

using ShapeWord [[gnu::may_alias]] = std::uint32_t;

struct SlotInfo {
  TraceId allocation;
  TraceId first_free;
  std::uint32_t epoch;          // of the snapshot before the allocation
  std::uint16_t size;           // requested
  std::uint8_t alignment_log2;  // requested
  SlotState state;
  std::uint16_t next;          // dead: the slot freed after this one
  std::uint16_t alloc_thread;  // thread numbers, their low 16 bits
  std::uint16_t free_thread;
  std::uint8_t tag;   // the caller's own, see Request
  std::uint8_t mark;  // 0; for whoever walks all blocks

  /// Size, alignment and state in one: whoever remembers a live block's place knows by this word whether it still is
  /// one of that size.
  [[nodiscard]] const ShapeWord* shape() const noexcept { return reinterpret_cast<const ShapeWord*>(&size); }

  /// In one store: the word is read soon, and a load of parts that were just stored apart waits until all stores before
  /// them are done.
  void set_shape(std::uint16_t new_size, std::uint8_t new_alignment_log2, SlotState new_state) noexcept {
    struct Shape {
      std::uint16_t size;
      std::uint8_t alignment_log2;
      SlotState state;
    };
    *reinterpret_cast<ShapeWord*>(&size) = std::bit_cast<std::uint32_t>(Shape{new_size, new_alignment_log2, new_state});
  }
};
static_assert(sizeof(SlotInfo) == 24 && offsetof(SlotInfo, size) % 4 == 0 &&
              offsetof(SlotInfo, state) == offsetof(SlotInfo, size) + 3);

constexpr std::uint16_t no_slot = 0xFFFF;

enum class SlabPlace : std::uint8_t { full, current, reusable, empty };

/// Threads write to neighbouring descriptors: none shares a cache line, nor the pair of lines processors load together.
struct alignas(128) Slab {
  std::byte* slots = nullptr;  // the first one
  SlotInfo* info = nullptr;
  std::uint64_t reciprocal = 0;  // of the stride, scaled by 2^40
  std::uint32_t stride = 0;
  std::uint32_t slot_count = 0;
  std::uint32_t fresh = 0;  // slots from here on were never used
  std::uint32_t dead = 0;
  std::uint32_t held = 0;  // dead slots that must wait
  std::uint16_t dead_front = no_slot;
  std::uint16_t dead_back = no_slot;
  std::uint16_t size_class = 0;
  SlabPlace place = SlabPlace::full;
  State* heap = nullptr;
  Shard* shard = nullptr;
  std::byte* memory = nullptr;
  std::size_t memory_size = 0;
  Slab* next = nullptr;  // in the queue of its place
  Slab* previous = nullptr;
  Slab* next_of_shard = nullptr;
  Slab* previous_of_shard = nullptr;

  /// The slot around an address at or after `slots`. Exact: offsets are below 2^18, see slab.cpp.
  [[nodiscard]] std::uint32_t index_of(const void* address) const noexcept {
    const std::uint64_t offset = static_cast<std::uint64_t>(static_cast<const std::byte*>(address) - slots);
    return static_cast<std::uint32_t>((offset * reciprocal) >> 40);
  }
  [[nodiscard]] std::uint32_t live() const noexcept { return fresh - dead; }
  [[nodiscard]] std::byte* slot(std::uint32_t index) const noexcept { return slots + std::size_t{index} * stride; }
};

static_assert(sizeof(Slab) == 128);

/// A new slab of `size_class`, entered in the block map; null when out of memory. The caller links it.
[[nodiscard]] Slab* make_slab(State& state, Shard& shard, std::size_t size_class) noexcept;

/// Gives a slab's memory back. Nothing links it any more.
void release_slab(State& state, Slab* slab) noexcept;

/// Forgets the slots' contents but not what is known about them: every slot may be used again, its page costs nothing.
void purge_slab(State& state, Slab* slab) noexcept;

/// For fork.
void lock_slab_descriptors() noexcept;
void unlock_slab_descriptors() noexcept;

}  // namespace allot::inline v0_1::checked
