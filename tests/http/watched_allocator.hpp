/// WatchedAllocator: what a server takes from its allocator, counted, and refused on demand.
#pragma once

#include <atomic>
#include <cstddef>

#include "allot/core/direct_allocator.hpp"
#include "allot/heap/c_allocator.hpp"

namespace allot::test {

/// Counts calls and bytes, refuses on demand; on top of malloc, thread safe.
class WatchedAllocator : public PinnedAllocator<WatchedAllocator> {
 public:
  void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    calls_.fetch_add(1);
    if (refuses()) return nullptr;
    void* memory = c_allocator().raw_alloc(size, alignment);
    if (memory != nullptr) add(size);
    return memory;
  }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return nullptr; }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    calls_.fetch_add(1);
    live_.fetch_sub(size);
    c_allocator().raw_free(memory, size, alignment);
  }

  /// The allocation after `successes` more fails, and `all_behind_it` or none.
  void fail_after(long successes, bool all_behind_it = false) noexcept {
    fails_on_.store(all_behind_it);
    left_.store(successes);
  }
  [[nodiscard]] bool has_failed() const noexcept { return left_.load() < 0; }
  [[nodiscard]] std::size_t calls() const noexcept { return calls_.load(); }
  [[nodiscard]] std::size_t live() const noexcept { return live_.load(); }
  [[nodiscard]] std::size_t peak() const noexcept { return peak_.load(); }

  static constexpr long never = 1'000'000'000;

 private:
  bool refuses() noexcept {
    const long left = left_.fetch_sub(1);
    return left == 0 || (left < 0 && fails_on_.load());
  }
  void add(std::size_t size) noexcept {
    const std::size_t now = live_.fetch_add(size) + size;
    std::size_t peak = peak_.load();
    while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
    }
  }

  std::atomic<std::size_t> calls_{0};
  std::atomic<std::size_t> live_{0};
  std::atomic<std::size_t> peak_{0};
  std::atomic<long> left_{never};
  std::atomic<bool> fails_on_{false};
};

}  // namespace allot::test
