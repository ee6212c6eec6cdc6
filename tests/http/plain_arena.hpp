/// PlainArena: an allocator for tests of code that never frees one by one. Every block is a heap block of its own, so
/// AddressSanitizer sees each; all go at the end.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "allot/core/direct_allocator.hpp"

namespace allot::test {

class PlainArena : public PinnedAllocator<PlainArena> {
 public:
  ~PlainArena() {
    for (const Block& block : blocks_) ::operator delete(block.memory, std::align_val_t(block.alignment));
  }

  /// The allocation after `successes` more fails, and all after it.
  void fail_after(std::size_t successes) noexcept { left_ = successes; }
  [[nodiscard]] std::size_t allocations() const noexcept { return blocks_.size(); }

  void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    if (left_ == 0) return nullptr;
    --left_;
    void* memory = ::operator new(size, std::align_val_t(alignment.bytes()));
    blocks_.push_back({memory, alignment.bytes()});
    return memory;
  }
  bool raw_resize(void*, std::size_t size, Alignment, std::size_t new_size) noexcept { return new_size <= size; }
  void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    return raw_resize(memory, size, alignment, new_size) ? memory : nullptr;
  }
  void raw_free(void*, std::size_t, Alignment) noexcept {}

 private:
  struct Block {
    void* memory;
    std::size_t alignment;
  };
  std::vector<Block> blocks_;
  std::size_t left_ = static_cast<std::size_t>(-1);
};

}  // namespace allot::test
