/// StdAllocator<T>: any standard container on an allocator of ours.
///
///     std::vector<int, StdAllocator<int>> numbers(StdAllocator<int>(gpa.allocator()));
///     std::map<Key, Value, std::less<>, StdAllocator<std::pair<const Key, Value>>> map(allocator);
///
/// Two words, held, not owned. It must be given: there is no default allocator to fall back on, so containers over it
/// have no default constructor, and basic_string's substr(), which needs one, does not compile (use a string_view).
/// Containers take it along when moved, copied-to, assigned or swapped, so memory always
/// goes back to where it came from. Out of memory is std::bad_alloc here, because the standard's contract says so;
/// without exceptions the program stops with a message. Threads: as the allocator behind it.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "allot/base/alignment.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/fill.hpp"

namespace allot::inline v0_1 {

/// Reports that memory ran out in the standard library's way: throws std::bad_alloc, or stops a program that is built
/// without exceptions.
[[noreturn]] ALLOT_COLD inline void throw_out_of_memory() {
#if defined(__cpp_exceptions)
  throw std::bad_alloc();
#else
  contract_failed("memory is left", "out of memory under a standard container, and exceptions are off",
                  std::source_location::current());
#endif
}

template <class T, class A = Allocator>
class StdAllocator {
 public:
  using value_type = T;
  using Handle = HandleOf<A>;
  using propagate_on_container_copy_assignment = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  using is_always_equal = std::false_type;

  constexpr StdAllocator(Handle allocator) noexcept : handle_(allocator) {}
  template <class U>
  constexpr StdAllocator(const StdAllocator<U, A>& other) noexcept : handle_(other.handle()) {}

  template <class U>
  struct rebind {
    using other = StdAllocator<U, A>;
  };

  /// Room for `count` objects; throws std::bad_alloc.
  [[nodiscard]] T* allocate(std::size_t count) {
    std::size_t bytes = 0;
    void* memory = nullptr;
    if (checked_array_size(count, sizeof(T), bytes)) {
      if (bytes == 0) bytes = 1;
      memory = handle_.raw_alloc(bytes, Alignment::of<T>());
    }
    if (memory == nullptr) [[unlikely]]
      throw_out_of_memory();
    detail::fill_new(memory, bytes);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    const std::size_t bytes = count == 0 ? 1 : count * sizeof(T);
    handle_.raw_free(memory, bytes, Alignment::of<T>());
  }

  [[nodiscard]] constexpr const Handle& handle() const noexcept { return handle_; }

  template <class U>
  friend constexpr bool operator==(const StdAllocator& left, const StdAllocator<U, A>& right) noexcept {
    return left.handle() == right.handle();
  }

 private:
  Handle handle_;
};

template <class Handle>
StdAllocator(Handle) -> StdAllocator<std::byte, Handle>;

}  // namespace allot::inline v0_1
