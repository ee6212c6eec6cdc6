/// PageMap: for each slice of the address space two bytes: what malloc's free must know of a pointer without a size.
///
/// 0: not ours; 1..small_class_count-1: blocks of that class; small_class_count: ours, ask the segment. Entries hold
/// the offset of the class's bin, so that free need not scale it.
/// The map covers all 2^47 bytes a process can use (4 GiB of address space, read-only until a heap segment appears, so
/// that no memory is committed or locked for it). Under an address space limit it covers only the top 2 TiB, where
/// mmap places things (64 MiB). A look-up is three instructions and has no branch; it also answers for null, at any
/// time. For other addresses outside the covered space ask `at`: [] may crash on them.
/// Threads: safe (relaxed bytes; the pointer's own hand-over orders them).
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/core/size_classes.hpp"

namespace allot::inline v0_1::detail::fast {

// A segment is aligned to its size and begins with an untouchable page; its header follows.
constexpr std::size_t segment_size = 4 * 1024 * 1024;
constexpr std::size_t slices_per_segment = segment_size / slice_size;  // slice 0 holds the header
constexpr std::size_t guard_size = 4096;

/// The class of the span that `block`, which lies in a segment, belongs to; no_class for a large block. Five
/// instructions: the header begins with a byte a slice.
[[nodiscard]] ALLOT_ALWAYS_INLINE SizeClass class_in_segment(const void* block) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const auto* classes = reinterpret_cast<const std::uint8_t*>((address & ~(segment_size - 1)) + guard_size);
  return classes[address / slice_size % slices_per_segment];
}

class PageMap {
 public:
  static constexpr SizeClass foreign = 0;
  static constexpr SizeClass other = small_class_count;

  constexpr PageMap() noexcept = default;
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;

  /// Reserves the map; false when there is no address space. Once.
  [[nodiscard]] bool open() noexcept;

  /// Makes the entries of [memory, memory + size) writable; false when they lie outside the map.
  [[nodiscard]] bool cover(const void* memory, std::size_t size) noexcept;

  void set(const void* memory, std::size_t size, SizeClass what) noexcept;

  /// The entry of an address inside the covered space.
  [[nodiscard]] ALLOT_ALWAYS_INLINE SizeClass operator[](const void* address) const noexcept {
    return bin_offset(address) / bin_size;
  }

  /// The same as the offset of a bin; `other`'s never has blocks or room.
  [[nodiscard]] ALLOT_ALWAYS_INLINE std::size_t bin_offset(const void* address) const noexcept {
    const Entry* entries = *const_cast<Entry* const volatile*>(&entries_);
    return __atomic_load_n(entries + (reinterpret_cast<std::uintptr_t>(address) / slice_size), __ATOMIC_RELAXED);
  }

  /// As [], `foreign` for every address the map does not know.
  [[nodiscard]] SizeClass at(const void* address) const noexcept;

 private:
  using Entry = std::uint16_t;

  [[nodiscard]] bool open_from(std::uintptr_t first) noexcept;

  static constinit Entry nothing_[1];  // the map before it opens

  Entry* entries_ = nothing_;  // *owned*; biased: entry 0 describes address 0
  std::uintptr_t first_ = 0;
  std::uintptr_t last_ = 0;
  // One bit for each 4 GiB of covered space: its entries are writable.
  std::uint64_t writable_[512] = {};
};

}  // namespace allot::inline v0_1::detail::fast
