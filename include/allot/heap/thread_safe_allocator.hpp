/// ThreadSafeAllocator: any allocator for any number of threads, one at a time.
///
/// Cost: a lock around each call, some 20 ns when nobody waits. Nothing is kept beside the blocks.
/// When not to use it: where threads allocate often (`smp_allocator()`), or over an allocator that is safe already.
/// Threads: safe, while the child is used through this object only. After fork() the child process may find the lock
/// taken for ever if another thread was inside.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/sys/mutex.hpp"

namespace allot::inline v0_1 {

class ThreadSafeAllocator : public PinnedAllocator<ThreadSafeAllocator> {
 public:
  /// Passes every call to `child` (held; it outlives this object).
  explicit ThreadSafeAllocator(Allocator child) noexcept : child_(child) {}

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    const sys::ScopedLock lock(mutex_);
    return child_.raw_alloc(size, alignment);
  }
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    const sys::ScopedLock lock(mutex_);
    return child_.raw_resize(memory, size, alignment, new_size);
  }
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    const sys::ScopedLock lock(mutex_);
    return child_.raw_remap(memory, size, alignment, new_size);
  }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    const sys::ScopedLock lock(mutex_);
    child_.raw_free(memory, size, alignment);
  }

 private:
  Allocator child_ ALLOT_GUARDED_BY(mutex_);
  sys::Mutex mutex_;
};

}  // namespace allot::inline v0_1
