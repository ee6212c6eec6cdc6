#include "allot/sys/own_memory.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
/// rep movsb from the first argument to the second; how much of the third was left when it ended, or was ended: the
/// count register says so at any time. In assembler, so that there is one copying instruction and its address is known.
asm(R"(
  .pushsection .text
  .globl allot_detail_copy
  .hidden allot_detail_copy
  .type allot_detail_copy, @function
allot_detail_copy:
  .cfi_startproc
  endbr64
  movq %rdi, %rax
  movq %rsi, %rdi
  movq %rax, %rsi
  movq %rdx, %rcx
  .globl allot_detail_copying
  .hidden allot_detail_copying
allot_detail_copying:
  rep movsb
  .globl allot_detail_copied
  .hidden allot_detail_copied
allot_detail_copied:
  movq %rcx, %rax
  ret
  .cfi_endproc
  .size allot_detail_copy, . - allot_detail_copy
  .popsection
)");
extern "C" [[gnu::visibility("hidden")]] std::size_t allot_detail_copy(const void* from, void* to,
                                                                       std::size_t size) noexcept;
extern "C" [[gnu::visibility("hidden")]] const char allot_detail_copying[];
extern "C" [[gnu::visibility("hidden")]] const char allot_detail_copied[];
#endif

namespace allot::inline v0_1::sys {

std::size_t copy_own_memory(std::uintptr_t from, void* to, std::size_t size) noexcept {
  const iovec local{to, size};
  const iovec remote{reinterpret_cast<void*>(from), size};
  const ssize_t copied = ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0);
  if (copied >= 0) return static_cast<std::size_t>(copied);
  if (errno == EFAULT) return 0;
  // Forbidden in here (seccomp): read it and trust the map.
  std::memcpy(to, reinterpret_cast<const void*>(from), size);
  return size;
}

#if defined(__x86_64__)

std::size_t copy_stable_memory(std::uintptr_t from, void* to, std::size_t size) noexcept {
  return size - allot_detail_copy(reinterpret_cast<const void*>(from), to, size);
}

bool mend_copy_fault(void* context) noexcept {
  greg_t& code = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
  if (code != reinterpret_cast<greg_t>(allot_detail_copying)) return false;
  code = reinterpret_cast<greg_t>(allot_detail_copied);
  return true;
}

#else

std::size_t copy_stable_memory(std::uintptr_t from, void* to, std::size_t size) noexcept {
  return copy_own_memory(from, to, size);
}

bool mend_copy_fault(void*) noexcept {
  return false;
}

#endif

namespace {

constexpr std::size_t mask_bytes = sizeof(std::uint64_t);

constinit const void* mender = nullptr;

/// What the kernel takes for struct sigaction; its handler comes first.
struct KernelAction {
  const void* handler;
  unsigned long flags;
  void* restorer;
  std::uint64_t mask;
};

// Asked of the kernel: the C library's functions may be somebody else's.

bool is_mended(int signal) noexcept {
  KernelAction action{};
  return ::syscall(SYS_rt_sigaction, signal, nullptr, &action, mask_bytes) == 0 && action.handler == mender;
}

bool change_blocked(int how, const std::uint64_t& mask, std::uint64_t* before) noexcept {
  return ::syscall(SYS_rt_sigprocmask, how, &mask, before, mask_bytes) == 0;
}

constexpr std::uint64_t bit_of(int signal) noexcept {
  return std::uint64_t{1} << (signal - 1);
}

}  // namespace

void set_copy_fault_mender(const void* handler) noexcept {
  mender = handler;
}

StableCopies::StableCopies() noexcept {
  const bool unblocked = change_blocked(SIG_UNBLOCK, bit_of(SIGSEGV) | bit_of(SIGBUS), &blocked_before_);
  safe_ = unblocked && mender != nullptr && is_mended(SIGSEGV) && is_mended(SIGBUS);
}

StableCopies::~StableCopies() {
  (void)change_blocked(SIG_SETMASK, blocked_before_, nullptr);
}

}  // namespace allot::inline v0_1::sys
