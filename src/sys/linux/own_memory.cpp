#include "allot/sys/own_memory.hpp"

#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#if defined(__x86_64__)
/// Where the copying instruction stands, and the one after it.
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

/// The count register says how much is left when it ends, or is ended by `mend_copy_fault`.
[[gnu::noinline, gnu::noclone]] std::size_t copy_stable_memory(std::uintptr_t from, void* to,
                                                               std::size_t size) noexcept {
  std::size_t left = size;
  asm volatile(
      ".hidden allot_detail_copying\n"
      ".globl allot_detail_copying\n"
      "allot_detail_copying:\n"
      "rep movsb\n"
      ".hidden allot_detail_copied\n"
      ".globl allot_detail_copied\n"
      "allot_detail_copied:\n"
      : "+S"(from), "+D"(to), "+c"(left)
      :
      : "memory");
  return size - left;
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

}  // namespace allot::inline v0_1::sys
