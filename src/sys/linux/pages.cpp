#include "allot/sys/pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "allot/base/checked_math.hpp"
#include "keep_errno.hpp"

namespace allot::inline v0_1::sys {

namespace {

int protection_of(Access access) noexcept {
  switch (access) {
    case Access::none:
      return PROT_NONE;
    case Access::read_only:
      return PROT_READ;
    case Access::read_write:
      break;
  }
  return PROT_READ | PROT_WRITE;
}

constinit std::atomic<PageObserver> page_observer{nullptr};

ALLOT_ALWAYS_INLINE void tell_observer(const void* pages, std::size_t size, bool mapped) noexcept {
  const PageObserver observer = page_observer.load(std::memory_order_acquire);
  if (observer != nullptr) [[unlikely]]
    observer(pages, size, mapped);
}

void* map_anywhere(std::size_t size, Access access) noexcept {
  const int reserve = access == Access::read_write ? 0 : MAP_NORESERVE;
  void* pages = ::mmap(nullptr, size, protection_of(access), MAP_PRIVATE | MAP_ANONYMOUS | reserve, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  tell_observer(pages, size, true);
  return pages;
}

/// Maps `alignment` more than asked for and gives the ends back.
void* map_and_trim(std::size_t size, Alignment alignment, Access access) noexcept {
  std::size_t wide = 0;
  if (!checked_add(size, alignment.bytes() - page_size(), wide)) return nullptr;
  void* pages = map_anywhere(wide, access);
  if (pages == nullptr) return nullptr;
  char* begin = static_cast<char*>(pages);
  const std::size_t front =
      alignment.forward(reinterpret_cast<std::uintptr_t>(begin)) - reinterpret_cast<std::uintptr_t>(begin);
  if (front != 0) unmap_pages(begin, front);
  if (wide - front != size) unmap_pages(begin + front + size, wide - front - size);
  return begin + front;
}

}  // namespace

std::size_t page_size() noexcept {
  static constinit std::atomic<std::size_t> known{0};
  std::size_t size = known.load(std::memory_order_relaxed);
  if (size == 0) {
    size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    known.store(size, std::memory_order_relaxed);
  }
  return size;
}

std::size_t round_up_to_pages(std::size_t size) noexcept {
  std::size_t rounded = 0;
  return checked_forward(size, Alignment::from_bytes(page_size()), rounded) ? rounded : 0;
}

void* map_pages(std::size_t size, Alignment alignment, Access access) noexcept {
  const KeepErrno keep;
  if (alignment.bytes() <= page_size()) return map_anywhere(size, access);
  void* pages = map_anywhere(size, access);
  if (pages == nullptr || alignment.is_aligned(pages)) return pages;
  unmap_pages(pages, size);
  return map_and_trim(size, alignment, access);
}

void* map_pages_at(void* address, std::size_t size, Access access) noexcept {
  const KeepErrno keep;
  const int flags =
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | (access == Access::read_write ? 0 : MAP_NORESERVE);
  void* pages = ::mmap(address, size, protection_of(access), flags, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  if (pages == address) return pages;
  ::munmap(pages, size);  // a kernel before 4.17 takes the address for a hint
  return nullptr;
}

void unmap_pages(void* pages, std::size_t size) noexcept {
  const KeepErrno keep;
  tell_observer(pages, size, false);
  ::munmap(pages, size);
}

bool resize_pages(void* pages, std::size_t size, std::size_t new_size) noexcept {
  const KeepErrno keep;
  if (new_size <= size) {
    if (new_size < size) unmap_pages(static_cast<char*>(pages) + new_size, size - new_size);
    return true;
  }
  if (::mremap(pages, size, new_size, 0) == MAP_FAILED) return false;
  tell_observer(pages, new_size, true);
  return true;
}

void* remap_pages(void* pages, std::size_t size, std::size_t new_size) noexcept {
  const KeepErrno keep;
  tell_observer(pages, size, false);  // before another thread can be given the addresses
  void* moved = ::mremap(pages, size, new_size, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) {
    tell_observer(pages, size, true);
    return nullptr;
  }
  tell_observer(moved, new_size, true);
  return moved;
}

void purge_pages(void* pages, std::size_t size) noexcept {
  const KeepErrno keep;
  ::madvise(pages, size, MADV_DONTNEED);
}

void purge_pages_lazily(void* pages, std::size_t size) noexcept {
  const KeepErrno keep;
  if (::madvise(pages, size, MADV_FREE) != 0) ::madvise(pages, size, MADV_DONTNEED);
}

void populate_pages(void* pages, std::size_t size) noexcept {
  constexpr int populate_write = 23;  // MADV_POPULATE_WRITE, since 5.14
  const KeepErrno keep;
  ::madvise(pages, size, populate_write);
}

bool ask_pages_in_memory(const void* pages, std::size_t size, unsigned char* in_memory) noexcept {
  const KeepErrno keep;
  return ::mincore(const_cast<void*>(pages), size, in_memory) == 0;
}

bool protect_pages(void* pages, std::size_t size, Access access) noexcept {
  const KeepErrno keep;
  return ::mprotect(pages, size, protection_of(access)) == 0;
}

bool protect_pages_as(void* pages, std::size_t size, int protection) noexcept {
  const KeepErrno keep;
  return ::mprotect(pages, size, protection) == 0;
}

void prefer_huge_pages(void* pages, std::size_t size, bool prefer) noexcept {
  const KeepErrno keep;
  ::madvise(pages, size, prefer ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

void observe_pages(PageObserver observer) noexcept {
  page_observer.store(observer, std::memory_order_release);
}

}  // namespace allot::inline v0_1::sys
