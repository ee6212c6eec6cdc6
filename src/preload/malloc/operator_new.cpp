/// Every form of operator new and delete over the process heap. Sized deletes skip the look-up of the size.
///
/// The C++ library is asked for its new handler and to throw bad_alloc only if the program has it: preloaded into a
/// program in C, this drags no C++ library in.
#include <cstddef>
#include <new>

#include "allot/base/checked_math.hpp"
#include "fast_paths.hpp"

#define ALLOT_NEW_EXPORT [[gnu::visibility("default")]]

extern "C" {
[[gnu::weak]] void _ZSt17__throw_bad_allocv();
[[gnu::weak]] std::new_handler _ZSt15get_new_handlerv() noexcept;
}

namespace allot::inline v0_1::malloc_front {

namespace {

/// Retries as long as there is a handler; null when there is none.
ALLOT_COLD void* retry(std::size_t size, Alignment alignment) {
  for (;;) {
    const std::new_handler handler = &_ZSt15get_new_handlerv != nullptr ? _ZSt15get_new_handlerv() : nullptr;
    if (handler == nullptr) return nullptr;
    handler();
    if (size > max_block_size) continue;
    if (void* block = fast::process_allocate(nullptr, size != 0 ? size : 1, alignment)) return block;
  }
}

ALLOT_COLD void* retry_or_throw(std::size_t size, Alignment alignment) {
  void* block = retry(size, alignment);
  if (block != nullptr) return block;
  if (&_ZSt17__throw_bad_allocv != nullptr) _ZSt17__throw_bad_allocv();
  __builtin_trap();
}

/// A handler that throws ends an allocation that must not.
ALLOT_COLD void* retry_or_null(std::size_t size, Alignment alignment) noexcept {
#if defined(__cpp_exceptions)
  try {
    return retry(size, alignment);
  } catch (...) {
    return nullptr;
  }
#else
  return retry(size, alignment);
#endif
}

ALLOT_ALWAYS_INLINE void* allocate_or_throw(std::size_t size) {
  void* block = allocate(size);
  if (block == nullptr) [[unlikely]]
    return retry_or_throw(size, malloc_alignment);
  return block;
}

void* allocate_aligned_or_null(std::size_t size, std::align_val_t alignment) noexcept {
  if (size > max_block_size) return nullptr;
  return fast::process_allocate(nullptr, size != 0 ? size : 1,
                                Alignment::from_bytes(static_cast<std::size_t>(alignment)));
}

void* allocate_aligned_or_throw(std::size_t size, std::align_val_t alignment) {
  void* block = allocate_aligned_or_null(size, alignment);
  if (block == nullptr) [[unlikely]]
    return retry_or_throw(size, Alignment::from_bytes(static_cast<std::size_t>(alignment)));
  return block;
}

}  // namespace

}  // namespace allot::inline v0_1::malloc_front

namespace front = allot::malloc_front;

ALLOT_NEW_EXPORT void* operator new(std::size_t size) {
  return front::allocate_or_throw(size);
}
ALLOT_NEW_EXPORT void* operator new[](std::size_t size) {
  return front::allocate_or_throw(size);
}
ALLOT_NEW_EXPORT void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* block = front::allocate(size);
  return block != nullptr ? block : front::retry_or_null(size, front::malloc_alignment);
}
ALLOT_NEW_EXPORT void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
ALLOT_NEW_EXPORT void* operator new(std::size_t size, std::align_val_t alignment) {
  return front::allocate_aligned_or_throw(size, alignment);
}
ALLOT_NEW_EXPORT void* operator new[](std::size_t size, std::align_val_t alignment) {
  return front::allocate_aligned_or_throw(size, alignment);
}
ALLOT_NEW_EXPORT void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  void* block = front::allocate_aligned_or_null(size, alignment);
  if (block != nullptr) return block;
  return front::retry_or_null(size, allot::Alignment::from_bytes(static_cast<std::size_t>(alignment)));
}
ALLOT_NEW_EXPORT void* operator new[](std::size_t size, std::align_val_t alignment,
                                      const std::nothrow_t& tag) noexcept {
  return operator new(size, alignment, tag);
}

ALLOT_NEW_EXPORT void operator delete(void* block) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete[](void* block) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete(void* block, const std::nothrow_t&) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete[](void* block, const std::nothrow_t&) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete(void* block, std::size_t size) noexcept {
  front::free_sized(block, size);
}
ALLOT_NEW_EXPORT void operator delete[](void* block, std::size_t size) noexcept {
  front::free_sized(block, size);
}
ALLOT_NEW_EXPORT void operator delete(void* block, std::align_val_t) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete[](void* block, std::align_val_t) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  front::free(block);
}
ALLOT_NEW_EXPORT void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  front::free(block);
}
