/// Sums of blocks by kind of loss and call stack.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/runtime/record_log.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::runtime {

struct LeakGroup {
  LeakKind kind;
  std::uint32_t stack;
  std::uint64_t blocks;
  std::uint64_t bytes;
  std::uint64_t indirect_blocks;
  std::uint64_t indirect_bytes;
  std::uintptr_t example;

  void add_indirect(std::size_t size) noexcept {
    ++indirect_blocks;
    indirect_bytes += size;
  }
};

/// Groups one behind the other, and a hash table of their numbers, in pages of its own: no more than the live blocks
/// may need, a quarter of a million groups at most; further ones are not counted. Threads: not safe.
class LeakGroups {
 public:
  explicit LeakGroups(std::size_t live_blocks) noexcept
      : slots_(std::bit_ceil(std::clamp(live_blocks * 2, fewest_slots, most_slots))),
        groups_(map<LeakGroup>()),
        numbers_(map<std::uint32_t>()) {}
  LeakGroups(const LeakGroups&) = delete;
  LeakGroups& operator=(const LeakGroups&) = delete;
  ~LeakGroups() {
    if (groups_ != nullptr) sys::unmap_pages(groups_, bytes<LeakGroup>());
    if (numbers_ != nullptr) sys::unmap_pages(numbers_, bytes<std::uint32_t>());
  }

  /// The group the block was added to, or null.
  LeakGroup* add(LeakKind kind, std::uint32_t stack, std::size_t size, std::uintptr_t block) noexcept {
    LeakGroup* group = find(kind, stack, block);
    if (group == nullptr) return nullptr;
    ++group->blocks;
    group->bytes += size;
    return group;
  }

  void log_all(RecordLog& log) const noexcept {
    for (std::uint32_t i = 0; i < count_; ++i) {
      const LeakGroup& group = groups_[i];
      log.add_leak(group.kind, group.stack, group.blocks, group.bytes, group.indirect_blocks, group.indirect_bytes,
                   group.example);
    }
  }

 private:
  static constexpr std::size_t fewest_slots = 1024;
  static constexpr std::size_t most_slots = std::size_t{1} << 19;

  template <class T>
  [[nodiscard]] std::size_t bytes() const noexcept {
    return sys::round_up_to_pages(slots_ * sizeof(T));
  }
  template <class T>
  [[nodiscard]] T* map() const noexcept {
    return static_cast<T*>(sys::map_pages(bytes<T>(), Alignment::from_bytes(sys::page_size())));
  }

  [[nodiscard]] LeakGroup* find(LeakKind kind, std::uint32_t stack, std::uintptr_t block) noexcept {
    if (groups_ == nullptr || numbers_ == nullptr) return nullptr;
    const std::size_t start = (std::size_t{stack} * 4 + static_cast<std::size_t>(kind)) * 0x9E3779B97F4A7C15U >> 40;
    for (std::size_t probe = 0; probe < 4096; ++probe) {
      std::uint32_t& number = numbers_[(start + probe) & (slots_ - 1)];  // 0: none
      if (number == 0) {
        if (count_ == slots_ / 2) return nullptr;
        groups_[count_] = {kind, stack, 0, 0, 0, 0, block};
        number = ++count_;
      }
      LeakGroup& group = groups_[number - 1];
      if (group.kind == kind && group.stack == stack) return &group;
    }
    return nullptr;
  }

  std::size_t slots_;  // a power of two
  LeakGroup* groups_;
  std::uint32_t* numbers_;
  std::uint32_t count_ = 0;
};

}  // namespace allot::inline v0_1::runtime
