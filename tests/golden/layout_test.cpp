/// Facts of base and core that must not drift: sizes, triviality (a trivial type is passed in registers), noexcept.
/// Change one here only with a reason; each is a promise to whoever returns these types from hot functions.
#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "allot/core/direct_allocator.hpp"
#include "allot/core/sink.hpp"
#include "allot/core/slices.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

template <class T>
constexpr bool trivial = std::is_trivially_copyable_v<T> && std::is_trivially_copy_constructible_v<T> &&
                         std::is_trivially_move_constructible_v<T> && std::is_trivially_copy_assignable_v<T> &&
                         std::is_trivially_move_assignable_v<T> && std::is_trivially_destructible_v<T>;

template <class T>
constexpr bool moves_without_throwing =
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> && std::is_nothrow_swappable_v<T>;

template <class T>
constexpr bool move_only =
    std::is_move_constructible_v<T> && !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

constexpr std::size_t word = sizeof(void*);
using Direct = DirectAllocator<test::RecordingAllocator>;

// Result: the value, a byte that says which, and no more.
static_assert(sizeof(Result<void>) == 2);
static_assert(sizeof(Result<bool>) == 2);
static_assert(sizeof(Result<int>) == 2 * sizeof(int));
static_assert(sizeof(Result<int*>) == 2 * word);
static_assert(sizeof(Result<int&>) == 2 * word);
static_assert(sizeof(Result<std::span<int>>) == 3 * word);
static_assert(sizeof(Result<std::unique_ptr<int>>) == 2 * word);

static_assert(trivial<Result<void>> && trivial<Result<int>> && trivial<Result<int*>> && trivial<Result<int&>>);
static_assert(trivial<Result<std::span<int>>> && trivial<Result<ZString>> && trivial<Result<Allocator>>);
static_assert(!trivial<Result<std::string>> && !std::is_trivially_destructible_v<Result<std::unique_ptr<int>>>);
static_assert(move_only<Result<std::unique_ptr<int>>> && std::is_copy_constructible_v<Result<std::string>>);
static_assert(moves_without_throwing<Result<int>> && moves_without_throwing<Result<std::string>>);
static_assert(moves_without_throwing<Result<std::unique_ptr<int>>> && moves_without_throwing<Result<void>>);

// Unexpected, errors and alignments: their contents and nothing else.
static_assert(sizeof(AllocError) == 1 && sizeof(Unexpected<AllocError>) == 1 && trivial<Unexpected<AllocError>>);
static_assert(sizeof(Alignment) == word && trivial<Alignment>);

// Handles: two words and one, free to copy.
static_assert(sizeof(Allocator) == 2 * word && trivial<Allocator> && std::is_nothrow_copy_constructible_v<Allocator>);
static_assert(sizeof(Direct) == word && trivial<Direct>);
static_assert(sizeof(AllocatorTable) == 5 * word);

// Slices: as std::span.
static_assert(sizeof(ZString) == sizeof(std::span<char>) && trivial<ZString>);
static_assert(sizeof(AlignedSpan<int, 64>) == sizeof(std::span<int>) && trivial<AlignedSpan<int, 64>>);

// Sinks.
static_assert(sizeof(Sink) == 2 * word && trivial<Sink> && !std::is_copy_constructible_v<BufferSink>);

// What may be called where nothing may throw.
template <class H>
constexpr bool operations_are_noexcept = requires(const H& handle, std::span<int> slice, int* object, void* memory) {
  requires noexcept(handle.free(slice));
  requires noexcept(handle.resize(slice, 1));
  requires noexcept(handle.remap(slice, 1));
  requires noexcept(handle.destroy(object));
  requires noexcept(handle.raw_alloc(1, Alignment::of<int>()));
  requires noexcept(handle.raw_free(memory, 1, Alignment::of<int>()));
};
static_assert(operations_are_noexcept<Allocator> && operations_are_noexcept<Direct>);
static_assert(noexcept(std::declval<Allocator>().alloc<int>(1)) && noexcept(std::declval<Allocator>().dupe("")));
static_assert(noexcept(std::declval<Allocator>().create<int>(1)) && noexcept(std::declval<Allocator>().dupe_z("")));
static_assert(noexcept(std::declval<Allocator>().realloc(std::span<int>(), 1)));
static_assert(!noexcept(std::declval<Allocator>().create<std::string>("text")), "the constructor may throw");

TEST(Layout, IsAFactOfTheCompiler) {
  SUCCEED() << "the assertions above are the test";
}

}  // namespace
}  // namespace allot
