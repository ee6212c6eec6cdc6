/// HugeBlocks: blocks above 2 MiB, or aligned to more than 64 KiB: mappings of their own, found by address.
///
/// Growing is mremap: in place when the neighbour is free, else by moving page tables, never bytes. A block freed
/// within 10 ms of its birth is kept for the next allocation of about its size (16 blocks, 64 MiB in all), so that a
/// pair in a loop is no system call; one that lived longer is unmapped at once: its two system calls are under 0.1 % of
/// its life. Threads: each function takes the heap's huge lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/sys/mutex.hpp"

namespace allot::inline v0_1::detail::fast {

class HugeBlocks {
 public:
  constexpr HugeBlocks() noexcept = default;
  HugeBlocks(const HugeBlocks&) = delete;
  HugeBlocks& operator=(const HugeBlocks&) = delete;

  /// Null when out of memory; else `size` becomes what the block may use, and `untouched` tells whether it reads as
  /// zero.
  [[nodiscard]] void* allocate(std::size_t& size, Alignment alignment, bool& untouched) noexcept;

  /// Stops the program when `block` is none of these.
  void free(void* block) noexcept;

  [[nodiscard]] bool resize(void* block, std::size_t new_size) noexcept;

  /// Null and unchanged when it can neither grow in place nor move to an aligned place.
  [[nodiscard]] void* remap(void* block, Alignment alignment, std::size_t new_size) noexcept;

  /// A number that changes whenever a block ends or changes its size. A block that was of some size under a number is
  /// so as long as the number stays.
  [[nodiscard]] std::uint64_t changes() const noexcept { return __atomic_load_n(&changes_, __ATOMIC_RELAXED); }

  /// Bytes of the mapping that begins at `block`, 0 when none does.
  [[nodiscard]] std::size_t bytes_of(const void* block) noexcept;

  /// Unmaps what is kept for reuse.
  void purge() noexcept;

  /// Unmaps everything.
  void close() noexcept;

  struct Totals {
    std::size_t blocks = 0;
    std::size_t live = 0;    ///< bytes
    std::size_t cached = 0;  ///< bytes
    std::size_t returned = 0;
  };
  [[nodiscard]] Totals totals() noexcept;

  sys::Mutex& mutex() noexcept { return mutex_; }

 private:
  struct Entry {
    char* block = nullptr;  // null: free slot of the table
    std::size_t size = 0;
    std::int64_t born = 0;
  };
  struct Kept {
    char* block = nullptr;
    std::size_t size = 0;
    std::int64_t since = 0;
  };
  static constexpr std::size_t kept_limit = 16;
  static constexpr std::size_t kept_bytes_limit = std::size_t{64} << 20;

  [[nodiscard]] Entry* find(const void* block) noexcept;
  [[nodiscard]] bool insert(char* block, std::size_t size) noexcept;
  void place(const Entry& entry) noexcept;
  void erase(Entry& entry) noexcept;
  void count_change() noexcept { __atomic_store_n(&changes_, changes_ + 1, __ATOMIC_RELAXED); }
  [[nodiscard]] bool grow_table() noexcept;
  [[nodiscard]] char* take_kept(std::size_t size, Alignment alignment, std::size_t& mapped) noexcept;
  void keep(char* block, std::size_t size) noexcept;
  void drop(Kept& kept) noexcept;
  void drop_old(std::int64_t now) noexcept;

  sys::Mutex mutex_;
  Entry* table_ = nullptr;  // *owned*; open addressing, linear probing
  std::size_t capacity_ = 0;
  std::size_t count_ = 0;
  std::size_t live_ = 0;
  std::size_t kept_bytes_ = 0;
  std::size_t returned_ = 0;
  std::uint64_t changes_ = 0;
  Kept kept_[kept_limit] = {};
};

}  // namespace allot::inline v0_1::detail::fast
