#include "support/heap_trap.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>

namespace allot::test {
namespace {

/// Keeps the compiler from proving that a block is never used and dropping the calls.
void* escape(void* memory) {
  asm volatile("" : "+r"(memory) : : "memory");
  return memory;
}

TEST(HeapTrap, CountsNothingWhereNothingIsAllocated) {
  HeapTrap trap;
  int local = 0;
  escape(&local);
  std::free(nullptr);
  EXPECT_EQ(trap.calls(), 0U);
}

/// Frees what `allocate` returns: what the trap saw of both. ThreadSanitizer's hooks miss some of the allocations.
template <class Allocate>
testing::AssertionResult both_are_seen(Allocate allocate) {
  HeapTrap trap;
  std::free(escape(allocate()));
  const std::size_t allocations = trap.allocations();
  const std::size_t frees = trap.frees();
#if defined(__SANITIZE_THREAD__)
  const bool seen = allocations <= 1 && frees == 1;
#else
  const bool seen = allocations == 1 && frees == 1;
#endif
  return (seen ? testing::AssertionSuccess() : testing::AssertionFailure()) << allocations << " and " << frees;
}

TEST(HeapTrap, CatchesMallocAndItsFamily) {
  EXPECT_TRUE(both_are_seen([] { return std::malloc(10); }));
  EXPECT_TRUE(both_are_seen([] { return std::calloc(2, 10); }));
  EXPECT_TRUE(both_are_seen([] { return std::aligned_alloc(64, 128); }));
  EXPECT_TRUE(both_are_seen([] { return memalign(64, 128); }));
  EXPECT_TRUE(both_are_seen([]() -> void* {
    void* memory = nullptr;
    return posix_memalign(&memory, 64, 128) == 0 ? memory : nullptr;
  }));
}

TEST(HeapTrap, CatchesRealloc) {
  void* memory = escape(std::malloc(10));
  HeapTrap trap;
  memory = escape(std::realloc(memory, 5000));
  EXPECT_GE(trap.allocations(), 1U);
  std::free(memory);
}

TEST(HeapTrap, CatchesEveryOperatorNew) {
  HeapTrap trap;
  ::operator delete(escape(::operator new(10)));
  ::operator delete[](escape(::operator new[](10)));
  ::operator delete(escape(::operator new(10, std::nothrow)));
  ::operator delete[](escape(::operator new[](10, std::nothrow)));
  constexpr std::align_val_t alignment{64};
  ::operator delete(escape(::operator new(64, alignment)), alignment);
  ::operator delete[](escape(::operator new[](64, alignment)), alignment);
  ::operator delete(escape(::operator new(64, alignment, std::nothrow)), alignment);
  EXPECT_EQ(trap.allocations(), 7U);
  EXPECT_EQ(trap.frees(), 7U);
}

TEST(HeapTrap, CatchesCallsOfTheCLibrary) {
  HeapTrap trap;
  std::free(escape(strdup("a copy")));
  EXPECT_EQ(trap.calls(), 2U);
}

TEST(HeapTrap, CountsNothingUnderAPause) {
  HeapTrap trap;
  {
    const HeapTrapPause pause;
    std::free(escape(std::malloc(10)));
  }
  EXPECT_EQ(trap.calls(), 0U);
  std::free(escape(std::malloc(10)));
  EXPECT_EQ(trap.calls(), 2U);
}

TEST(HeapTrap, CountsItsOwnThreadOnly) {
  HeapTrap trap;
  std::size_t before = 0;
  std::size_t after = 0;
  {
    const HeapTrapPause pause;
    std::thread([&] {
      before = trap.calls();
      std::free(escape(std::malloc(10)));
      after = trap.calls();
    }).join();
  }
  EXPECT_EQ(trap.calls(), 0U);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace allot::test
