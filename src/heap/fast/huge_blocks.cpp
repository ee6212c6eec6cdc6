#include "huge_blocks.hpp"

#include "allot/base/poison.hpp"
#include "allot/sys/clock.hpp"
#include "allot/sys/pages.hpp"
#include "misuse.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

constexpr std::int64_t short_life = 10;  // milliseconds
constexpr std::int64_t kept_life = 200;
constexpr std::size_t first_capacity = 128;
constexpr std::size_t huge_page = std::size_t{2} << 20;

std::size_t hash_of(const void* block) noexcept {
  return static_cast<std::size_t>((reinterpret_cast<std::uintptr_t>(block) >> 12) * 0x9E3779B97F4A7C15U >> 20);
}

}  // namespace

void* HugeBlocks::allocate(std::size_t& size, Alignment alignment, bool& untouched) noexcept {
  std::size_t mapped = sys::round_up_to_pages(size);
  if (mapped == 0) return nullptr;
  const sys::ScopedLock lock(mutex_);
  untouched = false;
  char* block = take_kept(mapped, alignment, mapped);
  if (block == nullptr) {
    untouched = true;
    // Aligned to a huge page, so that the first touch of each 2 MiB can be one.
    const bool large = mapped >= 2 * huge_page;
    block = static_cast<char*>(
        sys::map_pages(mapped, large ? Alignment::max(alignment, Alignment::from_bytes(huge_page)) : alignment));
    if (block == nullptr) return nullptr;
    if (large) sys::prefer_huge_pages(block, mapped / huge_page * huge_page, true);
  }
  if (!insert(block, mapped)) {
    sys::unmap_pages(block, mapped);
    return nullptr;
  }
  poison(block, mapped);
  size = mapped;
  return block;
}

void HugeBlocks::free(void* block) noexcept {
  const sys::ScopedLock lock(mutex_);
  Entry* entry = find(block);
  if (entry == nullptr) misuse(not_a_block, block);
  const Entry freed = *entry;
  erase(*entry);
  unpoison(freed.block, freed.size);
  const std::int64_t now = sys::coarse_milliseconds();
  if (kept_bytes_ != 0) drop_old(now);
  if (now - freed.born < short_life && freed.size <= kept_bytes_limit) {
    keep(freed.block, freed.size);
  } else {
    sys::unmap_pages(freed.block, freed.size);
    returned_ += freed.size;
  }
}

bool HugeBlocks::resize(void* block, std::size_t new_size) noexcept {
  const std::size_t mapped = sys::round_up_to_pages(new_size);
  const sys::ScopedLock lock(mutex_);
  Entry* entry = find(block);
  if (entry == nullptr) misuse("a pointer that is no block of this heap was resized", block);
  if (mapped == 0) return false;
  if (mapped <= entry->size && mapped > entry->size / 2) return true;
  if (mapped < entry->size) unpoison(entry->block + mapped, entry->size - mapped);
  if (!sys::resize_pages(block, entry->size, mapped)) return false;
  if (mapped > entry->size) poison(entry->block + entry->size, mapped - entry->size);
  count_change();
  live_ = live_ - entry->size + mapped;
  entry->size = mapped;
  return true;
}

void* HugeBlocks::remap(void* block, Alignment alignment, std::size_t new_size) noexcept {
  if (resize(block, new_size)) return block;
  const std::size_t mapped = sys::round_up_to_pages(new_size);
  if (mapped == 0 || alignment.bytes() > sys::page_size()) return nullptr;
  const sys::ScopedLock lock(mutex_);
  Entry* entry = find(block);
  const Entry old = *entry;
  unpoison(old.block, old.size);
  auto* moved = static_cast<char*>(sys::remap_pages(old.block, old.size, mapped));
  if (moved == nullptr) return nullptr;
  live_ = live_ - old.size + mapped;
  erase(*entry);
  live_ += old.size;  // erase took it out; the block lives on
  place({moved, mapped, old.born});
  ++count_;
  return moved;
}

std::size_t HugeBlocks::bytes_of(const void* block) noexcept {
  const sys::ScopedLock lock(mutex_);
  const Entry* entry = find(block);
  return entry == nullptr ? 0 : entry->size;
}

void HugeBlocks::purge() noexcept {
  const sys::ScopedLock lock(mutex_);
  for (Kept& kept : kept_) {
    if (kept.block != nullptr) drop(kept);
  }
}

void HugeBlocks::close() noexcept {
  purge();
  const sys::ScopedLock lock(mutex_);
  for (std::size_t i = 0; i < capacity_; ++i) {
    if (table_[i].block == nullptr) continue;
    unpoison(table_[i].block, table_[i].size);
    sys::unmap_pages(table_[i].block, table_[i].size);
  }
  if (table_ != nullptr) sys::unmap_pages(table_, sys::round_up_to_pages(capacity_ * sizeof(Entry)));
  table_ = nullptr;
  capacity_ = count_ = live_ = 0;
}

