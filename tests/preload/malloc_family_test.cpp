#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

#include "allot/heap/smp_allocator.hpp"

namespace allot {
namespace {

/// Hides a value from the compiler, which knows what malloc promises.
template <class T>
T opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

bool aligned(const void* block, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

TEST(Malloc, ComesFromTheProcessHeap) {
  void* block = std::malloc(100);
  EXPECT_TRUE(SmpAllocator::validate(block));
  EXPECT_EQ(malloc_usable_size(block), 112U);
  std::free(block);
}

TEST(Malloc, EverySizeIsUsableToItsUsableSize) {
  for (std::size_t size = 0; size < (8U << 20); size += size / 7 + 1) {
    auto* block = static_cast<char*>(std::malloc(size));
    ASSERT_NE(block, nullptr);
    ASSERT_TRUE(aligned(block, 16));
    const std::size_t usable = malloc_usable_size(block);
    ASSERT_GE(usable, size);
    std::memset(block, 1, usable);
    std::free(block);
  }
}

TEST(Malloc, WastesAtMostAnEighthWhateverIsCached) {
  std::vector<void*> small;
  std::free(opaque(std::malloc(1100)));  // a medium block waits in the cache
  for (std::size_t size = 1; size <= 1024; ++size) {
    small.push_back(std::malloc(size));
    ASSERT_LE(malloc_usable_size(small.back()), size + 15 + size / 8);
  }
  for (void* block : small) std::free(block);
}

TEST(Malloc, FailsWithEnomem) {
  errno = 0;
  EXPECT_EQ(std::malloc(opaque(std::size_t{PTRDIFF_MAX} + 1)), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  errno = 0;
  EXPECT_EQ(std::malloc(opaque(std::size_t{1} << 60)), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  errno = 0;
  EXPECT_EQ(std::calloc(opaque(SIZE_MAX), 2), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  errno = 0;
  EXPECT_EQ(reallocarray(nullptr, opaque(SIZE_MAX), 2), nullptr);
  EXPECT_EQ(errno, ENOMEM);
}

TEST(Malloc, AFailedReallocLeavesTheBlock) {
  auto* block = static_cast<char*>(std::malloc(10));
  block[9] = 'x';
  errno = 0;
  EXPECT_EQ(std::realloc(block, opaque(std::size_t{1} << 60)), nullptr);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(block[9], 'x');
  std::free(block);
}

TEST(Malloc, CallocZeroesRecycledMemory) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{5000}, std::size_t{700} << 10, std::size_t{3} << 20}) {
    for (int round = 0; round < 3; ++round) {
      auto* block = static_cast<unsigned char*>(std::calloc(1, size));
      ASSERT_TRUE(std::all_of(block, block + size, [](unsigned char byte) { return byte == 0; })) << size;
      std::memset(block, 0xFF, size);
      std::free(block);
    }
  }
}

TEST(Malloc, ReallocKeepsContentsThroughAllKindsOfBlocks) {
  std::size_t size = 1;
  auto* block = static_cast<unsigned char*>(std::malloc(size));
  block[0] = 0;
  const auto check = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; i += 97) ASSERT_EQ(block[i], static_cast<unsigned char>(i / 97));
  };
  const auto fill = [&] {
    for (std::size_t i = 0; i < size; i += 97) block[i] = static_cast<unsigned char>(i / 97);
  };
  for (; size < (16U << 20); fill()) {
    const std::size_t old = size;
    size += size / 3 + 1;
    block = static_cast<unsigned char*>(std::realloc(block, size));
    ASSERT_NE(block, nullptr);
    check(old);
  }
  while (size > 1) {
    size /= 3;
    block = static_cast<unsigned char*>(std::realloc(block, size + 1));
    check(size);
  }
  EXPECT_EQ(std::realloc(block, 0), nullptr);
}

TEST(Malloc, AlignedFormsAlign) {
  for (std::size_t alignment = 8; alignment <= (4U << 20); alignment *= 2) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{5000}, std::size_t{300'000}}) {
      void* block = nullptr;
      ASSERT_EQ(posix_memalign(&block, alignment, size), 0);
      EXPECT_TRUE(aligned(block, alignment));
      std::memset(block, 1, size);
      std::free(block);
      block = std::aligned_alloc(alignment, size);
      EXPECT_TRUE(aligned(block, alignment));
      std::free(block);
      block = memalign(alignment, size);
      EXPECT_TRUE(aligned(block, alignment));
      std::free(block);
    }
  }
  void* block = valloc(10);
  EXPECT_TRUE(aligned(block, 4096));
  std::free(block);
  block = pvalloc(4097);
  EXPECT_TRUE(aligned(block, 4096));
  EXPECT_GE(malloc_usable_size(block), 8192U);
  std::free(block);
}

