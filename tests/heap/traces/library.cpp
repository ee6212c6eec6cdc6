#include "allot/core/allocator.hpp"

extern "C" [[gnu::visibility("default")]] void leak_in_library(const allot::Allocator* allocator) {
  auto block = allocator->alloc<int>(4).value();
  asm volatile("" : : "r"(block.data()) : "memory");
}
