#include "allot/heap/tracking_allocator.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "allot/heap/page_allocator.hpp"
#include "allot/heap/thread_safe_allocator.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

template <class F>
std::string text_of(F&& write) {
  static char text[16384];
  BufferSink buffer(text, sizeof(text));
  write(buffer.sink());
  EXPECT_EQ(buffer.dropped(), 0U);
  return std::string(buffer.view());
}

TEST(TrackingAllocator, CountsLivePeakAndTotal) {
  test::RecordingAllocator child;
  TrackingAllocator tracker(child.allocator(), "tracker");
  auto first = tracker.allocator().alloc<char>(65).value();
  auto second = tracker.allocator().alloc<char>(20).value();
  tracker.allocator().free(second);
  EXPECT_TRUE(tracker.allocator().resize(first, 70));
  EXPECT_FALSE(tracker.allocator().resize(std::span<char>(first.data(), 70), 1000));
  EXPECT_TRUE(tracker.allocator().resize(std::span<char>(first.data(), 70), 10));
  child.fail_always();
  EXPECT_FALSE(tracker.allocator().alloc<char>(5).has_value());
  const TrackingStatistics numbers = tracker.statistics();
  EXPECT_EQ(numbers.live_bytes, 10U);
  EXPECT_EQ(numbers.peak_bytes, 85U);
  EXPECT_EQ(numbers.total_bytes, 90U);
  EXPECT_EQ(numbers.live_blocks, 1U);
  EXPECT_EQ(numbers.peak_blocks, 2U);
  EXPECT_EQ(numbers.total_blocks, 2U);
  EXPECT_EQ(numbers.resizes, 2U);
  EXPECT_EQ(numbers.refused_resizes, 1U);
  EXPECT_EQ(numbers.failures, 1U);
  tracker.restart_peak();
  EXPECT_EQ(tracker.statistics().peak_bytes, 10U);
  tracker.allocator().free(first.first(10));
}

TEST(TrackingAllocator, ParentsCountTheirBranches) {
  TrackingAllocator program(page_allocator(), "program");
  TrackingAllocator parser(program, "parser");
  TrackingAllocator lexer(parser, "lexer");
  auto block = lexer.allocator().alloc<char>(100).value();
  auto own = program.allocator().alloc<char>(1).value();
  EXPECT_EQ(lexer.statistics().live_bytes, 100U);
  EXPECT_EQ(parser.statistics().live_bytes, 100U);
  EXPECT_EQ(program.statistics().live_bytes, 101U);
  lexer.allocator().free(block);
  program.allocator().free(own);
}

TEST(TrackingAllocator, WalksParentsFirstAndForgetsWhatIsGone) {
  TrackingAllocator program(page_allocator(), "program");
  TrackingAllocator first(program, "first");
  TrackingAllocator inner(first, "inner");
  {
    TrackingAllocator gone(program, "gone");
  }
  TrackingAllocator second(program, "second");
  std::string walk;
  program.for_each([&](const TrackingAllocator& tracker, unsigned depth) {
    walk += std::string(depth, '>') + std::string(tracker.name()) + ' ';
  });
  EXPECT_EQ(walk, "program >first >>inner >second ");
}

TEST(TrackingAllocator, PrintsAnIndentedTable) {
  TrackingAllocator program(page_allocator(), "program");
  TrackingAllocator parser(program, "parser");
  auto block = parser.allocator().alloc<char>(1234).value();
  EXPECT_EQ(text_of([&](const Sink& sink) { program.print(sink); }),
            "name                            live bytes    peak bytes     total bytes      live      peak       total"
            "   resizes   refused  failed\n"
            "program                               1234          1234            1234         1         1           1"
            "         0         0       0\n"
            "  parser                              1234          1234            1234         1         1           1"
            "         0         0       0\n");
  parser.allocator().free(block);
}

TEST(TrackingAllocator, WritesJson) {
  TrackingAllocator program(page_allocator(), "say \"hi\"\\\n");
  TrackingAllocator first(program, "first");
  TrackingAllocator second(program, "second");
  const std::string numbers =
      ", \"live_bytes\": 0, \"peak_bytes\": 0, \"total_bytes\": 0, \"live_blocks\": 0, \"peak_blocks\": 0, "
      "\"total_blocks\": 0, \"resizes\": 0, \"refused_resizes\": 0, \"failures\": 0, \"children\": [";
  EXPECT_EQ(text_of([&](const Sink& sink) { program.write_json(sink); }),
            "{\"name\": \"say \\\"hi\\\"\\\\\\u000a\"" + numbers + "{\"name\": \"first\"" + numbers +
                "]}, {\"name\": \"second\"" + numbers + "]}]}");
}

TEST(TrackingAllocator, WritesWhatPrometheusReads) {
  TrackingAllocator program(page_allocator(), "pro\"gram");
  TrackingAllocator parser(program, "parser");
  auto block = parser.allocator().alloc<char>(7).value();
  const std::string text = text_of([&](const Sink& sink) { program.write_prometheus(sink); });
  EXPECT_EQ(text.substr(0, text.find("# HELP allot_peak_bytes")),
            "# HELP allot_live_bytes Bytes allocated and not yet freed.\n"
            "# TYPE allot_live_bytes gauge\n"
            "allot_live_bytes{allocator=\"pro\\\"gram\"} 7\n"
            "allot_live_bytes{allocator=\"pro\\\"gram/parser\"} 7\n");
  EXPECT_NE(text.find("# TYPE allot_allocated_blocks_total counter\n"), std::string::npos);
  parser.allocator().free(block);
}

TEST(TrackingAllocator, BranchesOfOneNameAreSeriesOfTheirOwn) {
  TrackingAllocator program(page_allocator(), "program");
  std::optional<TrackingAllocator> first(std::in_place, program, "parser");
  TrackingAllocator second(program, "parser");
  const auto paths = [&] {
    std::string found;
    const std::string text = text_of([&](const Sink& sink) { program.write_prometheus(sink); });
    constexpr std::string_view begin = "allot_live_bytes{allocator=\"";
    for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
      found += text.substr(at + begin.size(), text.find('"', at + begin.size()) - at - begin.size()) + ' ';
    }
    return found;
  };
  EXPECT_EQ(paths(), "program program/parser program/parser#2 ");
  first.reset();
  EXPECT_EQ(paths(), "program program/parser#2 ") << "a series keeps its name while its tracker lives";
  TrackingAllocator third(program, "parser");
  EXPECT_EQ(paths(), "program program/parser#2 program/parser ");
}

TEST(TrackingAllocator, CountsExactlyFromManyThreads) {
  TrackingAllocator program(page_allocator(), "program");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&program] {
      TrackingAllocator branch(program, "branch");
      for (int round = 0; round < 300; ++round) {
        auto block = branch.allocator().alloc<char>(100).value();
        if (round % 50 == 0) program.for_each([](const TrackingAllocator&, unsigned) {});
        branch.allocator().free(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(program.statistics().live_bytes, 0U);
  EXPECT_EQ(program.statistics().total_blocks, 1200U);
  EXPECT_EQ(program.statistics().total_bytes, 120'000U);
}

TEST(TrackingAllocator, NeverTouchesTheGlobalHeap) {
  char text[4096];
  BufferSink buffer(text, sizeof(text));
  const test::HeapTrap trap;
  TrackingAllocator program(page_allocator(), "program");
  TrackingAllocator parser(program, "parser");
  parser.allocator().free(parser.allocator().alloc<char>(100).value());
  program.print(buffer.sink());
  program.write_json(buffer.sink());
  EXPECT_EQ(trap.calls(), 0U);
}

}  // namespace
}  // namespace allot
