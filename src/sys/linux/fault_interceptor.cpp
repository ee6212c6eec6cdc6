#include "allot/sys/fault_interceptor.hpp"

#include <signal.h>
#include <ucontext.h>

#include <atomic>

#include "allot/sys/mutex.hpp"

namespace allot::inline v0_1::sys {

namespace {

constinit std::atomic<FaultInterceptor> current{nullptr};
constinit Mutex mutex;
/// What handled the signals before us.
struct sigaction before_segv;
struct sigaction before_bus;

struct sigaction& before_of(int signal) noexcept {
  return signal == SIGSEGV ? before_segv : before_bus;
}

#if defined(__x86_64__)

Fault fault_of(const siginfo_t& info, const ucontext_t& context) noexcept {
  constexpr greg_t write_bit = 2;  // of the page fault error code
  const greg_t* registers = context.uc_mcontext.gregs;
  return {info.si_addr, (registers[REG_ERR] & write_bit) != 0, static_cast<std::uintptr_t>(registers[REG_RIP]),
          reinterpret_cast<const void*>(registers[REG_RBP])};
}

#elif defined(__aarch64__)

Fault fault_of(const siginfo_t& info, const ucontext_t& context) noexcept {
  constexpr std::uint32_t esr_magic = 0x45535201;  // of the exception syndrome record
  constexpr std::uint64_t write_bit = 1U << 6;
  bool is_write = false;
  const unsigned char* record = context.uc_mcontext.__reserved;
  for (auto head = reinterpret_cast<const _aarch64_ctx*>(record); head->magic != 0;
       head = reinterpret_cast<const _aarch64_ctx*>(record)) {
    if (head->magic == esr_magic) is_write = (reinterpret_cast<const esr_context*>(head)->esr & write_bit) != 0;
    record += head->size;
  }
  return {info.si_addr, is_write, context.uc_mcontext.pc, reinterpret_cast<const void*>(context.uc_mcontext.regs[29])};
}

#endif

/// Hands the fault to the handler before us; the default one ends the program when the instruction faults again, or
/// when the signal that was sent is sent again.
void pass_on(int signal, siginfo_t* info, void* context) noexcept {
  const struct sigaction& before = before_of(signal);
  if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(signal, info, context);
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
  struct sigaction default_action = {};
  default_action.sa_handler = SIG_DFL;
  ::sigaction(signal, &default_action, nullptr);
  if (info->si_code <= 0) ::raise(signal);
}

void handle(int signal, siginfo_t* info, void* context) noexcept {
  const FaultInterceptor interceptor = current.load(std::memory_order_acquire);
  const bool by_kernel = info->si_code > 0;  // not sent with kill
  if (by_kernel && interceptor(fault_of(*info, *static_cast<ucontext_t*>(context)))) return;
  pass_on(signal, info, context);
}

}  // namespace

bool intercept_faults(FaultInterceptor interceptor) noexcept {
  const ScopedLock lock(mutex);
  if (current.exchange(interceptor, std::memory_order_acq_rel) != nullptr) return true;
  struct sigaction action = {};
  action.sa_sigaction = &handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  if (::sigaction(SIGSEGV, &action, &before_segv) == 0 && ::sigaction(SIGBUS, &action, &before_bus) == 0) return true;
  current.store(nullptr, std::memory_order_release);
  return false;
}

}  // namespace allot::inline v0_1::sys
