/// What the calling thread found out lately about the addresses it touches, so that it need not look again: programs
/// copy within the same few blocks. Not for users; the checks of access.hpp stand on it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/heap/changes.hpp"

namespace allot::inline v0_1::runtime {

/// Bytes that may be touched: a live block's, or 64 KiB where the heap has none.
struct RecentBlock {
  using Word [[gnu::may_alias]] = std::uint32_t;

  std::uintptr_t minus_begin;  // the negative, as leak scans look for pointers in this
  std::size_t size;            // 0: nothing is remembered
  const Word* word;            // of the block: it changes when the block ends or gets another size
  std::uint64_t seen;          // see below
};

/// What the word held, and what block_map_changes said before anybody looked: the word is there while it still does.
/// One number, as two that are stored apart are not copied together at once.
constexpr std::uint64_t seen_of(std::uint32_t held, std::uint32_t changes) noexcept {
  return std::uint64_t{held} << 32 | changes;
}

constexpr std::size_t recent_block_count = 32;

/// A place for each 256 bytes of 8 KiB: 1 KiB a thread, as small stacks have to hold it too. A signal handler that
/// comes while a place is written may leave a mixture of two blocks there: a mistake could then be missed, none
/// invented.
[[gnu::tls_model("initial-exec"),
  gnu::visibility("hidden")]] extern constinit thread_local RecentBlock recent_blocks[recent_block_count];

[[nodiscard]] ALLOT_ALWAYS_INLINE RecentBlock& recent_block_at(const void* memory) noexcept {
  return recent_blocks[reinterpret_cast<std::uintptr_t>(memory) / 256 % recent_block_count];
}

/// Whether `size` bytes from `memory` lie in a remembered block that is still live. No: look.
[[nodiscard]] ALLOT_ALWAYS_INLINE bool holds(const RecentBlock& recent, const void* memory, std::size_t size) noexcept {
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(memory) + recent.minus_begin;
  return offset < recent.size && size <= recent.size - offset &&
         checked::block_map_changes.seen() == static_cast<std::uint32_t>(recent.seen) &&
         __atomic_load_n(recent.word, __ATOMIC_ACQUIRE) == recent.seen >> 32;
}

/// Bytes from `memory`, which is not before the block, to its end.
[[nodiscard]] ALLOT_ALWAYS_INLINE std::size_t room_in(const RecentBlock& block, const void* memory) noexcept {
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(memory) + block.minus_begin;
  return offset < block.size ? block.size - offset : 0;
}

/// The size goes first and comes last: without it the place says nothing.
ALLOT_ALWAYS_INLINE void remember(const RecentBlock& block, const void* memory) noexcept {
  RecentBlock& recent = recent_block_at(memory);
  recent.size = 0;
  asm volatile("" ::: "memory");
  recent.minus_begin = block.minus_begin;
  recent.word = block.word;
  recent.seen = block.seen;
  asm volatile("" ::: "memory");
  recent.size = block.size;
}

}  // namespace allot::inline v0_1::runtime
