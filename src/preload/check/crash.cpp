#include "crash.hpp"

#include <signal.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "allot/sys/own_memory.hpp"
#include "allot/sys/pages.hpp"
#include "allot/sys/process.hpp"
#include "crash_stack.hpp"
#include "entry.hpp"
#include "life.hpp"
#include "signals.hpp"

namespace allot::inline v0_1::preload {

namespace {

namespace checked_malloc = runtime::checked_malloc;
using runtime::Finding;

constexpr int watched[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

constinit std::atomic<std::uint32_t> crashing_thread{0};  // the first one

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

void report_crash(std::string_view name, runtime::Caller caller) noexcept {
  caller.name = name;
  runtime::ReportFields fields;
  fields.finding = Finding::crash;
  checked_malloc::report(fields, caller);
  caller.name = "crash";
  checked_malloc::check_everything(caller);
}

/// False for a crash while this thread reports one. Other threads that crash meanwhile go no further: the first one
/// ends the process when its report is done.
bool is_first_crash() noexcept {
  const std::uint32_t self = sys::thread_id();
  std::uint32_t first = 0;
  if (crashing_thread.compare_exchange_strong(first, self)) return true;
  if (first == self) return false;
  for (;;) ::pause();
}

void note_crash(int signal, const ucontext_t& context) noexcept {
  CrashStack::faulted();
  if (!is_first_crash()) return;
  const char* name = ::sigabbrev_np(signal);
  if (name == nullptr) name = "signal";
  checked_malloc::record().header().crash_signal = static_cast<std::uint32_t>(signal);
  note_modules();
  const CrashStack stack(context);
  report_crash(name, stack.caller(name));
}

void on_signal(int signal, siginfo_t* info, void* opaque_context) {
  if (info->si_code > 0 && sys::mend_copy_fault(opaque_context)) return;
  const int kept_errno = errno;
  const ucontext_t& context = *static_cast<const ucontext_t*>(opaque_context);
  const bool was_guard = signal == SIGSEGV && info->si_code > 0 && handle_guard(*info, context);
  errno = kept_errno;
  if (was_guard || run_program_handler(signal, info, opaque_context)) return;
  if (program_action(signal).sa_handler == SIG_IGN && info->si_code <= 0) return;
  note_crash(signal, context);
  restore_default(signal);
  // A fault happens again when we return; a signal that was sent has to be sent again.
  ::raise(signal);
}

}  // namespace

void watch_for_crashes() noexcept {
  sys::set_copy_fault_mender(reinterpret_cast<const void*>(&on_signal));
  for (const int signal : watched) share_signal(signal, &on_signal, SA_ONSTACK | SA_NODEFER);
}

}  // namespace allot::inline v0_1::preload
