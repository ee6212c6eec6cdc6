#include "allot/testing/conformance.hpp"

#include <gtest/gtest.h>

#include <string>

#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/c_allocator.hpp"
#include "allot/heap/failing_allocator.hpp"
#include "allot/heap/fast_heap.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/limit_allocator.hpp"
#include "allot/heap/logging_allocator.hpp"
#include "allot/heap/memory_pool.hpp"
#include "allot/heap/page_allocator.hpp"
#include "allot/heap/smp_allocator.hpp"
#include "allot/heap/stack_fallback.hpp"
#include "allot/heap/thread_safe_allocator.hpp"
#include "allot/heap/tracking_allocator.hpp"
#include "allot/heap/validating_allocator.hpp"

namespace allot::testing {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// A sanitizer's malloc is slow with large blocks, and returns null at absurd sizes only when told to (below).
#if ALLOT_ASAN || defined(__SANITIZE_THREAD__)
constexpr std::size_t largest_c_block = 16 * mebibyte;
#else
constexpr std::size_t largest_c_block = 1024 * mebibyte;
#endif

void expect_conformance(Allocator allocator, const ConformanceOptions& options = {}) {
  const ConformanceReport report = check_conformance(allocator, options);
  char text[4096];
  BufferSink buffer(text, sizeof(text));
  report.print(buffer.sink());
  EXPECT_TRUE(report.passed()) << report.failures() << " of " << report.checks() << " promises broken:\n"
                               << std::string(buffer.view());
  EXPECT_GT(report.checks(), 1000U);
}

template <class A>
ConformanceOptions resetting(A& allocator, ConformanceOptions options = {}) {
  options.context = &allocator;
  options.reset = [](void* context) noexcept {
    if constexpr (requires(A& a) { a.reset(ResetMode::retain_capacity); }) {
      (void)static_cast<A*>(context)->reset(ResetMode::retain_capacity);
    } else {
      static_cast<A*>(context)->reset();
    }
  };
  return options;
}

alignas(4096) char static_buffer[8 * mebibyte];
constexpr ConformanceOptions of_static_buffer{.largest_size = 4 * mebibyte,
                                              .largest_alignment = 65536,
                                              .memory = sizeof(static_buffer),
                                              .reuses_freed_memory = false};

TEST(Conformance, PageAllocator) {
  expect_conformance(page_allocator());
}

TEST(Conformance, SmpAllocator) {
  expect_conformance(smp_allocator());
}

TEST(Conformance, FastHeap) {
  FastHeap heap;
  expect_conformance(heap.allocator());
}

TEST(Conformance, FixedBufferAllocator) {
  FixedBufferAllocator fixed(static_buffer);
  expect_conformance(fixed.allocator(), resetting(fixed, of_static_buffer));
}
TEST(Conformance, FixedBufferAllocatorThreadSafe) {
  FixedBufferAllocator fixed(static_buffer);
  expect_conformance(fixed.thread_safe(), resetting(fixed, of_static_buffer));
}

TEST(Conformance, ArenaAllocator) {
  ArenaAllocator arena(page_allocator());
  expect_conformance(arena.allocator());
}
TEST(Conformance, ArenaAllocatorThatIsReset) {
  ArenaAllocator arena(page_allocator());
  expect_conformance(arena.allocator(), resetting(arena, {.largest_size = mebibyte}));
}
TEST(Conformance, ArenaAllocatorOverAnArena) {
  ArenaAllocator lower(page_allocator());
  ValidatingAllocator between(lower.allocator());
  ArenaAllocator upper(between.allocator());
  expect_conformance(upper.allocator());
}

TEST(Conformance, CAllocator) {
  expect_conformance(c_allocator(), {.largest_size = largest_c_block});
}
TEST(Conformance, RawCAllocator) {
  expect_conformance(raw_c_allocator(), {.largest_size = largest_c_block, .largest_alignment = 16});
}

TEST(Conformance, MemoryPool) {
  MemoryPool<std::byte[512], {.is_checked = true}> pool(page_allocator());
  expect_conformance(pool.allocator(), {.largest_size = 512, .largest_alignment = alignof(void*)});
}
TEST(Conformance, StackFallback) {
  StackFallback<10'000> allocator(page_allocator());
  expect_conformance(allocator.allocator());
}

// The wrappers, each over pages and between two that check the contract.

template <class W, class... Args>
void expect_wrapper_conformance(Args... args) {
  ValidatingAllocator below(page_allocator());
  W wrapper(below.allocator(), args...);
  ValidatingAllocator above(wrapper.allocator());
  expect_conformance(above.allocator());
}

TEST(Conformance, ThreadSafeAllocator) {
  expect_wrapper_conformance<ThreadSafeAllocator>();
}
TEST(Conformance, LoggingAllocator) {
  expect_wrapper_conformance<LoggingAllocator>(Sink(nullptr, [](void*, const char*, std::size_t) noexcept {}), "log");
}
TEST(Conformance, FailingAllocatorThatFailsResizes) {
  expect_wrapper_conformance<FailingAllocator>(FailurePlan(), FailurePlan::one_in(2, 7));
}
TEST(Conformance, LimitAllocator) {
  expect_wrapper_conformance<LimitAllocator>(std::size_t{2} << 30);
}
TEST(Conformance, TrackingAllocator) {
  expect_wrapper_conformance<TrackingAllocator>("tracked");
}

// The suite itself: allocators that break one promise each.

struct Misaligned : PinnedAllocator<Misaligned> {
  void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    void* memory = page_allocator().raw_alloc(size + 1, alignment);
    return memory == nullptr ? nullptr : static_cast<char*>(memory) + 1;
  }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return nullptr; }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    page_allocator().raw_free(static_cast<char*>(memory) - 1, size + 1, alignment);
  }
};

struct AgreesToEverything : PinnedAllocator<AgreesToEverything> {
  ArenaAllocator arena{page_allocator()};
  void* raw_alloc(std::size_t size, Alignment alignment) noexcept { return arena.raw_alloc(size, alignment); }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t new_size) noexcept { return new_size > mebibyte; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return nullptr; }
  void raw_free(void*, std::size_t, Alignment) noexcept {}
};

struct HandsOutTwice : PinnedAllocator<HandsOutTwice> {
  void* raw_alloc(std::size_t size, Alignment) noexcept { return size > mebibyte ? nullptr : static_buffer; }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return nullptr; }
  void raw_free(void*, std::size_t, Alignment) noexcept {}
};

template <class A>
std::string first_failure() {
  A allocator;
  const auto report = check_conformance(allocator.allocator(), {.largest_size = mebibyte, .largest_alignment = 64});
  EXPECT_FALSE(report.passed());
  return report.first_failure();
}

TEST(ConformanceSuite, FindsBlocksThatAreNotAligned) {
  EXPECT_EQ(first_failure<Misaligned>(), "a block is not aligned as it was asked to be");
}
TEST(ConformanceSuite, FindsABlockHandedOutTwice) {
  EXPECT_EQ(first_failure<HandsOutTwice>(), "a block's bytes changed while it was live");
}
TEST(ConformanceSuite, FindsAResizeThatCannotBe) {
  EXPECT_EQ(first_failure<AgreesToEverything>(), "resized beyond any machine");
}

}  // namespace
}  // namespace allot::testing

extern "C" [[gnu::used, gnu::visibility("default")]] const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}
extern "C" [[gnu::used, gnu::visibility("default")]] const char* __tsan_default_options() {
  return "allocator_may_return_null=1";
}
