/// Which pages of the process are the library's own: bookkeeping and blocks, no memory of the program.
///
/// A bitmap over the address space, filled by an observer of sys::map_pages. It has room for 64 GiB of address space in
/// stretches of 1 GiB; pages beyond it are taken for the program's.
/// Threads: safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::runtime::own_pages {

/// From now on mapped pages are noted, and the writable globals of the module this is linked into count as own. What
/// was mapped before is not known.
void start() noexcept;

/// Notes pages that came from elsewhere.
void add(const void* pages, std::size_t size) noexcept;

[[nodiscard]] bool contains(std::uintptr_t address) noexcept;

}  // namespace allot::inline v0_1::runtime::own_pages
