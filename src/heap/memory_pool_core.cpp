#include "allot/heap/memory_pool_core.hpp"

#include <cstdint>
#include <cstring>
#include <new>

#include "allot/base/checked_math.hpp"
#include "allot/base/contract.hpp"
#include "allot/core/fill.hpp"

namespace allot::inline v0_1::detail {

/// One block of the child: this header, in checked pools the bits of the slots in use, the slots.
struct PoolCore::Chunk {
  Chunk* next;
  std::size_t bytes;
  std::size_t slots;
  std::byte* first_slot;
  Alignment alignment;  // of the block

  [[nodiscard]] unsigned char* bits() noexcept { return reinterpret_cast<unsigned char*>(this + 1); }
};

namespace {

constexpr std::size_t smallest_chunk = 4096;
constexpr std::size_t largest_chunk = std::size_t{1} << 20;

std::size_t bit_bytes(const PoolLayout& layout, std::size_t slots) noexcept {
  return layout.is_checked ? slots / 8 + 1 : 0;
}

}  // namespace

void* PoolCore::take_fresh(const PoolLayout& layout, bool growable) noexcept {
  if (fresh_ == fresh_end_) {
    Chunk* chunk = reserve_;
    if (chunk != nullptr) {
      reserve_ = chunk->next;
    } else {
      chunk = growable ? new_chunk(layout, next_chunk_slots(layout)) : nullptr;
      if (chunk == nullptr) return nullptr;
    }
    begin_chunk(layout, chunk);
  }
  void* slot = fresh_;
  fresh_ += layout.slot_size;
  unpoison(slot, layout.slot_size);
  return slot;
}

/// The slots a new chunk should have.
std::size_t PoolCore::next_chunk_slots(const PoolLayout& layout) const noexcept {
  std::size_t bytes = chunk_bytes_ / 2;
  if (bytes < smallest_chunk) bytes = smallest_chunk;
  if (bytes > largest_chunk) bytes = largest_chunk;
  const std::size_t overhead = sizeof(Chunk) + bit_bytes(layout, bytes / layout.slot_size) + layout.alignment.bytes();
  return bytes < overhead + layout.slot_size ? 1 : (bytes - overhead) / layout.slot_size;
}

PoolCore::Chunk* PoolCore::new_chunk(const PoolLayout& layout, std::size_t slots) noexcept {
  const Alignment alignment = Alignment::max(layout.alignment, Alignment::of<Chunk>());
  const std::size_t header = alignment.forward(sizeof(Chunk) + bit_bytes(layout, slots));
  std::size_t bytes = 0;
  if (!checked_array_size(slots, layout.slot_size, bytes) || !checked_add(bytes, header, bytes) ||
      bytes > max_block_size) {
    return nullptr;
  }
  void* memory = child_.raw_alloc(bytes, alignment);
  if (memory == nullptr) return nullptr;
  chunk_bytes_ += bytes;
  std::byte* first_slot = static_cast<std::byte*>(memory) + header;
  poison(first_slot, bytes - header);
  return ::new (memory) Chunk{nullptr, bytes, slots, first_slot, alignment};
}

void PoolCore::begin_chunk(const PoolLayout& layout, Chunk* chunk) noexcept {
  if (layout.is_checked) std::memset(chunk->bits(), 0, bit_bytes(layout, chunk->slots));
  chunk->next = chunks_;
  chunks_ = chunk;
  fresh_ = chunk->first_slot;
  fresh_end_ = fresh_ + chunk->slots * layout.slot_size;
}

void PoolCore::release(Chunk* chunk) noexcept {
  chunk_bytes_ -= chunk->bytes;
  const Chunk freed = *chunk;
  unpoison_defined(chunk, freed.bytes);
  child_.raw_free(chunk, freed.bytes, freed.alignment);
}

bool PoolCore::reserve(const PoolLayout& layout, std::size_t slots) noexcept {
  const std::size_t at_hand = slots_at_hand(layout);
  if (slots <= at_hand) return true;
  Chunk* chunk = new_chunk(layout, slots - at_hand);
  if (chunk == nullptr) return false;
  chunk->next = reserve_;
  reserve_ = chunk;
  return true;
}

std::size_t PoolCore::slots_at_hand(const PoolLayout& layout) const noexcept {
  auto count = static_cast<std::size_t>(fresh_end_ - fresh_) / layout.slot_size;
  for (const Chunk* chunk = reserve_; chunk != nullptr; chunk = chunk->next) count += chunk->slots;
  for (Slot* slot = free_; slot != nullptr; ++count) {
    unpoison_defined(slot, sizeof(Slot));
    Slot* next = slot->next;
    poison(slot, sizeof(Slot));
    slot = next;
  }
  return count;
}

void PoolCore::reset(const PoolLayout& layout, ResetMode mode) noexcept {
  free_ = nullptr;
  fresh_ = fresh_end_ = nullptr;
  Chunk* kept = nullptr;
  std::size_t kept_bytes = 0;
  for (Chunk* list : {chunks_, reserve_}) {  // newest first: these are the largest
    while (list != nullptr) {
      Chunk* chunk = list;
      list = chunk->next;
      if (chunk->bytes > mode.limit() - kept_bytes) {
        release(chunk);
        continue;
      }
      kept_bytes += chunk->bytes;
      poison(chunk->first_slot, chunk->slots * layout.slot_size);
      chunk->next = kept;
      kept = chunk;
    }
  }
  chunks_ = nullptr;
  reserve_ = kept;
}

PoolCore::Chunk* PoolCore::chunk_of(const PoolLayout& layout, const void* slot) const noexcept {
  for (Chunk* chunk = chunks_; chunk != nullptr; chunk = chunk->next) {
    const std::uintptr_t offset =
        reinterpret_cast<std::uintptr_t>(slot) - reinterpret_cast<std::uintptr_t>(chunk->first_slot);
    if (offset >= chunk->slots * layout.slot_size) continue;
    return offset % layout.slot_size == 0 ? chunk : nullptr;
  }
  return nullptr;
}

void PoolCore::mark_taken(const PoolLayout& layout, void* slot) noexcept {
  Chunk* chunk = chunk_of(layout, slot);
  const auto index = static_cast<std::size_t>(static_cast<std::byte*>(slot) - chunk->first_slot) / layout.slot_size;
  chunk->bits()[index / 8] = static_cast<unsigned char>(chunk->bits()[index / 8] | (1U << (index % 8)));
}

void PoolCore::mark_given(const PoolLayout& layout, void* slot) noexcept {
  Chunk* chunk = chunk_of(layout, slot);
  ALLOT_CHECK(chunk != nullptr, "the object is not from this pool");
  const auto index = static_cast<std::size_t>(static_cast<std::byte*>(slot) - chunk->first_slot) / layout.slot_size;
  unsigned char& bits = chunk->bits()[index / 8];
  ALLOT_CHECK((bits & (1U << (index % 8))) != 0, "the object was destroyed already");
  bits = static_cast<unsigned char>(bits & ~(1U << (index % 8)));
}

}  // namespace allot::inline v0_1::detail
