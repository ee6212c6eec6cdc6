#include "block_map.hpp"

#include "allot/heap/changes.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::checked {

// Zero pages until touched.
constinit std::atomic<BlockMap::Leaf*> BlockMap::roots_[granule_count / leaf_size];

constinit Changes block_map_changes;

/// The leaf for a granule, made if it is missing; null when there is no memory.
BlockMap::Leaf* BlockMap::leaf_at(std::uintptr_t granule) noexcept {
  std::atomic<Leaf*>& root = roots_[granule >> leaf_bits];
  Leaf* leaf = root.load(std::memory_order_acquire);
  if (leaf != nullptr) return leaf;
  void* pages = sys::map_pages(sizeof(Leaf), Alignment::from_bytes(sys::page_size()));
  if (pages == nullptr) return nullptr;
  if (root.compare_exchange_strong(leaf, static_cast<Leaf*>(pages), std::memory_order_acq_rel)) {
    return static_cast<Leaf*>(pages);
  }
  sys::unmap_pages(pages, sizeof(Leaf));
  return leaf;
}

bool BlockMap::covers_any(std::uintptr_t begin, std::uintptr_t end) noexcept {
  std::uintptr_t granule = begin >> granule_bits;
  const std::uintptr_t last = (end - 1) >> granule_bits;
  while (begin < end && granule <= last && granule < granule_count) {
    const Leaf* leaf = roots_[granule >> leaf_bits].load(std::memory_order_acquire);
    if (leaf == nullptr) {
      granule = ((granule >> leaf_bits) + 1) << leaf_bits;
      continue;
    }
    if (leaf->owners[granule & (leaf_size - 1)].load(std::memory_order_acquire) != 0) return true;
    ++granule;
  }
  return false;
}

bool BlockMap::set(const void* memory, std::size_t size, BlockOwner owner) noexcept {
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory) >> granule_bits;
  const std::uintptr_t end = begin + (size >> granule_bits);
  if (end > granule_count) return false;
  for (std::uintptr_t granule = begin; granule < end; ++granule) {
    Leaf* leaf = leaf_at(granule);
    if (leaf == nullptr) {
      if (!owner.is_nothing()) erase(memory, (granule - begin) << granule_bits);
      return false;
    }
    leaf->owners[granule & (leaf_size - 1)].store(owner.tagged_, std::memory_order_release);
  }
  block_map_changes.note_unlocked();
  return true;
}

}  // namespace allot::inline v0_1::checked
