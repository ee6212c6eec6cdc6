#include "leak_signal.hpp"

#include <atomic>
#include <cerrno>

#include "allot/sys/stopped_threads.hpp"
#include "life.hpp"
#include "signals.hpp"

namespace allot::inline v0_1::preload {

namespace {

constinit std::atomic<bool> looking{false};

void on_leak_signal(int signal, siginfo_t* info, void* context) {
  const int kept_errno = errno;
  if (!looking.exchange(true, std::memory_order_acquire)) {
    // What lies below the interrupted code's stack is the handler's, with pointers from calls before it.
    const sys::StoppedThread self = sys::interrupted_thread(context);
    look_for_leaks(self.stack_pointer - sys::stack_red_zone, self.registers);
    looking.store(false, std::memory_order_release);
  }
  errno = kept_errno;
  (void)run_program_handler(signal, info, context);
}

}  // namespace

void watch_for_leak_signal(int signal) noexcept {
  share_signal(signal, &on_leak_signal, SA_RESTART);
}

}  // namespace allot::inline v0_1::preload
