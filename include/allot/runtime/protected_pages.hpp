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
#include "allot/sys/blocked_signals.hpp"

namespace allot::inline v0_1::runtime::protected_pages {

namespace detail {
extern std::atomic<std::size_t> count;
}

[[nodiscard]] ALLOT_ALWAYS_INLINE bool any() noexcept {
  return detail::count.load(std::memory_order_relaxed) != 0;
}

/// Whether a call that gives these pages a protection with which they are `accessible` (both readable and writable)
/// changes what is known here, and has to be made within a Change.
[[nodiscard]] bool concerns(std::uintptr_t begin, std::size_t size, bool accessible) noexcept;

/// A change of protections by the program: while one lives nobody lifts or restores any, and no signal handler runs
/// that might change some too.
class Change {
 public:
  Change() noexcept;
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  ~Change();

  /// The program has given these pages a protection (mprotect's bits). Pages outside the heap are left out.
  void note(std::uintptr_t begin, std::size_t size, int protection, bool accessible) noexcept;

 private:
  sys::BlockedSignals blocked_;
};

/// Makes the pages around [begin, end) readable and writable for good.
void lift(std::uintptr_t begin, std::uintptr_t end) noexcept;

/// While one lives all pages are readable, beside what they were.
class Lifted {
 public:
  Lifted() noexcept;
  Lifted(const Lifted&) = delete;
  Lifted& operator=(const Lifted&) = delete;
  ~Lifted();

 private:
  sys::BlockedSignals blocked_;
  bool locked_;
};

/// For fork.
void lock() noexcept;
void unlock() noexcept;

}  // namespace allot::inline v0_1::runtime::protected_pages
