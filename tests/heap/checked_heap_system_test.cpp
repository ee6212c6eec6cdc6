// The checked heap and the rest of the process: fork, the C library's heap, sizes of what users hold.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "allot/core/report_text.hpp"
#include "allot/heap/general_purpose_allocator.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_reports.hpp"

namespace allot {
namespace {

using testing_support::RecordingReports;
using Gpa = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = true}>;

#if !defined(__SANITIZE_THREAD__)  // its run-time does not let the child of a process with threads go on
int exit_code_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool use_a_little(Allocator allocator) {
  for (std::size_t size = 1; size < 200'000; size = size * 2 + 1) {
    auto block = allocator.alloc<char>(size);
    if (!block.has_value()) return false;
    allocator.free(*block);
  }
  return true;
}

TEST(Fork, TheChildMayUseTheHeapWhileOtherThreadsOfTheParentAreInIt) {
  Gpa gpa;
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < 3; ++i) {
    busy.emplace_back([&] {
      while (!stop) (void)use_a_little(gpa.allocator());
    });
  }
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      _exit(use_a_little(gpa.allocator()) ? 0 : 1);
    }
    EXPECT_EQ(exit_code_of(child), 0);
  }
  stop = true;
  for (std::thread& thread : busy) thread.join();
  EXPECT_EQ(gpa.deinit(), Check::ok);
}
#endif

void discard(void*, const Report& report) noexcept {
  static char memory[64 * 1024];
  BufferSink buffer(memory, sizeof memory);
  write_report(buffer.sink(), report, {symbolizing_trace_writer(false), false});
}

TEST(HiddenAllocation, NeitherCheckingNorReportingTouchesTheCLibrarysHeap) {
  const test::HeapTrap trap;
  {
    CheckedHeapOptions options;
    options.handler = {nullptr, &discard};
    Gpa gpa(options);
    auto block = gpa.allocator().alloc<int>(10).value();
    gpa.allocator().free(block);
    gpa.allocator().free(block);
    (void)gpa.allocator().alloc<int>(10);
    EXPECT_EQ(gpa.deinit(), Check::leak);
  }
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(HiddenAllocation, AHandlerMayUseTheReportingHeap) {
  struct Context {
    Gpa* gpa;
    std::span<char> kept;
  } context{nullptr, {}};
  CheckedHeapOptions options;
  options.handler = {&context, [](void* argument, const Report&) noexcept {
                       Context& self = *static_cast<Context*>(argument);
                       if (self.kept.empty()) self.kept = self.gpa->allocator().alloc<char>(100).value();
                     }};
  Gpa gpa(options);
  context.gpa = &gpa;
  auto block = gpa.allocator().alloc<int>(10).value();
  gpa.allocator().free(block);
  gpa.allocator().free(block);
  ASSERT_FALSE(context.kept.empty());
  gpa.allocator().free(context.kept);
  EXPECT_EQ(gpa.deinit(), Check::ok);
}

}  // namespace
}  // namespace allot
