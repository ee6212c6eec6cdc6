/// A function template that several units of the program instantiate, between functions of their own: the linker keeps
/// one copy, and the units' address ranges overlap. libbacktrace of gcc 12 finds nothing for some of these functions.
#pragma once

#include "allot/core/allocator.hpp"

namespace shared_template {

template <class T>
[[gnu::noinline]] void leak(allot::Allocator allocator) {
  auto block = allocator.alloc<T>(1).value();  // line: shared allocation
  asm volatile("" : : "r"(block.data()) : "memory");
}

[[gnu::noinline]] void in_first_unit(allot::Allocator allocator);
[[gnu::noinline]] void in_second_unit(allot::Allocator allocator);

}  // namespace shared_template
