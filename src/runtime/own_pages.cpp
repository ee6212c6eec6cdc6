#include "allot/runtime/own_pages.hpp"

#include <atomic>

#include "allot/sys/mappings.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::runtime::own_pages {

namespace {

constexpr std::size_t page_bits = 12;
constexpr std::size_t stretch_bits = 30;
constexpr std::size_t address_bits = 48;
constexpr std::size_t words_a_stretch = (std::size_t{1} << (stretch_bits - page_bits)) / 64;
constexpr std::size_t most_stretches = 64;

// Zero pages until touched. A stretch's number is its place in `bitmaps` plus one.
constinit std::atomic<std::uint8_t> stretch_numbers[std::size_t{1} << (address_bits - stretch_bits)];
constinit std::atomic<std::uint64_t> bitmaps[most_stretches][words_a_stretch];
constinit std::atomic<std::uint32_t> used_stretches{0};

/// The bitmap around an address, or null when it has none (and, if wanted, when no more can be had).
std::atomic<std::uint64_t>* bitmap_of(std::uintptr_t address, bool wanted) noexcept {
  const std::size_t stretch = address >> stretch_bits;
  if (stretch >= sizeof stretch_numbers / sizeof stretch_numbers[0]) return nullptr;
  std::uint8_t number = stretch_numbers[stretch].load(std::memory_order_acquire);
  if (number == 0 && wanted) {
    const std::uint32_t fresh = used_stretches.fetch_add(1, std::memory_order_relaxed);
    if (fresh >= most_stretches) return nullptr;
    const std::uint8_t mine = static_cast<std::uint8_t>(fresh + 1);
    if (stretch_numbers[stretch].compare_exchange_strong(number, mine, std::memory_order_acq_rel)) number = mine;
  }
  return number == 0 ? nullptr : bitmaps[number - 1];
}

void set_page(std::uintptr_t address, bool own) noexcept {
  std::atomic<std::uint64_t>* bitmap = bitmap_of(address, own);
  if (bitmap == nullptr) return;
  const std::size_t page = (address >> page_bits) & (words_a_stretch * 64 - 1);
  const std::uint64_t bit = std::uint64_t{1} << (page % 64);
  if (own) {
    bitmap[page / 64].fetch_or(bit, std::memory_order_relaxed);
  } else {
    bitmap[page / 64].fetch_and(~bit, std::memory_order_relaxed);
  }
}

void set_pages(const void* pages, std::size_t size, bool own) noexcept {
  constexpr std::size_t page = std::size_t{1} << page_bits;
  constexpr std::size_t word_of_pages = page * 64;
  std::uintptr_t address = reinterpret_cast<std::uintptr_t>(pages);
  const std::uintptr_t end = address + size;
  while (address < end) {
    std::atomic<std::uint64_t>* bitmap = nullptr;
    if (address % word_of_pages == 0 && end - address >= word_of_pages &&
        (bitmap = bitmap_of(address, own)) != nullptr) {
      bitmap[((address >> page_bits) & (words_a_stretch * 64 - 1)) / 64].store(own ? ~std::uint64_t{0} : 0,
                                                                               std::memory_order_relaxed);
      address += word_of_pages;
    } else {
      set_page(address, own);
      address += page;
    }
  }
}

}  // namespace

void start() noexcept {
  sys::observe_pages(&set_pages);
  sys::for_each_module(nullptr, [](void*, const sys::LoadedModule& module) noexcept {
    const auto here = reinterpret_cast<std::uintptr_t>(&used_stretches);
    if (here < module.begin || here >= module.end) return;
    const std::uintptr_t begin = module.begin & ~((std::uintptr_t{1} << page_bits) - 1);
    set_pages(reinterpret_cast<const void*>(begin), module.end - begin, true);
  });
}

void add(const void* pages, std::size_t size) noexcept {
  set_pages(pages, size, true);
}

bool contains(std::uintptr_t address) noexcept {
  const std::atomic<std::uint64_t>* bitmap = bitmap_of(address, false);
  if (bitmap == nullptr) return false;
  const std::size_t page = (address >> page_bits) & (words_a_stretch * 64 - 1);
  return (bitmap[page / 64].load(std::memory_order_relaxed) >> (page % 64) & 1U) != 0;
}

}  // namespace allot::inline v0_1::runtime::own_pages
