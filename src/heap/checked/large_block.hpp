/// Blocks with a mapping of their own: too large for a slab, aligned beyond one, or guarded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/heap/changes.hpp"
#include "allot/heap/stack_depot.hpp"
#include "allot/sys/mutex.hpp"
#include "list.hpp"
#include "slab.hpp"
#include "touched_pages.hpp"

namespace allot::inline v0_1::checked {

struct LargeBlock {
  State* heap = nullptr;
  std::byte* memory = nullptr;  // the mapping
  std::size_t memory_size = 0;
  std::size_t memory_alignment = 0;
  std::byte* block = nullptr;
  std::size_t size = 0;
  std::size_t alignment = 0;
  std::byte* readable = nullptr;  // the part of the mapping around the block that is not guard pages
  std::size_t readable_size = 0;
  TraceId allocation = TraceId::none;
  TraceId first_free = TraceId::none;
  std::uint32_t epoch = 0;
  std::uint16_t alloc_thread = 0;
  std::uint16_t free_thread = 0;
  SlotState state = SlotState::never_used;
  std::uint8_t tag = 0;   // the caller's own, see Request
  std::uint8_t mark = 0;  // for whoever walks all blocks
  bool guarded = false;
  bool mapped = false;
  FilledGroups filled = all_filled;  // when dead: what holds the pattern
  Changes changes;                   // ends and other sizes
  LargeBlock* next = nullptr;        // in the queue of its state
  LargeBlock* previous = nullptr;
};

/// The large blocks of a heap. Guarded by its lock, which is taken inside no other but may be taken while holding none.
struct LargeBlocks {
  sys::Mutex mutex;
  Queue<LargeBlock> live;
  Queue<LargeBlock> dead;      // in quarantine, oldest first
  Queue<LargeBlock> guarded;   // freed guarded blocks, oldest first
  Queue<LargeBlock> retained;  // memory gone, still known
  std::size_t live_bytes = 0;
  std::size_t total_blocks = 0;
  std::size_t dead_bytes = 0;
};

struct CallSite;
struct Request;
class Findings;

/// A block with a mapping of its own, or with one that waited in quarantine for long enough; null when out of memory.
/// These take the lock of the large blocks.
[[nodiscard]] void* allocate_large(State& state, const Request& request, Findings& findings) noexcept;
/// The same between inaccessible pages; null also when the request is none for that (see can_guard).
[[nodiscard]] void* allocate_guarded(State& state, const Request& request) noexcept;

/// The lock is held and the block live: into quarantine, or back to the system.
void free_large(State& state, LargeBlock* block, CallSite site, Findings& findings) noexcept;
/// The same preconditions: `new_size` bytes in place if the mapping allows.
[[nodiscard]] bool resize_large(State& state, LargeBlock* block, std::size_t new_size, Findings& findings) noexcept;

/// Reports and repairs damage until `findings` is full. Takes the lock.
void check_large(State& state, Findings& findings) noexcept;
/// Gives back all that is not live.
void release_dead_large(State& state) noexcept;

void lock_large_descriptors() noexcept;
void unlock_large_descriptors() noexcept;

}  // namespace allot::inline v0_1::checked
