/// Budget: an allocator that gives what its parent gives, up to a number of bytes.
///
/// Threads: one uses it; any may ask how much is used and how often it refused.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1::http::detail {

class Budget : public PinnedAllocator<Budget> {
 public:
  Budget(Allocator parent, std::size_t limit) noexcept : parent_(parent), limit_(limit) {}

  /// Bytes in use now.
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

  // The raw operations (core/raw_allocator.hpp).

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    if (!fits(size)) return nullptr;
    void* memory = parent_.raw_alloc(size, alignment);
    if (memory != nullptr) set_used(used() + size);
    return memory;
  }
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    if (new_size > size && !fits(new_size - size)) return false;
    if (!parent_.raw_resize(memory, size, alignment, new_size)) return false;
    set_used(used() - size + new_size);
    return true;
  }
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    if (new_size > size && !fits(new_size - size)) return nullptr;
    void* moved = parent_.raw_remap(memory, size, alignment, new_size);
    if (moved != nullptr) set_used(used() - size + new_size);
    return moved;
  }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    parent_.raw_free(memory, size, alignment);
    set_used(used() - size);
  }

 private:
  [[nodiscard]] bool fits(std::size_t size) const noexcept { return size <= limit_ - used(); }
  void set_used(std::size_t used) noexcept { used_.store(used, std::memory_order_relaxed); }

  Allocator parent_;
  std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace allot::inline v0_1::http::detail
