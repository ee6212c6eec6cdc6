#include "crash.hpp"

#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "allot/sys/pages.hpp"
#include "allot/sys/process.hpp"
#include "entry.hpp"
#include "life.hpp"
#include "real_functions.hpp"

namespace allot::inline v0_1::preload {

namespace {

namespace checked_malloc = runtime::checked_malloc;
using runtime::Finding;

ALLOT_REAL(sigaction);

constexpr int watched[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

/// What the program wants done with a watched signal, by its number. Our handler is what the kernel has.
constinit struct sigaction program_actions[32] = {};
constinit std::atomic<bool> watching{false};
constinit std::atomic<bool> crashing{false};

bool is_watched(int signal) noexcept {
  for (const int candidate : watched) {
    if (candidate == signal) return watching.load(std::memory_order_acquire);
  }
  return false;
}

bool is_write_fault(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
  return (context.uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
  (void)context;
  return false;
#endif
}

Finding guard_finding(const runtime::BlockView& block, std::uintptr_t address, bool write) noexcept {
  if (!block.live) return write ? Finding::guard_write_after_free : Finding::guard_read_after_free;
  if (address < block.begin) return write ? Finding::guard_write_before_start : Finding::guard_read_before_start;
  return write ? Finding::guard_write_past_end : Finding::guard_read_past_end;
}

/// The interrupted code as a caller: its stack begins with the instruction it stands at.
runtime::Caller interrupted(std::string_view name, const ucontext_t& context) noexcept {
#if defined(__x86_64__)
  const auto code = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
#else
  const std::uintptr_t code = context.uc_mcontext.pc;
#endif
  return {name, {__builtin_frame_address(0), code}, sys::StackMethod::compiler_runtime};
}

/// A touch of a guarded block is reported and then let through, so that the program goes on as it would have.
bool handle_guard(const siginfo_t& info, const ucontext_t& context) noexcept {
  runtime::BlockView block{};
  if (!checked_malloc::find_block(info.si_addr, block) || !block.guarded) return false;
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  const std::size_t page = sys::page_size();
  if (!sys::protect_pages(reinterpret_cast<void*>(address & ~(page - 1)), page, sys::Access::read_write)) return false;
  runtime::ReportFields fields;
  fields.finding = guard_finding(block, address, is_write_fault(context));
  fields.address = address;
  checked_malloc::report(fields, block, interrupted("access", context));
  return true;
}

bool has_own_handler(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

void note_crash(int signal, const ucontext_t& context) noexcept {
  if (crashing.exchange(true)) return;
  const char* name = ::sigabbrev_np(signal);
  checked_malloc::record().header().crash_signal = static_cast<std::uint32_t>(signal);
  note_modules();
  runtime::ReportFields fields;
  fields.finding = Finding::crash;
  checked_malloc::report(fields, interrupted(name != nullptr ? name : "signal", context));
  checked_malloc::check_everything(interrupted("crash", context));
}

void die_of(int signal) noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  real_sigaction(signal, &action, nullptr);
  // A fault happens again when we return; a signal that was sent has to be sent again.
  ::raise(signal);
}

void on_signal(int signal, siginfo_t* info, void* opaque_context) {
  const int kept_errno = errno;
  const ucontext_t& context = *static_cast<const ucontext_t*>(opaque_context);
  if (signal == SIGSEGV && info->si_code > 0 && handle_guard(*info, context)) {
    errno = kept_errno;
    return;
  }
  const struct sigaction& action = program_actions[signal];
  if (has_own_handler(action)) {
    errno = kept_errno;
    if ((action.sa_flags & SA_SIGINFO) != 0) return action.sa_sigaction(signal, info, opaque_context);
    return action.sa_handler(signal);
  }
  if (action.sa_handler == SIG_IGN && info->si_code <= 0) return;
  note_crash(signal, context);
  die_of(signal);
}

void install(int signal) noexcept {
  struct sigaction action{};
  action.sa_sigaction = &on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  real_sigaction(signal, &action, &program_actions[signal]);
}

}  // namespace

void watch_for_crashes() noexcept {
  for (const int signal : watched) install(signal);
  watching.store(true, std::memory_order_release);
}

}  // namespace allot::inline v0_1::preload

using namespace allot::preload;

ALLOT_EXPORT int sigaction(int signal, const struct sigaction* action, struct sigaction* old) noexcept {
  if (!is_watched(signal)) return real_sigaction(signal, action, old);
  const struct sigaction kept = program_actions[signal];
  if (action != nullptr) program_actions[signal] = *action;
  if (old != nullptr) *old = kept;
  return 0;
}

ALLOT_EXPORT sighandler_t signal(int signal, sighandler_t handler) noexcept {
  struct sigaction action{};
  struct sigaction old{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  if (sigaction(signal, &action, &old) != 0) return SIG_ERR;
  return old.sa_handler;
}
