/// Pages of the heap that the program forbids itself to read or to write: guards inside its blocks, code it has made.
///
/// The heap reads and fills what it gives out, so it must know them: `lift` before it touches one block, `Lifted` while
/// it looks at all. Kept in a table of 32,768 stretches; further ones are not known. Cost while there are none: a load;
/// then a walk over all of them. Threads: safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::runtime::protected_pages {

namespace detail {
extern std::atomic<std::size_t> count;
}

/// The program has given these pages a protection (mprotect's bits), with which they can be both read and written or
/// not. Pages outside the heap are left out.
void note(std::uintptr_t begin, std::size_t size, int protection, bool accessible) noexcept;

[[nodiscard]] ALLOT_ALWAYS_INLINE bool any() noexcept {
  return detail::count.load(std::memory_order_relaxed) != 0;
}

/// Makes the pages around [begin, end) readable and writable for good.
void lift(std::uintptr_t begin, std::uintptr_t end) noexcept;

/// While one lives all pages are readable and writable.
class Lifted {
 public:
  Lifted() noexcept;
  Lifted(const Lifted&) = delete;
  Lifted& operator=(const Lifted&) = delete;
  ~Lifted();

 private:
  bool locked_;
};

/// For fork.
void lock() noexcept;
void unlock() noexcept;

}  // namespace allot::inline v0_1::runtime::protected_pages
