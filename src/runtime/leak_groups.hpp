/// Sums of blocks by kind of loss and call stack.
#pragma once

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

/// A hash table in pages of its own, touched as used; half a million groups at most, further ones are not counted.
/// Threads: not safe.
class LeakGroups {
 public:
  LeakGroups() noexcept
      : table_(static_cast<LeakGroup*>(sys::map_pages(bytes(), Alignment::from_bytes(sys::page_size())))) {}
  LeakGroups(const LeakGroups&) = delete;
  LeakGroups& operator=(const LeakGroups&) = delete;
  ~LeakGroups() {
    if (table_ != nullptr) sys::unmap_pages(table_, bytes());
  }

  /// The group the block was added to, or null.
  LeakGroup* add(LeakKind kind, std::uint32_t stack, std::size_t size, std::uintptr_t block) noexcept {
    LeakGroup* group = find(kind, stack);
    if (group == nullptr) return nullptr;
    if (group->blocks == 0) *group = {kind, stack, 0, 0, 0, 0, block};
    ++group->blocks;
    group->bytes += size;
    return group;
  }

  void log_all(RecordLog& log) const noexcept {
    for (std::size_t i = 0; table_ != nullptr && i < slots; ++i) {
      const LeakGroup& group = table_[i];
      if (group.blocks == 0) continue;
      log.add_leak(group.kind, group.stack, group.blocks, group.bytes, group.indirect_blocks, group.indirect_bytes,
                   group.example);
    }
  }

 private:
  static constexpr std::size_t slots = std::size_t{1} << 19;

  [[nodiscard]] static std::size_t bytes() noexcept { return sys::round_up_to_pages(slots * sizeof(LeakGroup)); }

  [[nodiscard]] LeakGroup* find(LeakKind kind, std::uint32_t stack) noexcept {
    if (table_ == nullptr) return nullptr;
    const std::size_t start = (std::size_t{stack} * 4 + static_cast<std::size_t>(kind)) * 0x9E3779B97F4A7C15U >> 45;
    for (std::size_t probe = 0; probe < 4096; ++probe) {
      LeakGroup& group = table_[(start + probe) % slots];
      if (group.blocks == 0 || (group.kind == kind && group.stack == stack)) return &group;
    }
    return nullptr;
  }

  LeakGroup* table_;
};

}  // namespace allot::inline v0_1::runtime
