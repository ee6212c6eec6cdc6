/// From the hash of a call stack to its number: a table that is small as long as there are few of them.
///
/// Buckets of eight slots, one cache line each, in levels that grow eightfold: a stack that finds its bucket full goes
/// on to the next level. Nothing moves, so readers need no lock. A program with a few hundred stacks touches eight
/// pages. Threads: safe, in signal handlers too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::runtime {

class StackIndex {
 public:
  constexpr StackIndex() noexcept = default;
  StackIndex(const StackIndex&) = delete;
  StackIndex& operator=(const StackIndex&) = delete;

  /// Maps the table; false when out of memory.
  bool open() noexcept {
    slots_ = static_cast<Slot*>(sys::map_pages(bytes, Alignment::from_bytes(sys::page_size())));
    return slots_ != nullptr;
  }
  [[nodiscard]] bool is_open() const noexcept { return slots_ != nullptr; }

  [[nodiscard]] bool covers(std::uintptr_t address) const noexcept {
    return address - reinterpret_cast<std::uintptr_t>(slots_) < bytes;
  }

  /// The number of the stack with this hash (not 0) for which `is_it(number)` holds; a new one is `add()`, whose 0
  /// means that there is none. 0 also when the table is full; then `add` was not called.
  template <class IsIt, class Add>
  std::uint32_t find_or_add(std::uint32_t hash, const IsIt& is_it, const Add& add) noexcept {
    // Where there are many stacks most lie on a later level: the loads of all levels overlap.
    Slot* buckets[levels];
    std::size_t level_begin = 0;
    std::size_t level_buckets = first_buckets;
    for (Slot*& bucket : buckets) {
      bucket = slots_ + (level_begin + (hash >> 8) % level_buckets) * bucket_slots;
      __builtin_prefetch(bucket);
      level_begin += level_buckets;
      level_buckets *= growth;
    }
    for (Slot* bucket : buckets) {
      for (std::size_t i = 0; i < bucket_slots; ++i) {
        std::uint64_t found = bucket[i].load(std::memory_order_acquire);
        if (found == 0) {
          const std::uint32_t number = add();
          if (number == 0) return 0;
          if (bucket[i].compare_exchange_strong(found, std::uint64_t{hash} << 32 | number, std::memory_order_acq_rel)) {
            return number;
          }
        }
        const auto number = static_cast<std::uint32_t>(found);
        if (static_cast<std::uint32_t>(found >> 32) == hash && is_it(number)) return number;
      }
    }
    return 0;
  }

 private:
  using Slot = std::atomic<std::uint64_t>;  // hash in the upper half, number in the lower; 0: free

  static constexpr std::size_t bucket_slots = 8;
  static constexpr std::size_t growth = 8;
  static constexpr std::size_t first_buckets = 512;
  static constexpr std::size_t levels = 4;
  static constexpr std::size_t bytes =
      first_buckets * (1 + growth + growth * growth + growth * growth * growth) * bucket_slots * sizeof(Slot);

  Slot* slots_ = nullptr;
};

}  // namespace allot::inline v0_1::runtime
