/// Descriptors of slabs and large blocks: never unmapped, so that a look-up that races with their release reads an old
/// descriptor, not a hole.
#pragma once

#include <cstddef>
#include <new>

#include "allot/base/config.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::checked {

/// A free list of `T` (which has a member `T* next`) over pages that are never given back. Constant-initialised; one a
/// type and process. Threads: safe.
template <class T>
class DescriptorPool {
 public:
  /// Null when out of memory.
  [[nodiscard]] T* take() noexcept {
    const sys::ScopedLock lock(mutex_);
    if (free_ == nullptr && !grow()) return nullptr;
    T* descriptor = free_;
    free_ = descriptor->next;
    return ::new (descriptor) T{};
  }

  void give_back(T* descriptor) noexcept {
    const sys::ScopedLock lock(mutex_);
    descriptor->next = free_;
    free_ = descriptor;
  }

  void lock() noexcept ALLOT_LOCKS_UNCHECKED { mutex_.lock(); }
  void unlock() noexcept ALLOT_LOCKS_UNCHECKED { mutex_.unlock(); }

 private:
  static constexpr std::size_t chunk_bytes = 16 * 1024;

  bool grow() noexcept {
    void* pages = sys::map_pages(sys::round_up_to_pages(chunk_bytes), Alignment::from_bytes(sys::page_size()));
    if (pages == nullptr) return false;
    T* descriptors = static_cast<T*>(pages);
    for (std::size_t i = chunk_bytes / sizeof(T); i-- > 0;) {
      descriptors[i].next = free_;
      free_ = &descriptors[i];
    }
    return true;
  }

  sys::Mutex mutex_;
  T* free_ = nullptr;
};

}  // namespace allot::inline v0_1::checked
