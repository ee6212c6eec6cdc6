/// Reads memory of this process of which nobody knows for sure that it is still there.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Copies memory that may vanish meanwhile; how many bytes could be read. Never a fault, unless a seccomp filter
/// forbids process_vm_readv: then it is read as it is. About 0.5 us a page.
[[nodiscard]] std::size_t copy_own_memory(std::uintptr_t from, void* to, std::size_t size) noexcept;

/// The same for memory nobody unmaps meanwhile, private to the process: five times as fast. Should it fault all the
/// same (a protection key, a guard inside a mapping), the handler of SIGSEGV and SIGBUS has to call `mend_copy_fault`,
/// or the process ends: see StableCopies.
[[nodiscard]] std::size_t copy_stable_memory(std::uintptr_t from, void* to, std::size_t size) noexcept;

/// For a signal handler, with the context it was given: true when the fault was one of `copy_stable_memory`, which goes
/// on when the handler returns and tells how far it came. Safe in signal handlers.
[[nodiscard]] bool mend_copy_fault(void* context) noexcept;

/// A handler of SIGSEGV and SIGBUS that begins with `mend_copy_fault`. Constant; set before it is asked for.
void set_copy_fault_mender(const void* handler) noexcept;

/// While one lives the calling thread does not block SIGSEGV and SIGBUS.
class StableCopies {
 public:
  StableCopies() noexcept;
  StableCopies(const StableCopies&) = delete;
  StableCopies& operator=(const StableCopies&) = delete;
  ~StableCopies();

  /// Whether the kernel has the mender as the handler of both: a program may have put its own there past the C library.
  [[nodiscard]] bool are_safe() const noexcept { return safe_; }

 private:
  std::uint64_t blocked_before_ = 0;
  bool safe_;
};

}  // namespace allot::inline v0_1::sys