TEST(Malloc, WrongAlignmentsAreRefused) {
  void* block = nullptr;
  EXPECT_EQ(posix_memalign(&block, 24, 10), EINVAL);
  EXPECT_EQ(posix_memalign(&block, 4, 10), EINVAL);
  EXPECT_EQ(posix_memalign(&block, opaque(std::size_t{0}), 10), EINVAL);
  errno = 0;
  EXPECT_EQ(std::aligned_alloc(opaque(std::size_t{24}), 10), nullptr);
  EXPECT_EQ(errno, EINVAL);
}

TEST(Malloc, FreeKeepsErrnoAndTakesNull) {
  errno = 42;
  std::free(nullptr);
  std::free(std::malloc(10));
  std::free(std::malloc(10U << 20));
  EXPECT_EQ(errno, 42);
}

TEST(Malloc, StatisticsSeeALargeBlock) {
  const std::size_t before = mallinfo2().uordblks;
  void* block = std::malloc(opaque(std::size_t{5} << 20));
  EXPECT_GE(mallinfo2().uordblks, before + (5U << 20));
  std::free(block);
  malloc_trim(0);
}

TEST(OperatorNew, EveryFormMeetsItsDelete) {
  constexpr auto alignment = std::align_val_t{256};
  ::operator delete(::operator new(40));
  ::operator delete(::operator new(40), std::size_t{40});
  ::operator delete(::operator new(4000), std::size_t{4000});
  ::operator delete[](::operator new[](40));
  ::operator delete[](::operator new[](40), std::size_t{40});
  ::operator delete(::operator new(40, std::nothrow), std::nothrow);
  ::operator delete[](::operator new[](40, std::nothrow), std::nothrow);
  void* block = ::operator new(40, alignment);
  EXPECT_TRUE(aligned(block, 256));
  ::operator delete(block, alignment);
  ::operator delete(::operator new(40, alignment), std::size_t{40}, alignment);
  ::operator delete[](::operator new[](40, alignment), alignment);
  ::operator delete[](::operator new[](40, alignment), std::size_t{40}, alignment);
  ::operator delete(::operator new(40, alignment, std::nothrow), alignment, std::nothrow);
  ::operator delete[](::operator new[](40, alignment, std::nothrow), alignment, std::nothrow);
  ::operator delete(nullptr, std::size_t{40});
}

TEST(OperatorNew, AsksTheHandlerThenThrows) {
  static int calls = 0;
  calls = 0;
  std::set_new_handler([] {
    if (++calls == 3) std::set_new_handler(nullptr);
  });
  EXPECT_THROW((void)::operator new(opaque(std::size_t{1} << 60)), std::bad_alloc);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(::operator new(opaque(std::size_t{1} << 60), std::nothrow), nullptr);
  EXPECT_THROW((void)::operator new(opaque(std::size_t{1} << 60), std::align_val_t{64}), std::bad_alloc);
}

TEST(MallocDeathTest, StopsOnForeignPointers) {
  static char global[64];
  char local[64];
  void* block = nullptr;
  EXPECT_DEATH(std::free(opaque(static_cast<void*>(global + 16))), "no block of this heap");
  EXPECT_DEATH(std::free(opaque(static_cast<void*>(local))), "no block of this heap");
  EXPECT_DEATH(opaque(block = std::realloc(opaque(static_cast<void*>(global)), 100)), "no block of this heap");
}

TEST(MallocDeathTest, StopsOnDoubleFrees) {
  void* block = opaque(std::malloc(100));
  std::free(block);
  EXPECT_DEATH(std::free(opaque(block)), "freed twice");
}

}  // namespace
}  // namespace allot
