#include "allot/sys/thread.hpp"

#include <pthread.h>
#include <signal.h>

#include "allot/base/contract.hpp"

namespace allot::inline v0_1::sys {

namespace {

constexpr int own_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};

/// Every signal but those a thread brings on itself: a crash handler must still run where the crash is.
sigset_t signals_for_others() noexcept {
  sigset_t signals;
  ::sigfillset(&signals);
  for (const int own : own_signals) ::sigdelset(&signals, own);
  return signals;
}

}  // namespace

static_assert(sizeof(pthread_t) == sizeof(unsigned long));

int Thread::start(Function function, void* context) noexcept {
  ALLOT_CHECK(!running_, "a Thread that runs cannot be started again: join it first");
  function_ = function;
  context_ = context;
  const sigset_t blocked = signals_for_others();
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  pthread_t handle{};
  const int error = ::pthread_create(&handle, nullptr, &Thread::enter, this);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  handle_ = handle;
  running_ = error == 0;
  return error;
}

void Thread::join() noexcept {
  if (!running_) return;
  ::pthread_join(handle_, nullptr);
  running_ = false;
}

void* Thread::enter(void* self) noexcept {
  const Thread* thread = static_cast<Thread*>(self);
  thread->function_(thread->context_);
  return nullptr;
}

}  // namespace allot::inline v0_1::sys
