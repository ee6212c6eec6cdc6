#include "allot/heap/c_allocator.hpp"

#include <malloc.h>

#include <cstdlib>

namespace allot::inline v0_1 {

namespace {

bool malloc_aligns(Alignment alignment) noexcept {
  return alignment <= Alignment::max_fundamental();
}

}  // namespace

void* CAllocator::raw_alloc(std::size_t size, Alignment alignment) const noexcept {
  if (malloc_aligns(alignment)) return std::malloc(size);
  void* memory = nullptr;
  return ::posix_memalign(&memory, alignment.bytes(), size) == 0 ? memory : nullptr;
}

bool CAllocator::raw_resize(void* memory, std::size_t, Alignment, std::size_t new_size) const noexcept {
  return new_size <= ::malloc_usable_size(memory);
}

void* CAllocator::raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) const noexcept {
  if (malloc_aligns(alignment)) return std::realloc(memory, new_size);
  return raw_resize(memory, size, alignment, new_size) ? memory : nullptr;
}

void CAllocator::raw_free(void* memory, std::size_t, Alignment) const noexcept {
  std::free(memory);
}

void* RawCAllocator::raw_alloc(std::size_t size, Alignment alignment) const noexcept {
  return malloc_aligns(alignment) ? std::malloc(size) : nullptr;
}

bool RawCAllocator::raw_resize(void*, std::size_t size, Alignment, std::size_t new_size) const noexcept {
  return new_size == size;
}

void* RawCAllocator::raw_remap(void* memory, std::size_t, Alignment, std::size_t new_size) const noexcept {
  return std::realloc(memory, new_size);
}

void RawCAllocator::raw_free(void* memory, std::size_t, Alignment) const noexcept {
  std::free(memory);
}

}  // namespace allot::inline v0_1
