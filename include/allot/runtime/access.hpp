/// Checks what a memory or string function is about to touch against the block it lies in. Bytes of the heap between
/// its blocks belong to nobody; addresses outside the heap are not judged. A few nanoseconds when nothing is wrong.
/// Threads: safe.
#pragma once

#include <cstddef>

#include "allot/base/config.hpp"
#include "allot/runtime/checked_malloc.hpp"

namespace allot::inline v0_1::runtime {

/// Whether anything here looks at all: yes, until told otherwise. Set before threads are started.
void check_accesses(bool wanted) noexcept;
[[nodiscard]] bool checks_accesses() noexcept;

/// Reports a read (or write) of `size` bytes at `address` that leaves its block or finds it freed.
void check_read(const void* address, std::size_t size, const Caller& caller) noexcept;
void check_write(const void* address, std::size_t size, const Caller& caller) noexcept;

/// Reports ranges that overlap in a function that forbids it.
void check_no_overlap(const void* to, const void* from, std::size_t size, const Caller& caller) noexcept;

/// Whether touching `size` bytes at either address would not be reported.
[[nodiscard]] bool may_access_both(const void* one, const void* other, std::size_t size) noexcept;
/// The same, and the two ranges do not overlap.
[[nodiscard]] bool may_copy(const void* to, const void* from, std::size_t size) noexcept;

/// Bytes from `address` to the end of its live block; SIZE_MAX outside every block, and in a freed one.
[[nodiscard]] std::size_t room_at(const void* address) noexcept;

}  // namespace allot::inline v0_1::runtime
