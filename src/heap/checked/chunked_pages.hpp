/// Pages for slabs, cut from larger mappings.
///
/// A mapping for each slab would cost three system calls and a page fault for every 4 KiB. Chunks grow with the heap;
/// from 4 MiB on they are of 2 MiB and ask for huge pages: 500 times fewer faults, and a program that is spread over
/// many slabs misses the TLB less. Any piece may be unmapped by itself.
/// Cost: at most one chunk that is not used up. Threads: safe.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/sys/mutex.hpp"

namespace allot::inline v0_1::checked {

class ChunkedPages {
 public:
  constexpr ChunkedPages() noexcept = default;
  ChunkedPages(const ChunkedPages&) = delete;
  ChunkedPages& operator=(const ChunkedPages&) = delete;

  /// `size` fresh zeroed bytes (a multiple of a page) on a multiple of `alignment`, which is the same in each call;
  /// null when out of memory. The caller unmaps them.
  [[nodiscard]] void* take(std::size_t size, Alignment alignment) noexcept;

  /// Unmaps what nobody took. Taking may begin anew.
  void release_rest() noexcept;

  /// For fork.
  void lock() noexcept ALLOT_LOCKS_UNCHECKED { mutex_.lock(); }
  void unlock() noexcept ALLOT_LOCKS_UNCHECKED { mutex_.unlock(); }

 private:
  bool map_chunk(std::size_t size, Alignment alignment) noexcept;
  void unmap_rest() noexcept;

  sys::Mutex mutex_;
  std::byte* at_ = nullptr;
  std::byte* end_ = nullptr;
  std::size_t mapped_ = 0;  // by all chunks so far
};

}  // namespace allot::inline v0_1::checked
