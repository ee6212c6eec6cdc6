/// FailingAllocator: runs out of memory on purpose, so that code for that case is tested.
///
///     FailingAllocator failing(child, FailurePlan::from(3));          // three allocations succeed, no later one
///     FailingAllocator failing(child, {}, FailurePlan::from(0));      // never in place: the copying path runs
///
/// Allocations have one plan, resizes and remaps (which may always refuse) another, each with its own index.
/// Cost: some counting. When not to use it: to hold a program to a budget (LimitAllocator). Threads: not safe (a plan
/// that depends on which thread came first would test nothing).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/sys/stack.hpp"

namespace allot::inline v0_1 {

/// Which calls fail. A trivial value; the default is none.
class FailurePlan {
 public:
  constexpr FailurePlan() noexcept = default;

  /// The call with this index (from 0) and all later ones.
  [[nodiscard]] static constexpr FailurePlan from(std::size_t index) noexcept { return {Kind::from, index, 0}; }
  /// The call with this index (from 0), no other.
  [[nodiscard]] static constexpr FailurePlan only(std::size_t index) noexcept { return {Kind::only, index, 0}; }
  /// One call in `calls` (at least 1), chosen at random; the same ones for the same seed.
  [[nodiscard]] static constexpr FailurePlan one_in(std::size_t calls, std::uint64_t seed) noexcept {
    return {Kind::one_in, calls == 0 ? 1 : calls, seed};
  }
  /// Calls that ask for more than `bytes`.
  [[nodiscard]] static constexpr FailurePlan larger_than(std::size_t bytes) noexcept {
    return {Kind::larger_than, bytes, 0};
  }

  /// Whether the call with this index, which asks for `size` bytes, fails.
  [[nodiscard]] bool fails(std::size_t index, std::size_t size) const noexcept;

 private:
  enum class Kind : unsigned char { never, from, only, one_in, larger_than };
  constexpr FailurePlan(Kind kind, std::size_t number, std::uint64_t seed) noexcept
      : kind_(kind), number_(number), seed_(seed) {}

  Kind kind_ = Kind::never;
  std::size_t number_ = 0;
  std::uint64_t seed_ = 0;
};

class FailingAllocator : public PinnedAllocator<FailingAllocator> {
 public:
  /// What may succeed goes to `child` (held; it outlives this object).
  explicit FailingAllocator(Allocator child, FailurePlan alloc_plan = {}, FailurePlan resize_plan = {}) noexcept
      : child_(child), alloc_plan_(alloc_plan), resize_plan_(resize_plan) {}

  /// Plans anew; indices and counts begin at 0 again.
  void restart(FailurePlan alloc_plan = {}, FailurePlan resize_plan = {}) noexcept;

  /// Allocations asked for so far: the index of the next.
  [[nodiscard]] std::size_t alloc_index() const noexcept { return alloc_index_; }
  /// Resizes and remaps asked for so far: the index of the next.
  [[nodiscard]] std::size_t resize_index() const noexcept { return resize_index_; }
  /// Allocations that succeeded, and frees.
  [[nodiscard]] std::size_t allocations() const noexcept { return allocations_; }
  [[nodiscard]] std::size_t deallocations() const noexcept { return deallocations_; }
  /// Bytes of those, what blocks grew and shrank by included.
  [[nodiscard]] std::size_t allocated_bytes() const noexcept { return allocated_bytes_; }
  [[nodiscard]] std::size_t freed_bytes() const noexcept { return freed_bytes_; }
  /// Whether a plan made a call fail: an allocation, or a resize.
  [[nodiscard]] bool has_induced_failure() const noexcept { return has_induced_failure_; }
  /// The first such call: the bytes it asked for, and its stack (return addresses, innermost first; empty before it).
  /// A view of this object, until `restart`. Taking it cost that call about a microsecond.
  [[nodiscard]] std::size_t induced_failure_size() const noexcept { return induced_failure_size_; }
  [[nodiscard]] std::span<const std::uintptr_t> induced_failure_trace() const noexcept {
    return {induced_failure_frames_, induced_failure_depth_};
  }

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept;
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept;

 private:
  [[nodiscard]] bool may_resize(std::size_t new_size, sys::StackOrigin origin) noexcept;
  ALLOT_COLD void note_induced_failure(std::size_t size, sys::StackOrigin origin) noexcept;
  void count_resize(std::size_t size, std::size_t new_size) noexcept;

  Allocator child_;
  FailurePlan alloc_plan_;
  FailurePlan resize_plan_;
  std::size_t alloc_index_ = 0;
  std::size_t resize_index_ = 0;
  std::size_t allocations_ = 0;
  std::size_t deallocations_ = 0;
  std::size_t allocated_bytes_ = 0;
  std::size_t freed_bytes_ = 0;
  bool has_induced_failure_ = false;
  std::size_t induced_failure_size_ = 0;
  std::size_t induced_failure_depth_ = 0;
  std::uintptr_t induced_failure_frames_[16] = {};
};

}  // namespace allot::inline v0_1
