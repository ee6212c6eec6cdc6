// The malloc family.
#include <cerrno>
#include <cstring>
#include <new>

#include "allot/base/checked_math.hpp"
#include "allot/sys/pages.hpp"
#include "entry.hpp"
#include "failures.hpp"
#include "life.hpp"

extern "C" {
[[gnu::weak]] void _ZSt17__throw_bad_allocv();
[[gnu::weak]] std::new_handler _ZSt15get_new_handlerv() noexcept;
}

namespace allot::inline v0_1::preload {

namespace {

using runtime::Caller;
using runtime::Family;
namespace checked_malloc = runtime::checked_malloc;

void* no_memory() noexcept {
  errno = ENOMEM;
  return nullptr;
}

[[gnu::always_inline]] inline void* allocate(std::size_t size, std::size_t alignment, Family family,
                                             const Caller& caller) noexcept {
  if (!ready()) [[unlikely]]
    return boot_allocate(size, alignment);
  if (shall_fail(size, caller)) [[unlikely]]
    return no_memory();
  void* memory = checked_malloc::allocate(size, alignment, family, caller);
  return memory != nullptr ? memory : no_memory();
}

bool is_power_of_two(std::size_t value) noexcept {
  return value != 0 && (value & (value - 1)) == 0;
}

ALLOT_COLD void report_alignment(std::size_t size, std::size_t alignment, const Caller& caller) noexcept {
  runtime::ReportFields fields;
  fields.finding = runtime::Finding::invalid_alignment;
  fields.given_size = size;
  fields.given_alignment = alignment;
  checked_malloc::report(fields, caller);
}

/// Memory from the boot time moves to the heap when it is to grow.
void* reallocate_boot_block(void* memory, std::size_t size, const Caller& caller) noexcept {
  void* moved = allocate(size, 16, Family::malloc_family, caller);
  const std::size_t old_size = boot_size(memory);
  if (moved != nullptr) std::memcpy(moved, memory, old_size < size ? old_size : size);
  return moved;
}

[[gnu::always_inline]] inline void* reallocate(void* memory, std::size_t size, const Caller& caller) noexcept {
  if (memory == nullptr) return allocate(size, 16, Family::malloc_family, caller);
  if (is_boot_memory(memory)) return reallocate_boot_block(memory, size, caller);
  if (size == 0) {
    checked_malloc::release(memory, {Family::malloc_family}, caller);
    return nullptr;
  }
  if (shall_fail(size, caller)) [[unlikely]]
    return no_memory();
  void* moved = checked_malloc::reallocate(memory, size, caller);
  return moved != nullptr ? moved : no_memory();
}

[[gnu::always_inline]] inline void release(void* memory, const runtime::Claim& claim, const Caller& caller) noexcept {
  if (memory == nullptr || is_boot_memory(memory)) return;
  const int kept_errno = errno;
  if (ready()) checked_malloc::release(memory, claim, caller);
  errno = kept_errno;
}

}  // namespace
}  // namespace allot::inline v0_1::preload

using namespace allot::preload;
using allot::runtime::Family;

ALLOT_EXPORT void* malloc(std::size_t size) {
  return allocate(size, 16, Family::malloc_family, ALLOT_CALLER("malloc"));
}

ALLOT_EXPORT void free(void* memory) {
  release(memory, {Family::malloc_family}, ALLOT_CALLER("free"));
}

ALLOT_EXPORT void* calloc(std::size_t count, std::size_t size) {
  const allot::runtime::Caller caller = ALLOT_CALLER("calloc");
  std::size_t bytes = 0;
  if (!allot::checked_multiply(count, size, bytes)) bytes = SIZE_MAX;
  if (!ready()) [[unlikely]]
    return boot_allocate(bytes, 16);
  if (shall_fail(bytes, caller)) return no_memory();
  void* memory = checked_malloc::allocate_zeroed(bytes, caller);
  return memory != nullptr ? memory : no_memory();
}

ALLOT_EXPORT void* realloc(void* memory, std::size_t size) {
  return reallocate(memory, size, ALLOT_CALLER("realloc"));
}

ALLOT_EXPORT void* reallocarray(void* memory, std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (!allot::checked_multiply(count, size, bytes)) return no_memory();
  return reallocate(memory, bytes, ALLOT_CALLER("reallocarray"));
}

ALLOT_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t size) {
  const allot::runtime::Caller caller = ALLOT_CALLER("aligned_alloc");
  if (!is_power_of_two(alignment)) {
    if (ready()) report_alignment(size, alignment, caller);
    errno = EINVAL;
    return nullptr;
  }
  return allocate(size, alignment, Family::aligned_malloc, caller);
}

/// glibc rounds the alignment up to a power of two.
ALLOT_EXPORT void* memalign(std::size_t alignment, std::size_t size) {
  std::size_t power = 16;
  while (power < alignment && power <= SIZE_MAX / 4) power *= 2;
  return allocate(size, power, Family::aligned_malloc, ALLOT_CALLER("memalign"));
}

ALLOT_EXPORT int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  const allot::runtime::Caller caller = ALLOT_CALLER("posix_memalign");
  if (!is_power_of_two(alignment) || alignment % sizeof(void*) != 0) {
    if (ready()) report_alignment(size, alignment, caller);
    return EINVAL;
  }
  const int kept_errno = errno;
  void* block = allocate(size, alignment, Family::aligned_malloc, caller);
  errno = kept_errno;
  if (block == nullptr) return ENOMEM;
  *memory = block;
  return 0;
}

