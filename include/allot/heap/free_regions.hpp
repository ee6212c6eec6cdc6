/// Free byte ranges inside an arena's nodes, waiting to be handed out again. For arena_allocator.hpp only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"

namespace allot::inline v0_1::detail {

/// Lists of ranges by power of two of their size; the list node lies in the range itself, which is poisoned. Ranges
/// begin and end on multiples of 16.
/// O(1) to add and to take: a range of a higher class fits for certain; of each class the best of a few is taken.
/// Threads: not safe.
class FreeRegions {
 public:
  /// Smaller ranges are kept to be merged with their neighbours, but not handed out.
  static constexpr std::size_t smallest = 1024;

  struct Range {
    std::uintptr_t begin;  ///< 0: no range
    std::uintptr_t end;
    std::uint64_t stamp;  ///< when it was added
  };

  /// Adds `[begin, end)`, cut to multiples of 16; nothing when nothing is left. The bytes may be poisoned before and
  /// are afterwards.
  void add(std::uintptr_t begin, std::uintptr_t end, std::uint64_t stamp) noexcept;

  /// Takes out a range of at least `size` bytes; `begin` is 0 when there is none at hand.
  [[nodiscard]] Range take(std::size_t size) noexcept;

  /// Joins neighbours that have one stamp. O(n log n) in the number of ranges.
  void merge() noexcept;

  /// Bytes added since the last merge: whether merging again is worth it.
  [[nodiscard]] std::size_t bytes_since_merge() const noexcept { return bytes_since_merge_; }

  /// Drops the ranges whose stamp is `stamp` or later. O(ranges).
  void drop_since(std::uint64_t stamp) noexcept;

  /// Drops all. O(1).
  void clear() noexcept { *this = FreeRegions(); }

  /// Bytes in all ranges. O(1).
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  /// Whether a range, one of the first few of its class, overlaps `[begin, end)`: for catching double frees. O(1).
  [[nodiscard]] bool likely_overlaps(std::uintptr_t begin, std::uintptr_t end) const noexcept;

 private:
  struct Node;
  static constexpr std::size_t class_count = 20;
  static constexpr int probes = 16;

  static std::size_t class_of(std::size_t size) noexcept;
  void insert(Node* node, std::size_t size, std::uint64_t stamp) noexcept;
  [[nodiscard]] Range take_best(std::size_t size_class, std::size_t size) noexcept;
  [[nodiscard]] Node* sorted_by_address() const noexcept;

  Node* heads_[class_count] = {};
  std::size_t bytes_ = 0;
  std::size_t bytes_since_merge_ = 0;
};

}  // namespace allot::inline v0_1::detail