HugeBlocks::Totals HugeBlocks::totals() noexcept {
  const sys::ScopedLock lock(mutex_);
  return {count_, live_, kept_bytes_, returned_};
}

HugeBlocks::Entry* HugeBlocks::find(const void* block) noexcept {
  if (capacity_ == 0) return nullptr;
  for (std::size_t i = hash_of(block) & (capacity_ - 1);; i = (i + 1) & (capacity_ - 1)) {
    if (table_[i].block == block) return &table_[i];
    if (table_[i].block == nullptr) return nullptr;
  }
}

bool HugeBlocks::insert(char* block, std::size_t size) noexcept {
  if ((count_ + 1) * 2 > capacity_ && !grow_table()) return false;
  place({block, size, sys::coarse_milliseconds()});
  ++count_;
  live_ += size;
  return true;
}

void HugeBlocks::place(const Entry& entry) noexcept {
  std::size_t i = hash_of(entry.block) & (capacity_ - 1);
  while (table_[i].block != nullptr) i = (i + 1) & (capacity_ - 1);
  table_[i] = entry;
}

/// Closes the gap by moving later entries of the probe sequence back (Knuth, volume 3, 6.4, algorithm R).
void HugeBlocks::erase(Entry& entry) noexcept {
  count_change();
  --count_;
  live_ -= entry.size;
  std::size_t gap = static_cast<std::size_t>(&entry - table_);
  for (std::size_t i = (gap + 1) & (capacity_ - 1); table_[i].block != nullptr; i = (i + 1) & (capacity_ - 1)) {
    const std::size_t home = hash_of(table_[i].block) & (capacity_ - 1);
    if (((i - home) & (capacity_ - 1)) < ((i - gap) & (capacity_ - 1))) continue;
    table_[gap] = table_[i];
    gap = i;
  }
  table_[gap] = Entry{};
}

bool HugeBlocks::grow_table() noexcept {
  const std::size_t capacity = capacity_ == 0 ? first_capacity : capacity_ * 2;
  const std::size_t bytes = sys::round_up_to_pages(capacity * sizeof(Entry));
  auto* table = static_cast<Entry*>(sys::map_pages(bytes, Alignment::of<Entry>()));  // zero pages are empty entries
  if (table == nullptr) return false;
  Entry* old = table_;
  const std::size_t old_capacity = capacity_;
  table_ = table;
  capacity_ = capacity;
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old[i].block != nullptr) place(old[i]);
  }
  if (old != nullptr) sys::unmap_pages(old, sys::round_up_to_pages(old_capacity * sizeof(Entry)));
  return true;
}

/// The smallest kept block that fits and wastes at most an eighth.
char* HugeBlocks::take_kept(std::size_t size, Alignment alignment, std::size_t& mapped) noexcept {
  if (kept_bytes_ == 0) return nullptr;
  Kept* best = nullptr;
  for (Kept& kept : kept_) {
    if (kept.block == nullptr || kept.size < size || kept.size - size > size / 8) continue;
    if (!alignment.is_aligned(kept.block)) continue;
    if (best == nullptr || kept.size < best->size) best = &kept;
  }
  if (best == nullptr) return nullptr;
  char* block = best->block;
  mapped = best->size;
  kept_bytes_ -= best->size;
  *best = Kept{};
  return block;
}

void HugeBlocks::keep(char* block, std::size_t size) noexcept {
  Kept* oldest = &kept_[0];
  for (Kept& kept : kept_) {
    if (kept.block == nullptr) {
      oldest = &kept;
      break;
    }
    if (kept.since < oldest->since) oldest = &kept;
  }
  if (oldest->block != nullptr) drop(*oldest);
  *oldest = {block, size, sys::coarse_milliseconds()};
  kept_bytes_ += size;
  for (Kept& kept : kept_) {
    if (kept_bytes_ <= kept_bytes_limit) break;
    if (&kept != oldest && kept.block != nullptr) drop(kept);
  }
}

void HugeBlocks::drop(Kept& kept) noexcept {
  sys::unmap_pages(kept.block, kept.size);
  kept_bytes_ -= kept.size;
  returned_ += kept.size;
  kept = Kept{};
}

void HugeBlocks::drop_old(std::int64_t now) noexcept {
  for (Kept& kept : kept_) {
    if (kept.block != nullptr && now - kept.since >= kept_life) drop(kept);
  }
}

}  // namespace allot::inline v0_1::detail::fast
