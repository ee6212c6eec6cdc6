#include "leaks.hpp"

#include <algorithm>

#include "allot/sys/pages.hpp"
#include "lookup.hpp"

namespace allot::inline v0_1::checked {

namespace {

/// Blocks without a trace are told apart by their size.
bool same_group(const BlockFacts& left, const BlockFacts& right) noexcept {
  return left.allocation == right.allocation && (left.allocation != TraceId::none || left.size == right.size);
}

std::size_t hash_of(const BlockFacts& facts) noexcept {
  const std::uint64_t key =
      facts.allocation != TraceId::none ? static_cast<std::uint64_t>(facts.allocation) : ~std::uint64_t{facts.size};
  return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15U) >> 20);
}

std::size_t bytes_of(std::size_t capacity) noexcept {
  return sys::round_up_to_pages(capacity * sizeof(LeakGroup));
}

}  // namespace

LeakGroups::~LeakGroups() {
  if (table_ != nullptr) sys::unmap_pages(table_, bytes_of(capacity_));
}

void LeakGroups::collect(State& state, std::uint32_t since) noexcept {
  for (Shard& shard : state.shards) {
    const MaybeLock lock(shard.mutex, state.thread_safe);
    for (const Slab* slab = shard.slabs; slab != nullptr; slab = slab->next_of_shard) {
      for (std::uint32_t index = 0; index < slab->fresh; ++index) {
        const SlotInfo& info = slab->info[index];
        if (info.state == SlotState::live && info.epoch >= since) add(facts_of(*slab, index), info.epoch);
      }
    }
  }
  const MaybeLock lock(state.large.mutex, state.thread_safe);
  for (const LargeBlock* block = state.large.live.front; block != nullptr; block = block->next) {
    if (block->epoch >= since) add(facts_of(*block), block->epoch);
  }
}

std::span<const LeakGroup> LeakGroups::sorted() noexcept {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < capacity_; ++i) {
    if (table_[i].count != 0) std::swap(table_[kept++], table_[i]);
  }
  std::sort(table_, table_ + kept, [](const LeakGroup& left, const LeakGroup& right) noexcept {
    return left.bytes != right.bytes ? left.bytes > right.bytes : left.first.block < right.first.block;
  });
  return {table_, kept};
}

void LeakGroups::add(const BlockFacts& facts, std::uint32_t epoch) noexcept {
  ++total_count_;
  total_bytes_ += facts.size;
  if (used_ * 4 >= capacity_ * 3 && !grow() && used_ == capacity_) return;
  LeakGroup* group = find(facts);
  if (group->count == 0) {
    ++used_;
    *group = {facts, epoch, 0, 0};
  } else if (epoch < group->first_epoch) {
    group->first = facts;
    group->first_epoch = epoch;
  }
  ++group->count;
  group->bytes += facts.size;
}

/// The group of a block, or the free place for it. There is one.
LeakGroup* LeakGroups::find(const BlockFacts& facts) noexcept {
  std::size_t place = hash_of(facts) & (capacity_ - 1);
  while (table_[place].count != 0 && !same_group(table_[place].first, facts)) place = (place + 1) & (capacity_ - 1);
  return &table_[place];
}

bool LeakGroups::grow() noexcept {
  const std::size_t old_capacity = capacity_;
  const std::size_t new_capacity = old_capacity == 0 ? 64 : old_capacity * 2;
  void* pages = sys::map_pages(bytes_of(new_capacity), Alignment::from_bytes(sys::page_size()));
  if (pages == nullptr) return false;
  LeakGroup* old_table = table_;
  table_ = static_cast<LeakGroup*>(pages);
  capacity_ = new_capacity;
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old_table[i].count != 0) *find(old_table[i].first) = old_table[i];
  }
  if (old_table != nullptr) sys::unmap_pages(old_table, bytes_of(old_capacity));
  return true;
}

}  // namespace allot::inline v0_1::checked
