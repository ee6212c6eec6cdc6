/// What the fast heap notices without looking: it stops the program with a sentence.
#pragma once

#include "allot/base/config.hpp"

namespace allot::inline v0_1::detail::fast {

/// Prints "allot: <what>: 0x..." to standard error without allocating and aborts.
[[noreturn]] ALLOT_COLD void misuse(const char* what, const void* address) noexcept;

constexpr const char* freed_twice = "a block was freed twice";
constexpr const char* not_a_block = "a pointer that is no block of this heap was freed";

}  // namespace allot::inline v0_1::detail::fast
