#include "allot/sys/mutex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keep_errno.hpp"

namespace allot::inline v0_1::sys {

namespace {

constexpr int spins_before_sleep = 100;

long futex(Atomic<std::uint32_t>& word, int operation, std::uint32_t value) noexcept {
  const KeepErrno keep;
  return ::syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

}  // namespace

void Mutex::lock_contended() noexcept {
  for (int spin = 0; spin < spins_before_sleep; ++spin) {
    if (state_.load(MemoryOrder::relaxed) == free && take_if_free()) return;
    relax();
  }
  while (state_.exchange(contended, MemoryOrder::acquire) != free) {
    futex(state_, FUTEX_WAIT_PRIVATE, contended);
  }
}

void Mutex::wake_one() noexcept {
  futex(state_, FUTEX_WAKE_PRIVATE, 1);
}

}  // namespace allot::inline v0_1::sys
