#include "support/heap_trap.hpp"

#include <cerrno>
#include <cstddef>

#include "allot/base/config.hpp"

namespace allot::test {
namespace {

void count_allocation() noexcept {
  HeapTrapState& state = heap_trap_state;
  if (state.traps > 0 && state.pauses == 0) ++state.allocations;
}

void count_free(const volatile void* memory) noexcept {
  HeapTrapState& state = heap_trap_state;
  if (memory != nullptr && state.traps > 0 && state.pauses == 0) ++state.frees;
}

}  // namespace
}  // namespace allot::test

#if defined(__SANITIZE_THREAD__)
#define ALLOT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ALLOT_TEST_SANITIZED 1
#endif
#endif
#if !defined(ALLOT_TEST_SANITIZED) && ALLOT_ASAN
#define ALLOT_TEST_SANITIZED 1
#endif

#ifdef ALLOT_TEST_SANITIZED

// Declared here: g++ comes without <sanitizer/allocator_interface.h>.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*, std::size_t),
                                                         void (*free_hook)(const volatile void*));

namespace {

const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { allot::test::count_allocation(); },
    [](const volatile void* memory) { allot::test::count_free(memory); });

}  // namespace

#else

// glibc's own entry points: what the replaced functions call.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* memory, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void* __libc_valloc(std::size_t size) noexcept;
void* __libc_pvalloc(std::size_t size) noexcept;
void __libc_free(void* memory) noexcept;

// Default visibility: the C and C++ libraries must call these as well.
#pragma GCC visibility push(default)

void* malloc(std::size_t size) noexcept {
  allot::test::count_allocation();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  allot::test::count_allocation();
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
  allot::test::count_allocation();
  return __libc_realloc(memory, size);
}

void* reallocarray(void* memory, std::size_t count, std::size_t size) noexcept {
  allot::test::count_allocation();
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_realloc(memory, bytes);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  allot::test::count_allocation();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  allot::test::count_allocation();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  allot::test::count_allocation();
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void* const memory = __libc_memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *result = memory;
  return 0;
}

void* valloc(std::size_t size) noexcept {
  allot::test::count_allocation();
  return __libc_valloc(size);
}

void* pvalloc(std::size_t size) noexcept {
  allot::test::count_allocation();
  return __libc_pvalloc(size);
}

void free(void* memory) noexcept {
  allot::test::count_free(memory);
  __libc_free(memory);
}

#pragma GCC visibility pop
}  // extern "C"

#endif
