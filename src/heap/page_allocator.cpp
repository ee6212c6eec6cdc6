#include "allot/heap/page_allocator.hpp"

#include "allot/base/poison.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1 {

namespace {

/// Nobody was given the rest of the last page.
void poison_tail(void* memory, std::size_t size, std::size_t mapped) noexcept {
  poison(static_cast<std::byte*>(memory) + size, mapped - size);
}

}  // namespace

void* PageAllocator::raw_alloc(std::size_t size, Alignment alignment) const noexcept {
  const std::size_t mapped = sys::round_up_to_pages(size);
  if (mapped == 0) return nullptr;
  void* memory = sys::map_pages(mapped, alignment);
  if (memory != nullptr) poison_tail(memory, size, mapped);
  return memory;
}

bool PageAllocator::raw_resize(void* memory, std::size_t size, Alignment, std::size_t new_size) const noexcept {
  const std::size_t mapped = sys::round_up_to_pages(size);
  const std::size_t new_mapped = sys::round_up_to_pages(new_size);
  if (new_mapped == 0) return false;
  if (new_mapped > mapped && !sys::resize_pages(memory, mapped, new_mapped)) return false;
  unpoison_defined(memory, mapped);
  if (new_mapped < mapped && !sys::resize_pages(memory, mapped, new_mapped)) return false;
  poison_tail(memory, new_size, new_mapped);
  return true;
}

void* PageAllocator::raw_remap(void* memory, std::size_t size, Alignment alignment,
                               std::size_t new_size) const noexcept {
  if (raw_resize(memory, size, alignment, new_size)) return memory;
  const std::size_t mapped = sys::round_up_to_pages(size);
  const std::size_t new_mapped = sys::round_up_to_pages(new_size);
  if (new_mapped == 0 || alignment.bytes() > sys::page_size()) return nullptr;
  unpoison_defined(memory, mapped);  // before another thread can be given the addresses
  void* moved = sys::remap_pages(memory, mapped, new_mapped);
  if (moved == nullptr) {
    poison_tail(memory, size, mapped);
    return nullptr;
  }
  poison_tail(moved, new_size, new_mapped);
  return moved;
}

void PageAllocator::raw_free(void* memory, std::size_t size, Alignment) const noexcept {
  const std::size_t mapped = sys::round_up_to_pages(size);
  unpoison(memory, mapped);
  sys::unmap_pages(memory, mapped);
}

}  // namespace allot::inline v0_1
