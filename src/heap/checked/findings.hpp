/// Reports that were made while a lock was held, to be handed to the handler when it is not.
#pragma once

#include <cstddef>
#include <new>

#include "allot/base/config.hpp"
#include "allot/core/report.hpp"
#include "allot/heap/stack_depot.hpp"
#include "slab.hpp"

namespace allot::inline v0_1::checked {

struct LargeBlock;

/// What a report says about a block.
struct BlockFacts {
  const std::byte* block;
  std::size_t size;
  std::size_t alignment;
  TraceId allocation;
  TraceId first_free;
  std::uint32_t alloc_thread;
  std::uint32_t free_thread;
  std::uint8_t tag;
};

[[nodiscard]] BlockFacts facts_of(const Slab& slab, std::uint32_t index) noexcept;
[[nodiscard]] BlockFacts facts_of(const LargeBlock& block) noexcept;

/// A report of `kind` about a block, everything filled in that the block knows.
[[nodiscard]] Report report_about(ReportKind kind, const BlockFacts& facts) noexcept;

/// A stored trace for a report.
[[nodiscard]] Trace trace_of(TraceId trace, std::uint32_t thread) noexcept;

/// A few reports, in memory that costs nothing until one is added. When more are found than fit, those are dropped:
/// their damage is repaired and one operation never finds more than this.
class Findings {
 public:
  static constexpr std::size_t capacity = 6;

  Findings() noexcept {}
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;
  ~Findings() = default;

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// Whether one more check, which may add two, has to wait.
  [[nodiscard]] bool full() const noexcept { return count_ + 2 > capacity; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// With what was known of the block then: by the time the report is read its place may hold another.
  ALLOT_COLD void add(const Report& report, const BlockFacts& facts = {}) noexcept {
    if (count_ < capacity) ::new (&storage_[count_++ * sizeof(Entry)]) Entry{report, facts};
  }

  [[nodiscard]] Report& operator[](std::size_t index) noexcept { return entry(index).report; }
  [[nodiscard]] const BlockFacts& facts(std::size_t index) noexcept { return entry(index).facts; }

 private:
  struct Entry {
    Report report;
    BlockFacts facts;
  };

  [[nodiscard]] Entry& entry(std::size_t index) noexcept {
    return *std::launder(reinterpret_cast<Entry*>(&storage_[index * sizeof(Entry)]));
  }

  std::size_t count_ = 0;
  alignas(Entry) std::byte storage_[capacity * sizeof(Entry)];
};

}  // namespace allot::inline v0_1::checked
