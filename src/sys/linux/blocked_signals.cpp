#include "allot/sys/blocked_signals.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <initializer_list>

#include "keep_errno.hpp"

namespace allot::inline v0_1::sys {

// Asked of the kernel: the C library's function may be somebody else's, and leaves two signals out.

BlockedSignals::BlockedSignals() noexcept {
  const KeepErrno keep;
  std::uint64_t wanted = ~std::uint64_t{0};
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT})
    wanted &= ~(std::uint64_t{1} << (fault - 1));
  ::syscall(SYS_rt_sigprocmask, SIG_BLOCK, &wanted, &before_, sizeof wanted);
}

BlockedSignals::~BlockedSignals() {
  const KeepErrno keep;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof before_);
}

}  // namespace allot::inline v0_1::sys
