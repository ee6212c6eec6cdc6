/// Checks what a memory or string function is about to touch against the block it lies in. Bytes of the heap between
/// its blocks belong to nobody; addresses outside the heap are not judged. A few nanoseconds when nothing is wrong.
/// Threads: safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/runtime/checked_malloc.hpp"
#include "allot/runtime/recent_blocks.hpp"

namespace allot::inline v0_1::runtime {

/// Whether anything here looks at all: yes, until told otherwise. Set before threads are started.
void check_accesses(bool wanted) noexcept;
[[nodiscard]] bool checks_accesses() noexcept;

/// Whether the thread knows that touching `size` bytes at `address` would not be reported.
[[nodiscard]] ALLOT_ALWAYS_INLINE bool is_known_good(const void* address, std::size_t size) noexcept {
  return holds(recent_block_at(address), address, size);
}

/// Bytes from `address` that the thread knows may be touched: to the end of a live block, or of the 64 KiB around an
/// address outside the heap. 0 when it does not know.
[[nodiscard]] ALLOT_ALWAYS_INLINE std::size_t known_room_at(const void* address) noexcept {
  const RecentBlock& recent = recent_block_at(address);
  return holds(recent, address, 0) ? room_in(recent, address) : 0;
}

/// Whether touching them would not be reported, and remembers what is there. For who does not know.
[[nodiscard]] bool look_up_access(const void* address, std::size_t size) noexcept;

/// Reports a read (or write) that may not be, after a closer look. By value: a function that checks inline need not
/// have its caller in memory.
ALLOT_COLD void report_access(const void* address, std::size_t size, bool write, Caller caller) noexcept;

/// Whether touching `size` bytes at `address` would not be reported.
[[nodiscard]] ALLOT_ALWAYS_INLINE bool may_access(const void* address, std::size_t size) noexcept {
  return is_known_good(address, size) || look_up_access(address, size);
}

/// Reports a read (or write) of `size` bytes at `address` that leaves its block or finds it freed.
ALLOT_ALWAYS_INLINE void check_read(const void* address, std::size_t size, const Caller& caller) noexcept {
  if (!may_access(address, size)) [[unlikely]]
    report_access(address, size, false, caller);
}
ALLOT_ALWAYS_INLINE void check_write(const void* address, std::size_t size, const Caller& caller) noexcept {
  if (!may_access(address, size)) [[unlikely]]
    report_access(address, size, true, caller);
}

/// Reports ranges that overlap in a function that forbids it.
void check_no_overlap(const void* to, const void* from, std::size_t size, const Caller& caller) noexcept;

/// Whether two ranges of `size` bytes share some. The same range twice does not: compilers emit that for
/// self-assignment, and it copies nothing.
[[nodiscard]] ALLOT_ALWAYS_INLINE bool overlap(const void* to, const void* from, std::size_t size) noexcept {
  const auto left = reinterpret_cast<std::uintptr_t>(to);
  const auto right = reinterpret_cast<std::uintptr_t>(from);
  const std::uintptr_t distance = left < right ? right - left : left - right;
  return distance < size && distance != 0;
}

/// Whether touching `size` bytes at either address would not be reported.
[[nodiscard]] ALLOT_ALWAYS_INLINE bool may_access_both(const void* one, const void* other, std::size_t size) noexcept {
  return may_access(one, size) && may_access(other, size);
}
/// The same, and the two ranges do not overlap.
[[nodiscard]] ALLOT_ALWAYS_INLINE bool may_copy(const void* to, const void* from, std::size_t size) noexcept {
  return may_access_both(to, from, size) && !overlap(to, from, size);
}

/// Bytes from `address` to the end of its live block; SIZE_MAX outside every block, and in a freed one.
[[nodiscard]] std::size_t room_at(const void* address) noexcept;

}  // namespace allot::inline v0_1::runtime
