/// Nothing in base and core touches the global heap.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

#include "allot/base/contract.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/sink.hpp"
#include "allot/macros.hpp"
#include "support/heap_trap.hpp"

namespace allot {
namespace {

Result<int> fails(int depth) {
  int cleaned = 0;
  DEFER { cleaned = 0; };
  ERRDEFER { ++cleaned; };
  if (depth == 0) ALLOT_FAIL(AllocError::out_of_memory);
  const int value = TRY(fails(depth - 1));
  return value;
}

TEST(NoGlobalHeap, ResultsAndTheirMacros) {
  test::HeapTrap trap;
  for (int i = 0; i < 10; ++i) (void)fails(i);
  const auto doubled = Result<int>(5).transform([](int value) { return 2 * value; }).value_or(0);
  (void)failing_allocator().alloc<int>(10).has_value();
  const std::size_t calls = trap.calls();
  EXPECT_EQ(calls, 0U);
  EXPECT_EQ(doubled, 10);
}

TEST(NoGlobalHeap, Sinks) {
  testing::internal::CaptureStderr();
  char buffer[64];
  BufferSink collected(buffer, sizeof buffer);
  test::HeapTrap trap;
  for (const Sink& sink : {error_sink(), collected.sink()}) {
    sink.text("text").number(UINT64_MAX).signed_number(-1).hexadecimal(255).address(&trap).bytes(123456).newline();
  }
  const std::size_t calls = trap.calls();
  EXPECT_EQ(calls, 0U);
  testing::internal::GetCapturedStderr();
}

/// Says through its exit status, from inside the failing check, whether the heap was used.
TEST(NoGlobalHeapDeathTest, BrokenContracts) {
  static test::HeapTrap* trap = nullptr;
  EXPECT_EXIT(
      {
        std::signal(SIGABRT, [](int) { std::_Exit(trap->calls() == 0 ? 3 : 4); });
        test::HeapTrap watching;
        trap = &watching;
        ALLOT_CHECK(trap == nullptr, "reported without the heap");
      },
      testing::ExitedWithCode(3), "reported without the heap");
}

}  // namespace
}  // namespace allot
