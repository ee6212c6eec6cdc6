/// Live blocks grouped by the call stack that allocated them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"
#include "allot/heap/stack_depot.hpp"
#include "findings.hpp"
#include "state.hpp"

namespace allot::inline v0_1::checked {

struct LeakGroup {
  BlockFacts first;  // of its oldest block
  std::uint32_t first_epoch;
  std::size_t count;
  std::size_t bytes;
};

/// A hash table of groups in pages of its own. Without memory for more groups, blocks are counted in the totals only.
class LeakGroups {
 public:
  LeakGroups() noexcept = default;
  LeakGroups(const LeakGroups&) = delete;
  LeakGroups& operator=(const LeakGroups&) = delete;
  ~LeakGroups();

  /// Adds the live blocks of `state` allocated in epoch `since` or later. Takes the locks one after another.
  void collect(State& state, std::uint32_t since) noexcept;

  /// The groups, most bytes first. Ends the collection.
  [[nodiscard]] std::span<const LeakGroup> sorted() noexcept;

  [[nodiscard]] std::size_t total_count() const noexcept { return total_count_; }
  [[nodiscard]] std::size_t total_bytes() const noexcept { return total_bytes_; }

 private:
  void add(const BlockFacts& facts, std::uint32_t epoch) noexcept;
  LeakGroup* find(const BlockFacts& facts) noexcept;
  bool grow() noexcept;

  LeakGroup* table_ = nullptr;
  std::size_t capacity_ = 0;  // a power of two
  std::size_t used_ = 0;
  std::size_t total_count_ = 0;
  std::size_t total_bytes_ = 0;
};

}  // namespace allot::inline v0_1::checked
