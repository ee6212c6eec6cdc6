#include <gtest/gtest.h>
#include <signal.h>

#include <cstring>
#include <vector>

#include "allot/heap/general_purpose_allocator.hpp"
#include "support/recording_reports.hpp"

namespace allot {
namespace {

using testing_support::RecordingReports;
using testing_support::write_badly;

/// Every block guarded.
class GuardedBlocks : public testing::Test {
 protected:
  static CheckedHeapOptions options(RecordingReports& recording) {
    CheckedHeapOptions options;
    options.handler = recording.handler();
    options.guard_sampling = 1;
    return options;
  }

  RecordingReports recording_;
  CheckedHeap heap_{options(recording_)};
  Alignment word_ = Alignment::of<long>();
};

TEST_F(GuardedBlocks, AreCheckedLikeOthers) {
  void* block = heap_.raw_alloc(61, Alignment::from_bytes(4));
  write_badly(block, 61, 1);  // the slack up to the alignment is no guard page
  heap_.raw_free(block, 61, Alignment::from_bytes(4));
  heap_.raw_free(block, 61, Alignment::from_bytes(4));
  ASSERT_EQ(recording_.reports().size(), 2U);
  EXPECT_EQ(recording_.reports()[0].kind, ReportKind::overflow);
  EXPECT_EQ(recording_.reports()[1].kind, ReportKind::double_free);
}

TEST_F(GuardedBlocks, ManyComeAndGo) {
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 600; ++i) {
    blocks.push_back(heap_.raw_alloc(1 + i * 50, word_));
    std::memset(blocks.back(), 1, 1 + i * 50);
  }
  for (std::size_t i = 0; i < 600; ++i) heap_.raw_free(blocks[i], 1 + i * 50, word_);
  EXPECT_EQ(heap_.deinit(), Check::ok);
  EXPECT_TRUE(recording_.reports().empty());
}

// The sanitizers want the faults for themselves.
#if !ALLOT_ASAN && !defined(__SANITIZE_THREAD__)

[[gnu::no_sanitize_address, gnu::noinline]] char read_badly(const void* memory, std::ptrdiff_t offset) {
  return static_cast<const volatile char*>(memory)[offset];
}

TEST_F(GuardedBlocks, AReadPastTheEndIsReportedWhereItHappensAndThenAllowed) {
  void* block = heap_.raw_alloc(64, word_);
  (void)read_badly(block, 63);
  ASSERT_TRUE(recording_.reports().empty());
  EXPECT_EQ(read_badly(block, 64), 0);
  ASSERT_EQ(recording_.reports().size(), 1U);
  const Report& report = recording_.reports()[0];
  EXPECT_EQ(report.kind, ReportKind::bad_access);
  EXPECT_EQ(report.operation, Operation::access);
  EXPECT_FALSE(report.is_write);
  EXPECT_EQ(report.offset, 64);
  EXPECT_EQ(report.block, block);
  EXPECT_EQ(report.size, 64U);
  EXPECT_GT(report.call.frames.size(), 1U);
  EXPECT_FALSE(report.allocation.frames.empty());
  heap_.raw_free(block, 64, word_);
}

TEST_F(GuardedBlocks, AWriteBeforeTheStartIsReported) {
  void* block = heap_.raw_alloc(4096, word_);
  write_badly(block, -1, 1);
  ASSERT_EQ(recording_.reports().size(), 1U);
  EXPECT_TRUE(recording_.reports()[0].is_write);
  EXPECT_EQ(recording_.reports()[0].offset, -1);
  heap_.raw_free(block, 4096, word_);
}

TEST_F(GuardedBlocks, AnAccessAfterFreeIsReportedWithTheFree) {
  void* block = heap_.raw_alloc(100, word_);
  heap_.raw_free(block, 100, word_);
  (void)read_badly(block, 10);
  ASSERT_EQ(recording_.reports().size(), 1U);
  EXPECT_EQ(recording_.reports()[0].offset, 10);
  EXPECT_FALSE(recording_.reports()[0].first_free.frames.empty());
}

TEST(GuardSampling, GuardsEveryNth) {
  RecordingReports recording;
  CheckedHeapOptions options;
  options.handler = recording.handler();
  options.guard_sampling = 10;
  CheckedHeap heap(options);
  std::vector<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(heap.raw_alloc(64, Alignment::from_bytes(8)));
  for (void* block : blocks) (void)read_badly(block, 64);
  EXPECT_EQ(recording.count(ReportKind::bad_access), 10U);
  for (void* block : blocks) heap.raw_free(block, 64, Alignment::from_bytes(8));
}

TEST(GuardSamplingDeathTest, OtherFaultsGoToTheProgramsOwnHandler) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        signal(SIGSEGV, [](int) { _exit(42); });
        CheckedHeapOptions options;
        options.guard_sampling = 1;
        CheckedHeap heap(options);
        (void)heap.raw_alloc(10, Alignment::from_bytes(1));
        (void)read_badly(reinterpret_cast<const void*>(std::uintptr_t{64}), 0);
      },
      testing::ExitedWithCode(42), "");
}

#endif

}  // namespace
}  // namespace allot
