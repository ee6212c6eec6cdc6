#include "allot/testing/exhaustion.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/c_allocator.hpp"
#include "allot/heap/fast_heap.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/general_purpose_allocator.hpp"
#include "allot/heap/limit_allocator.hpp"
#include "allot/heap/memory_pool.hpp"
#include "allot/heap/page_allocator.hpp"
#include "allot/heap/smp_allocator.hpp"
#include "allot/heap/stack_fallback.hpp"
#include "support/recording_reports.hpp"

namespace allot::testing {
namespace {

constexpr std::size_t budget = std::size_t{4} << 20;

void expect_sound(Allocator allocator, const ExhaustionOptions& options = {}) {
  const ConformanceReport report = check_exhaustion(allocator, options);
  char text[4096];
  BufferSink buffer(text, sizeof(text));
  report.print(buffer.sink());
  EXPECT_TRUE(report.passed()) << report.failures() << " promises broken:\n" << std::string(buffer.view());
  EXPECT_GT(report.checks(), 100U);
}

TEST(Exhaustion, FixedBuffer) {
  static char buffer[budget];
  FixedBufferAllocator fixed(buffer);
  const auto reset = [](void* context) noexcept { static_cast<FixedBufferAllocator*>(context)->reset(); };
  expect_sound(fixed.allocator(), {.reuses_freed_memory = false, .reset = reset, .context = &fixed});
  EXPECT_EQ(fixed.end_index(), 0U);
}

TEST(Exhaustion, ArenaWithABudget) {
  LimitAllocator limit(page_allocator(), budget);
  ArenaAllocator arena(limit.allocator());
  const auto reset = [](void* context) noexcept {
    (void)static_cast<ArenaAllocator*>(context)->reset(ResetMode::retain_capacity);
  };
  expect_sound(arena.allocator(), {.reuses_freed_memory = false, .reset = reset, .context = &arena});
  arena.deinit();
  EXPECT_EQ(limit.used(), 0U);
}

TEST(Exhaustion, PoolWithABudget) {
  LimitAllocator limit(page_allocator(), budget);
  {
    MemoryPool<std::byte[1024]> pool(limit.allocator());
    expect_sound(pool.allocator(), {.largest_size = 1024, .largest_alignment = alignof(void*)});
  }
  EXPECT_EQ(limit.used(), 0U);
}

TEST(Exhaustion, StackFallbackWithABudget) {
  LimitAllocator limit(page_allocator(), budget);
  StackFallback<10'000> allocator(limit.allocator());
  expect_sound(allocator.allocator());
  EXPECT_EQ(limit.used(), 0U);
}

TEST(Exhaustion, CheckedHeapWithAMemoryLimit) {
  testing_support::RecordingReports reports;
  CheckedHeapOptions options;
  options.memory_limit = budget;
  options.handler = reports.handler();
  GeneralPurposeAllocator<{.safety = true}> gpa(options);
  expect_sound(gpa.allocator());
  EXPECT_EQ(gpa.deinit(), Check::ok);
}

// Out of address space: in a child process that may not have much more than it has.

#if !ALLOT_ASAN && !defined(__SANITIZE_THREAD__)

/// Runs `check` in a child whose address space may grow by 24 MiB; what it reported comes back on stderr.
template <class F>
void expect_sound_when_out_of_address_space(F&& check) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::size_t pages = 0;
    if (std::FILE* statm = std::fopen("/proc/self/statm", "r")) {
      if (std::fscanf(statm, "%zu", &pages) != 1) ::_exit(3);
      std::fclose(statm);
    }
    const rlim_t bytes = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (rlim_t{24} << 20);
    const rlimit limit{bytes, bytes};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(3);
    const ConformanceReport report = check();
    report.print(error_sink());
    ::_exit(report.passed() && report.checks() > 100 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(OutOfAddressSpace, PageAllocator) {
  expect_sound_when_out_of_address_space([] { return check_exhaustion(page_allocator(), {}); });
}
TEST(OutOfAddressSpace, CAllocator) {
  expect_sound_when_out_of_address_space([] { return check_exhaustion(c_allocator(), {}); });
}
TEST(OutOfAddressSpace, SmpAllocator) {
  expect_sound_when_out_of_address_space([] { return check_exhaustion(smp_allocator(), {}); });
}
TEST(OutOfAddressSpace, FastHeap) {
  expect_sound_when_out_of_address_space([] {
    FastHeap heap;
    return check_exhaustion(heap.allocator(), {});
  });
}
TEST(OutOfAddressSpace, CheckedHeap) {
  expect_sound_when_out_of_address_space([] {
    GeneralPurposeAllocator<{.safety = true}> gpa;
    ConformanceReport report = check_exhaustion(gpa.allocator(), {});
    report.expect(gpa.deinit() == Check::ok, {"exhaustion", "leaked", 0, 0});
    return report;
  });
}
TEST(OutOfAddressSpace, ArenaAllocator) {
  expect_sound_when_out_of_address_space([] {
    ArenaAllocator arena(page_allocator());
    const auto reset = [](void* context) noexcept {
      (void)static_cast<ArenaAllocator*>(context)->reset(ResetMode::free_all);
    };
    return check_exhaustion(arena.allocator(), {.reuses_freed_memory = false, .reset = reset, .context = &arena});
  });
}

#endif

// The check itself.

struct ForgetsWhatIsFreed : PinnedAllocator<ForgetsWhatIsFreed> {
  LimitAllocator limit{page_allocator(), std::size_t{1} << 20};
  ArenaAllocator arena{limit.allocator()};
  void* raw_alloc(std::size_t size, Alignment alignment) noexcept { return arena.raw_alloc(size, alignment); }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return nullptr; }
  void raw_free(void*, std::size_t, Alignment) noexcept {}
};

TEST(ExhaustionCheck, FindsMemoryThatDoesNotComeBack) {
  ForgetsWhatIsFreed allocator;
  const ConformanceReport report = check_exhaustion(allocator.allocator(), {.reuses_freed_memory = false});
  EXPECT_FALSE(report.passed());
  // How much of the last node is left for a second time depends on the build's red zones.
  const std::string_view found = report.first_failure();
  EXPECT_TRUE(found == "gave nothing at all" || found == "less than three quarters of the memory came back") << found;
}
TEST(ExhaustionCheck, FindsAnAllocatorWithoutAnEnd) {
  const ConformanceReport report = check_exhaustion(page_allocator(), {.most_bytes = std::size_t{1} << 20});
  EXPECT_STREQ(report.first_failure(), "did not come to an end");
}

}  // namespace
}  // namespace allot::testing
