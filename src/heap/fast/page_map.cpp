#include "allot/heap/fast/page_map.hpp"

#include "allot/sys/pages.hpp"
#include "allot/sys/process_hooks.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

constexpr std::uintptr_t address_space = std::uintptr_t{1} << 47;
constexpr std::uintptr_t limited_space = std::uintptr_t{1} << 41;
constexpr std::uintptr_t chunk = std::uintptr_t{1} << 32;  // address space whose entries become writable together

}  // namespace

constinit PageMap::Entry PageMap::nothing_[1] = {};

bool PageMap::open() noexcept {
  if (sys::address_space_limit() == SIZE_MAX) return open_from(0);
  return open_from(address_space - limited_space);
}

/// With a map that does not begin at address 0, the entry of null gets a page of its own where the arithmetic looks.
bool PageMap::open_from(std::uintptr_t first) noexcept {
  const std::size_t size = (address_space - first) / slice_size * sizeof(Entry);
  void* pages = sys::map_pages(size, Alignment::from_bytes(sys::page_size()), sys::Access::read_only);
  if (pages == nullptr) return false;
  auto* entries =
      reinterpret_cast<Entry*>(reinterpret_cast<std::uintptr_t>(pages) - first / slice_size * sizeof(Entry));
  if (first != 0 && sys::map_pages_at(entries, sys::page_size(), sys::Access::read_only) == nullptr) {
    sys::unmap_pages(pages, size);
    return false;
  }
  first_ = first;
  last_ = address_space;
  __atomic_store_n(&entries_, entries, __ATOMIC_RELEASE);
  return true;
}

bool PageMap::cover(const void* memory, std::size_t size) noexcept {
  constexpr std::size_t chunk_entry_bytes = chunk / slice_size * sizeof(Entry);
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  if (begin < first_ || begin + size > last_) return false;
  for (std::uintptr_t at = begin & ~(chunk - 1); at < begin + size; at += chunk) {
    const std::uintptr_t number = at / chunk;
    if ((writable_[number / 64] >> (number % 64)) & 1U) continue;
    if (!sys::protect_pages(entries_ + at / slice_size, chunk_entry_bytes, sys::Access::read_write)) return false;
    writable_[number / 64] |= std::uint64_t{1} << (number % 64);
  }
  return true;
}

void PageMap::set(const void* memory, std::size_t size, SizeClass what) noexcept {
  Entry* entry = entries_ + reinterpret_cast<std::uintptr_t>(memory) / slice_size;
  const auto offset = static_cast<Entry>(what * bin_size);
  for (std::size_t i = 0; i < size / slice_size; ++i) __atomic_store_n(entry + i, offset, __ATOMIC_RELAXED);
}

SizeClass PageMap::at(const void* address) const noexcept {
  const auto value = reinterpret_cast<std::uintptr_t>(address);
  if (value < first_ || value >= last_) return foreign;
  return (*this)[address];
}

}  // namespace allot::inline v0_1::detail::fast
