#include "allot/sys/process_hooks.hpp"

#include <pthread.h>
#include <sys/resource.h>

#include "allot/sys/mutex.hpp"

namespace allot::inline v0_1::sys {

namespace {

constinit Mutex key_mutex;

/// The C interface of thread keys hands over a pointer to void; function pointers travel in it on every POSIX system.
void call_hook(void* hook) {
  reinterpret_cast<ThreadExitHook::Hook>(hook)();
}

}  // namespace

bool ThreadExitHook::arm() noexcept {
  pthread_key_t key{};
  {
    const ScopedLock lock(key_mutex);
    if (key_ == 0) {
      if (::pthread_key_create(&key, &call_hook) != 0) return false;
      key_ = std::uint64_t{key} + 1;
    }
    key = static_cast<pthread_key_t>(key_ - 1);
  }
  return ::pthread_setspecific(key, reinterpret_cast<const void*>(hook_)) == 0;
}

bool at_fork(void (*before)() noexcept, void (*after_in_parent)() noexcept,
             void (*after_in_child)() noexcept) noexcept {
  return ::pthread_atfork(before, after_in_parent, after_in_child) == 0;
}

std::size_t address_space_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace allot::inline v0_1::sys
