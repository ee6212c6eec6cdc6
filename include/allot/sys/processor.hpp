/// What the processor can do beyond what everything is compiled for.
#pragma once

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Whether the instructions may be used: the processor has them and the system keeps their registers. As the C library
/// found at the start of the process (glibc 2.33 and newer, else no): in a virtual machine asking the processor itself
/// is an exit of 20 us and more.
[[nodiscard]] bool has_avx2() noexcept;
[[nodiscard]] bool has_avx512f() noexcept;

}  // namespace allot::inline v0_1::sys
