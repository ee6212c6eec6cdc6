/// From any address to the slab or large block that covers it, without touching the address.
///
/// One map a process, shared by all checked heaps, so that a block of another one is recognised. Two levels over the 48
/// bits of user addresses in granules of 64 KiB. Look-up: two loads, no lock. Threads: safe; whoever owns a range sets
/// it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::checked {

struct Slab;
struct LargeBlock;

constexpr std::size_t granule_bits = 16;
constexpr std::size_t granule_bytes = std::size_t{1} << granule_bits;

/// What covers an address: a slab, a large block, or nothing.
class BlockOwner {
 public:
  constexpr BlockOwner() noexcept = default;
  explicit BlockOwner(Slab* slab) noexcept : tagged_(reinterpret_cast<std::uintptr_t>(slab)) {}
  explicit BlockOwner(LargeBlock* block) noexcept : tagged_(reinterpret_cast<std::uintptr_t>(block) | 1U) {}

  [[nodiscard]] bool is_nothing() const noexcept { return tagged_ == 0; }
  [[nodiscard]] Slab* slab() const noexcept { return (tagged_ & 1U) == 0 ? reinterpret_cast<Slab*>(tagged_) : nullptr; }
  [[nodiscard]] LargeBlock* large() const noexcept {
    return (tagged_ & 1U) != 0 ? reinterpret_cast<LargeBlock*>(tagged_ - 1U) : nullptr;
  }

 private:
  friend class BlockMap;
  std::uintptr_t tagged_ = 0;
};

class BlockMap {
 public:
  /// What covers `address` now.
  [[nodiscard]] static BlockOwner find(const void* address) noexcept {
    const std::uintptr_t granule = reinterpret_cast<std::uintptr_t>(address) >> granule_bits;
    if (granule >= granule_count) [[unlikely]]
      return {};
    const Leaf* leaf = roots_[granule >> leaf_bits].load(std::memory_order_acquire);
    if (leaf == nullptr) [[unlikely]]
      return {};
    BlockOwner owner;
    owner.tagged_ = leaf->owners[granule & (leaf_size - 1)].load(std::memory_order_acquire);
    return owner;
  }

  /// Enters (or, with an empty owner, erases) `owner` for `size` bytes from `memory`, both multiples of a granule.
  /// False and nothing entered when there is no memory for the map; erasing never fails. Noted in block_map_changes.
  [[nodiscard]] static bool set(const void* memory, std::size_t size, BlockOwner owner) noexcept;
  /// Whether anything of ours covers a part of [begin, end). O(granules of ours and 4 GiB pieces).
  [[nodiscard]] static bool covers_any(std::uintptr_t begin, std::uintptr_t end) noexcept;
  static void erase(const void* memory, std::size_t size) noexcept { (void)set(memory, size, {}); }

 private:
  static constexpr std::size_t leaf_bits = 16;
  static constexpr std::size_t leaf_size = std::size_t{1} << leaf_bits;
  static constexpr std::size_t granule_count = std::size_t{1} << (48 - granule_bits);

  struct Leaf {
    std::atomic<std::uintptr_t> owners[leaf_size];
  };

  static Leaf* leaf_at(std::uintptr_t granule) noexcept;

  static std::atomic<Leaf*> roots_[granule_count / leaf_size];
};

}  // namespace allot::inline v0_1::checked
