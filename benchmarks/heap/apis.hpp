/// The ways into an allocator that the workloads are run through.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "allot/heap/fast_heap.hpp"
#include "allot/heap/smp_allocator.hpp"

namespace allot::bench {

constexpr Alignment word = Alignment::of<void*>();

/// malloc and free: glibc's, or those of the library that is preloaded.
struct MallocApi {
  static void* alloc(std::size_t size) { return std::malloc(size); }
  static void free(void* block, std::size_t) { std::free(block); }
  static void* realloc(void* block, std::size_t, std::size_t size) { return std::realloc(block, size); }
};

/// An allocator through its concrete type: calls inline.
template <class A>
struct DirectApi {
  A allocator;

  void* alloc(std::size_t size) const { return allocator.raw_alloc(size, word); }
  void free(void* block, std::size_t size) const { allocator.raw_free(block, size, word); }
  void* realloc(void* block, std::size_t old_size, std::size_t size) const {
    if (void* moved = allocator.raw_remap(block, old_size, word, size)) return moved;
    void* copy = alloc(size);
    std::memcpy(copy, block, old_size < size ? old_size : size);
    free(block, old_size);
    return copy;
  }
};

using SmpApi = DirectApi<SmpAllocator>;
using InstanceApi = DirectApi<DirectAllocator<FastHeap>>;
using HandleApi = DirectApi<Allocator>;

/// `value`, of which the compiler knows nothing afterwards.
template <class T>
T opaque(T value) {
  asm volatile("" : "+m"(value));
  return value;
}

}  // namespace allot::bench
