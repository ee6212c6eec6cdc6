/// Pages of memory from the operating system. The only way heap memory enters the library.
///
/// Sizes are in bytes and multiples of `page_size()`; addresses are on page boundaries. Every call is one or two system
/// calls. Nothing here allocates otherwise, keeps state (except the page size) or touches errno's old value on success.
/// Threads: safe.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

enum class Access : unsigned char {
  none,        ///< touching it is SIGSEGV; costs address space, not memory
  read_only,   ///< reads as zero; costs address space, not memory
  read_write,  ///< zeroed on first touch
};

/// Bytes of a page, a power of two. One system call the first time.
[[nodiscard]] std::size_t page_size() noexcept;

/// `size` rounded up to whole pages; 0 when that does not fit in a size.
[[nodiscard]] std::size_t round_up_to_pages(std::size_t size) noexcept;

/// Fresh zeroed pages on a multiple of `alignment` (raised to a page), or null: no memory, no address space, a limit.
[[nodiscard]] void* map_pages(std::size_t size, Alignment alignment, Access access = Access::read_write) noexcept;

/// As `map_pages`, at `address` (on a page boundary); null when something is mapped there.
[[nodiscard]] void* map_pages_at(void* address, std::size_t size, Access access = Access::read_write) noexcept;

/// Gives pages back; any page range of earlier mappings may go, a part of one too.
void unmap_pages(void* pages, std::size_t size) noexcept;

/// Grows or shrinks a mapping in place; false and unchanged when its neighbour is taken. Shrinking always works.
[[nodiscard]] bool resize_pages(void* pages, std::size_t size, std::size_t new_size) noexcept;

/// Grows or shrinks a mapping, moving its page tables (never its bytes) when it must. Null and unchanged when out of
/// address space. A moved mapping is aligned to a page only.
[[nodiscard]] void* remap_pages(void* pages, std::size_t size, std::size_t new_size) noexcept;

/// Gives the memory behind the pages back at once and keeps the addresses: they read as zero again.
void purge_pages(void* pages, std::size_t size) noexcept;

/// As `purge_pages`, at the kernel's leisure (cheaper): until then the pages may keep their contents, and writing to
/// one keeps it.
void purge_pages_lazily(void* pages, std::size_t size) noexcept;

/// Sets the lowest bit of `in_memory[i]` for each page that has memory now: not those never touched, nor those swapped
/// out. False when the kernel does not tell. One byte a page.
[[nodiscard]] bool ask_pages_in_memory(const void* pages, std::size_t size, unsigned char* in_memory) noexcept;

/// Puts memory behind pages that are going to be written, in one system call instead of a fault each. A hint.
void populate_pages(void* pages, std::size_t size) noexcept;

/// Changes what may be done with the pages; false and unchanged when the kernel has no mapping left to give
/// (vm.max_map_count).
[[nodiscard]] bool protect_pages(void* pages, std::size_t size, Access access) noexcept;

/// The same with the bits of mprotect, as somebody else set them.
[[nodiscard]] bool protect_pages_as(void* pages, std::size_t size, int protection) noexcept;
constexpr int readable_too = 1;  ///< the bit of mprotect that lets pages be read

/// Asks for transparent huge pages behind this range (2 MiB on our platforms), or for none. A hint.
void prefer_huge_pages(void* pages, std::size_t size, bool prefer) noexcept;

/// Told of every range that was mapped here (`mapped`) and, before it happens, of every one that is unmapped.
using PageObserver = void (*)(const void* pages, std::size_t size, bool mapped) noexcept;

/// One observer a process, for tools that must know which pages are the library's own; null ends it. The observer must
/// not map pages through here. Costs nothing but a load when there is none.
void observe_pages(PageObserver observer) noexcept;

}  // namespace allot::inline v0_1::sys
