#include "slab.hpp"

#include "allot/base/poison.hpp"
#include "allot/sys/pages.hpp"
#include "block_map.hpp"
#include "descriptor_pool.hpp"
#include "pattern.hpp"
#include "state.hpp"

namespace allot::inline v0_1::checked {

namespace {

constinit DescriptorPool<Slab> descriptors;

constexpr std::size_t slab_bytes_of(std::size_t stride) noexcept {
  return stride <= 8 * 1024 ? granule_bytes : 4 * granule_bytes;
}

/// Bytes before the first slot: checked as the front of its block, and a multiple of what its slots are aligned to.
std::size_t pad_of(const State& state, std::size_t stride) noexcept {
  return Alignment::from_bytes(natural_alignment(stride)).forward(state.front_zone == 0 ? 1 : state.front_zone);
}

/// At least one freed block waits, and at least half of the slots do not.
std::uint32_t held_of(const State& state, std::size_t stride, std::size_t slot_count) noexcept {
  const std::size_t wanted = state.options.quarantine_bytes / stride;
  const std::size_t most = slot_count / 2;
  return static_cast<std::uint32_t>(wanted > most ? most : (wanted == 0 ? 1 : wanted));
}

std::size_t info_bytes(const Slab& slab) noexcept {
  return sys::round_up_to_pages(slab.slot_count * sizeof(SlotInfo));
}

void lay_out(const State& state, Slab& slab, std::size_t size_class) noexcept {
  const std::size_t stride = stride_of(size_class);
  const std::size_t pad = pad_of(state, stride);
  slab.size_class = static_cast<std::uint16_t>(size_class);
  slab.stride = static_cast<std::uint32_t>(stride);
  slab.slot_count = static_cast<std::uint32_t>((slab_bytes_of(stride) - pad) / stride);
  slab.reciprocal = ((std::uint64_t{1} << 40) + stride - 1) / stride;
  slab.held = held_of(state, stride, slab.slot_count);
  slab.memory_size = slab_bytes_of(stride);
}

bool map_parts(State& state, Slab& slab) noexcept {
  slab.memory = static_cast<std::byte*>(map_slab_memory(state, slab.memory_size));
  if (slab.memory == nullptr) return false;
  slab.info = static_cast<SlotInfo*>(state.slot_infos.take(info_bytes(slab), Alignment::from_bytes(sys::page_size())));
  if (slab.info != nullptr && BlockMap::set(slab.memory, slab.memory_size, BlockOwner(&slab))) return true;
  if (slab.info != nullptr) sys::unmap_pages(slab.info, info_bytes(slab));
  unmap_block_memory(state, slab.memory, slab.memory_size, Alignment::from_bytes(granule_bytes));
  return false;
}

void prepare_memory(const Slab& slab) noexcept {
  poison(slab.memory, slab.memory_size);
  lay_pattern(slab.memory, static_cast<std::size_t>(slab.slots - slab.memory));
}

}  // namespace

Slab* make_slab(State& state, Shard& shard, std::size_t size_class) noexcept {
  Slab* slab = descriptors.take();
  if (slab == nullptr) return nullptr;
  lay_out(state, *slab, size_class);
  slab->heap = &state;
  slab->shard = &shard;
  if (!map_parts(state, *slab)) {
    descriptors.give_back(slab);
    return nullptr;
  }
  slab->slots = slab->memory + pad_of(state, slab->stride);
  prepare_memory(*slab);
  state.metadata_bytes.fetch_add(info_bytes(*slab) + sizeof(Slab), std::memory_order_relaxed);
  return slab;
}

void release_slab(State& state, Slab* slab) noexcept {
  BlockMap::erase(slab->memory, slab->memory_size);
  unpoison(slab->memory, slab->memory_size);
  unmap_block_memory(state, slab->memory, slab->memory_size, Alignment::from_bytes(granule_bytes));
  state.metadata_bytes.fetch_sub(info_bytes(*slab) + sizeof(Slab), std::memory_order_relaxed);
  sys::unmap_pages(slab->info, info_bytes(*slab));
  slab->heap = nullptr;
  descriptors.give_back(slab);
}

void purge_slab(State&, Slab* slab) noexcept {
  unpoison(slab->memory, slab->memory_size);
  sys::purge_pages(slab->memory, slab->memory_size);
  prepare_memory(*slab);
  slab->fresh = 0;
  slab->dead = 0;
  slab->dead_front = slab->dead_back = no_slot;
}

void lock_slab_descriptors() noexcept {
  descriptors.lock();
}
void unlock_slab_descriptors() noexcept {
  descriptors.unlock();
}

}  // namespace allot::inline v0_1::checked