ALLOT_EXPORT void* valloc(std::size_t size) {
  return allocate(size, allot::sys::page_size(), Family::aligned_malloc, ALLOT_CALLER("valloc"));
}

ALLOT_EXPORT void* pvalloc(std::size_t size) {
  const std::size_t rounded = allot::sys::round_up_to_pages(size == 0 ? 1 : size);
  return allocate(rounded == 0 ? SIZE_MAX : rounded, allot::sys::page_size(), Family::aligned_malloc,
                  ALLOT_CALLER("pvalloc"));
}

ALLOT_EXPORT std::size_t malloc_usable_size(void* memory) {
  if (memory == nullptr || !ready()) return 0;
  if (is_boot_memory(memory)) return boot_size(memory);
  return checked_malloc::usable_size(memory, ALLOT_CALLER("malloc_usable_size"));
}

ALLOT_EXPORT void cfree(void* memory) {
  release(memory, {Family::malloc_family}, ALLOT_CALLER("cfree"));
}

ALLOT_EXPORT int malloc_trim(std::size_t) {
  return 0;
}

// The operators are here because they share what is above.

namespace {

/// As the standard asks: the new-handler is called until it gives up, then bad_alloc or null. The C++ library is asked
/// only if the program has it: this one drags none into programs in C.
[[gnu::noinline, gnu::cold]] void* retry_with_handler(std::size_t size, std::size_t alignment, Family family,
                                                      const allot::runtime::Caller& caller, bool may_throw) {
  while (std::new_handler handler = &_ZSt15get_new_handlerv != nullptr ? _ZSt15get_new_handlerv() : nullptr) {
    handler();
    if (void* memory = allocate(size, alignment, family, caller)) return memory;
  }
  if (!may_throw) return nullptr;
  if (&_ZSt17__throw_bad_allocv != nullptr) _ZSt17__throw_bad_allocv();
  __builtin_trap();
}

[[gnu::always_inline]] inline void* allocate_object(std::size_t size, std::size_t alignment, Family family,
                                                    const allot::runtime::Caller& caller, bool may_throw) {
  void* memory = allocate(size, alignment, family, caller);
  if (memory != nullptr) [[likely]]
    return memory;
  return retry_with_handler(size, alignment, family, caller, may_throw);
}

}  // namespace

#define ALLOT_NEW(signature, alignment, family, name, may_throw)                            \
  ALLOT_EXPORT_CXX void* signature {                                                        \
    return allocate_object(size, alignment, Family::family, ALLOT_CALLER(name), may_throw); \
  }

ALLOT_NEW(operator new(std::size_t size), 16, new_single, "operator new", true)
ALLOT_NEW(operator new[](std::size_t size), 16, new_array, "operator new[]", true)
ALLOT_NEW(operator new(std::size_t size, const std::nothrow_t&) noexcept, 16, new_single, "operator new", false)
ALLOT_NEW(operator new[](std::size_t size, const std::nothrow_t&) noexcept, 16, new_array, "operator new[]", false)
ALLOT_NEW(operator new(std::size_t size, std::align_val_t alignment), static_cast<std::size_t>(alignment),
          aligned_new_single, "aligned operator new", true)
ALLOT_NEW(operator new[](std::size_t size, std::align_val_t alignment), static_cast<std::size_t>(alignment),
          aligned_new_array, "aligned operator new[]", true)
ALLOT_NEW(operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept,
          static_cast<std::size_t>(alignment), aligned_new_single, "aligned operator new", false)
ALLOT_NEW(operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept,
          static_cast<std::size_t>(alignment), aligned_new_array, "aligned operator new[]", false)

#define ALLOT_DELETE(parameters, size, alignment, family, op, name)                                   \
  ALLOT_EXPORT_CXX void op parameters noexcept {                                                      \
    release(memory, {Family::family, size, static_cast<std::size_t>(alignment)}, ALLOT_CALLER(name)); \
  }

ALLOT_DELETE((void* memory), 0, 0, new_single, operator delete, "operator delete")
ALLOT_DELETE((void* memory), 0, 0, new_array, operator delete[], "operator delete[]")
ALLOT_DELETE((void* memory, const std::nothrow_t&), 0, 0, new_single, operator delete, "operator delete")
ALLOT_DELETE((void* memory, const std::nothrow_t&), 0, 0, new_array, operator delete[], "operator delete[]")
ALLOT_DELETE((void* memory, std::size_t size), size, 0, new_single, operator delete, "sized operator delete")
ALLOT_DELETE((void* memory, std::size_t size), size, 0, new_array, operator delete[], "sized operator delete[]")
ALLOT_DELETE((void* memory, std::align_val_t alignment), 0, alignment, aligned_new_single, operator delete,
             "aligned operator delete")
ALLOT_DELETE((void* memory, std::align_val_t alignment), 0, alignment, aligned_new_array, operator delete[],
             "aligned operator delete[]")
ALLOT_DELETE((void* memory, std::size_t size, std::align_val_t alignment), size, alignment,
             aligned_new_single, operator delete, "sized aligned operator delete")
ALLOT_DELETE((void* memory, std::size_t size, std::align_val_t alignment), size, alignment,
             aligned_new_array, operator delete[], "sized aligned operator delete[]")
ALLOT_DELETE((void* memory, std::align_val_t alignment, const std::nothrow_t&), 0, alignment,
             aligned_new_single, operator delete, "aligned operator delete")
ALLOT_DELETE((void* memory, std::align_val_t alignment, const std::nothrow_t&), 0, alignment,
             aligned_new_array, operator delete[], "aligned operator delete[]")
