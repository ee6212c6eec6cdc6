#include "allot/heap/general_purpose_allocator.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "allot/heap/stack_depot.hpp"
#include "allot/testing/conformance.hpp"
#include "support/recording_reports.hpp"

namespace allot {
namespace {

using testing_support::RecordingReports;
using testing_support::write_badly;

using Checked = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = true}>;
using Unchecked = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = false}>;
using OneThread = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = true, .thread_safe = false}>;
using WithoutTraces = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = true, .traces = false}>;

CheckedHeapOptions reporting_to(RecordingReports& recording) {
  CheckedHeapOptions options;
  options.handler = recording.handler();
  return options;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

template <class G>
class EveryConfiguration : public ::testing::Test {};
using Configurations = ::testing::Types<Checked, Unchecked, OneThread, WithoutTraces>;
TYPED_TEST_SUITE(EveryConfiguration, Configurations);

TYPED_TEST(EveryConfiguration, GivesOutAlignedBlocksThatDoNotOverlap) {
  TypeParam gpa;
  auto allocator = gpa.allocator();
  std::vector<std::span<unsigned char>> blocks;
  for (std::size_t size = 1; size < 100'000; size += 1 + size / 3) {
    blocks.push_back(allocator.template alloc<unsigned char>(size).value());
    std::memset(blocks.back().data(), static_cast<int>(blocks.size()), size);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    for (const unsigned char byte : blocks[i]) ASSERT_EQ(byte, i + 1);
    allocator.free(blocks[i]);
  }
  for (std::size_t alignment = 1; alignment <= 2 * 1024 * 1024; alignment *= 2) {
    auto block = allocator.template alloc_aligned<char>(100, Alignment::from_bytes(alignment)).value();
    EXPECT_TRUE(Alignment::from_bytes(alignment).is_aligned(block.data()));
    allocator.free_aligned(block, Alignment::from_bytes(alignment));
  }
  EXPECT_NE(gpa.deinit(), Check::leak);
}

TYPED_TEST(EveryConfiguration, KeepsThePromisesOfEveryAllocator) {
  TypeParam gpa;
  const testing::ConformanceReport report = testing::check_conformance(gpa.allocator(), {});
  static char text[4096];
  BufferSink buffer(text, sizeof text);
  report.print(buffer.sink());
  EXPECT_TRUE(report.passed()) << buffer.view();
  EXPECT_GT(report.checks(), 1000U);
  EXPECT_NE(gpa.deinit(), Check::leak);
}

TYPED_TEST(EveryConfiguration, ImpossibleSizesAreOutOfMemory) {
  TypeParam gpa;
  auto allocator = gpa.allocator();
  EXPECT_FALSE(allocator.template alloc<char>(SIZE_MAX).has_value());
  EXPECT_FALSE(allocator.template alloc<char>(PTRDIFF_MAX).has_value());
  EXPECT_FALSE(allocator.template alloc<char>(std::size_t{1} << 48).has_value());
  EXPECT_FALSE((allocator.template alloc_aligned<char, 4096>(PTRDIFF_MAX - 4096)).has_value());
}

TYPED_TEST(EveryConfiguration, ReallocKeepsContents) {
  TypeParam gpa;
  auto allocator = gpa.allocator();
  auto text = allocator.dupe(std::string_view("0123456789")).value();
  for (const std::size_t size : {11U, 24U, 100U, 5'000U, 70'000U, 200'000U, 90'000U, 300U, 10U}) {
    text = allocator.realloc(text, size).value();
    EXPECT_EQ(std::string_view(text.data(), 10), "0123456789") << size;
  }
  allocator.free(text);
  EXPECT_NE(gpa.deinit(), Check::leak);
}

TEST(GeneralPurposeAllocator, UncheckedDoesNotKnowAboutLeaks) {
  Unchecked gpa;
  ASSERT_TRUE(gpa.allocator().alloc<int>(3).has_value());
  EXPECT_EQ(gpa.deinit(), Check::not_checked);
}

TEST(GeneralPurposeAllocator, AnUnusedOneEndsOk) {
  Checked gpa;
  EXPECT_EQ(gpa.detect_leaks(), 0U);
  EXPECT_EQ(gpa.check(), 0U);
  EXPECT_EQ(gpa.deinit(), Check::ok);
  EXPECT_EQ(gpa.deinit(), Check::ok);
}

TEST(GeneralPurposeAllocator, ASecondDeinitSaysTheSameAndReportsNothing) {
  RecordingReports recording;
  Checked gpa(reporting_to(recording));
  ASSERT_TRUE(gpa.allocator().alloc<int>(3).has_value());
  EXPECT_EQ(gpa.deinit(), Check::leak);
  recording.clear();
  EXPECT_EQ(gpa.deinit(), Check::leak);
  EXPECT_TRUE(recording.reports().empty());
}

TEST(GeneralPurposeAllocator, TheDestructorReportsLeaksWhenDeinitWasForgotten) {
  RecordingReports recording;
  {
    Checked gpa(reporting_to(recording));
    ASSERT_TRUE(gpa.allocator().alloc<int>(3).has_value());
  }
  ASSERT_EQ(recording.reports().size(), 1U);
  EXPECT_EQ(recording.reports()[0].bytes, 12U);
}

TEST(GeneralPurposeAllocator, ABlockFreedAfterDeinitIsReportedWithItsAllocation) {
  RecordingReports recording;
  Checked gpa(reporting_to(recording));
  auto numbers = gpa.allocator().alloc<int>(3).value();
  EXPECT_EQ(gpa.deinit(), Check::leak);
  numbers[0] = 1;  // a container's destructor may still touch it
  gpa.allocator().free(numbers);
  ASSERT_EQ(recording.reports().size(), 2U);
  EXPECT_EQ(recording.reports()[1].kind, ReportKind::use_after_deinit);
  EXPECT_EQ(recording.reports()[1].size, 12U);
  EXPECT_FALSE(recording.reports()[1].allocation.frames.empty());
}

ALLOT_NOINLINE std::span<char> allocate_here(Allocator allocator, std::size_t size) {
  return allocator.alloc<char>(size).value();
}

ALLOT_NOINLINE std::span<char> allocate_there(Allocator allocator, std::size_t size) {
  auto block = allocator.alloc<char>(size).value();
  return block;
}

TEST(Leaks, AreGroupedByStackMostBytesFirst) {
  RecordingReports recording;
  Checked gpa(reporting_to(recording));
  for (int i = 0; i < 5; ++i) (void)allocate_here(gpa.allocator(), 10);
  for (int i = 0; i < 3; ++i) (void)allocate_there(gpa.allocator(), 70'000);
  EXPECT_EQ(gpa.deinit(), Check::leak);
  ASSERT_EQ(recording.reports().size(), 2U);
  const Report& large = recording.reports()[0];
  const Report& small = recording.reports()[1];
  EXPECT_EQ(large.count, 3U);
  EXPECT_EQ(large.bytes, 210'000U);
  EXPECT_EQ(small.count, 5U);
  EXPECT_EQ(small.bytes, 50U);
  EXPECT_EQ(small.group, 1U);
  EXPECT_EQ(small.groups, 2U);
  EXPECT_EQ(small.total_count, 8U);
  EXPECT_EQ(small.total_bytes, 210'050U);
}

TEST(Leaks, WithoutTracesAreGroupedBySize) {
  RecordingReports recording;
  WithoutTraces gpa(reporting_to(recording));
  for (int i = 0; i < 200; ++i) (void)allocate_here(gpa.allocator(), static_cast<std::size_t>(10 + i % 100));
  EXPECT_EQ(gpa.detect_leaks(), 200U);
  EXPECT_EQ(recording.reports().size(), 100U);
  EXPECT_EQ(recording.reports()[0].bytes, 218U);
  EXPECT_EQ(recording.reports()[99].bytes, 20U);
  EXPECT_TRUE(recording.reports()[0].allocation.frames.empty());
}

TEST(Leaks, CanBeDetectedAtAnyTimeAndTheHeapGoesOn) {
  RecordingReports recording;
  Checked gpa(reporting_to(recording));
  auto block = allocate_here(gpa.allocator(), 10);
  EXPECT_EQ(gpa.detect_leaks(), 1U);
  gpa.allocator().free(block);
  recording.clear();
  EXPECT_EQ(gpa.detect_leaks(), 0U);
  EXPECT_EQ(gpa.deinit(), Check::ok);
  EXPECT_TRUE(recording.reports().empty());
}

TEST(Leaks, SinceASnapshotAreOnlyTheNewBlocks) {
  RecordingReports recording;
  Checked gpa(reporting_to(recording));
  auto old = allocate_here(gpa.allocator(), 10);
  const HeapSnapshot before = gpa.heap().snapshot();
  EXPECT_EQ(gpa.heap().leaks_since(before), 0U);
  auto young = allocate_there(gpa.allocator(), 20);
  auto large = allocate_there(gpa.allocator(), 100'000);
  EXPECT_EQ(gpa.heap().count_live_since(before), 2U);
  EXPECT_EQ(gpa.heap().leaks_since(before), 2U);
  EXPECT_EQ(recording.reports()[0].total_bytes, 100'020U);
  gpa.allocator().free(young);
  gpa.allocator().free(large);
  EXPECT_EQ(gpa.heap().count_live_since(before), 0U);
  gpa.allocator().free(old);
}

TEST(Options, TheMemoryLimitCountsRequestedBytes) {
  RecordingReports recording;
  CheckedHeapOptions options = reporting_to(recording);
  options.memory_limit = 1000;
  Checked gpa(options);
  auto allocator = gpa.allocator();
  auto first = allocator.alloc<char>(600).value();
  EXPECT_EQ(allocator.alloc<char>(500).error(), AllocError::out_of_memory);
  ASSERT_EQ(recording.reports().size(), 1U);
  EXPECT_EQ(recording.reports()[0].kind, ReportKind::memory_limit);
  EXPECT_EQ(recording.reports()[0].given_size, 500U);
  EXPECT_EQ(recording.reports()[0].in_use, 600U);
  EXPECT_EQ(recording.reports()[0].limit, 1000U);
  EXPECT_FALSE(allocator.resize(first, 1001));
  ASSERT_TRUE(allocator.resize(first, 500));
  first = first.first(500);
  auto second = allocator.alloc<char>(500).value();
  allocator.free(first);
  allocator.free(second);
  auto all = allocator.alloc<char>(1000).value();
  allocator.free(all);
}

TEST(Options, VerboseLogNamesEveryOperation) {
  static char memory[2048];
  BufferSink log(memory, sizeof memory);
  CheckedHeapOptions options;
  options.verbose_log = log.sink();
  options.name = "chatty";
  Checked gpa(options);
  auto block = gpa.allocator().alloc<char>(32).value();
  EXPECT_FALSE(gpa.allocator().resize(block, 4000));
  gpa.allocator().free(block);
  const std::string text(log.view());
  EXPECT_TRUE(text.starts_with("chatty: alloc 32 bytes at 0x")) << text;
  EXPECT_TRUE(contains(text, "chatty: resize 4000 bytes at 0x")) << text;
  EXPECT_TRUE(contains(text, ": not done\n")) << text;
  EXPECT_TRUE(contains(text, "chatty: free 32 bytes at 0x")) << text;
}

TEST(Options, RetainedMetadataNamesADoubleFreeHoweverLate) {
  RecordingReports recording;
  CheckedHeapOptions options = reporting_to(recording);
  options.retain_metadata = true;
  options.large_quarantine_bytes = 0;
  Checked gpa(options);
  std::vector<std::span<char>> blocks;
  for (int i = 0; i < 10'000; ++i) blocks.push_back(allocate_here(gpa.allocator(), 100));
  auto large = allocate_here(gpa.allocator(), 100'000);
  for (auto block : blocks) gpa.allocator().free(block);
  gpa.allocator().free(large);
  gpa.allocator().free(blocks[17]);
  gpa.allocator().free(large);
  EXPECT_EQ(recording.count(ReportKind::double_free), 2U);
  EXPECT_EQ(recording.reports().size(), 2U);
}

TEST(Options, MemoryOfFreedBlocksGoesBack) {
  Checked gpa;
  std::vector<std::span<char>> blocks;
  for (int i = 0; i < 20'000; ++i) blocks.push_back(allocate_here(gpa.allocator(), 1000));
  const std::size_t full = gpa.heap().stats().mapped_bytes;
  EXPECT_GT(full, 20'000'000U);
  for (auto block : blocks) gpa.allocator().free(block);
  EXPECT_LT(gpa.heap().stats().mapped_bytes, 3'000'000U);
}

TEST(Options, NeverUnmapKeepsFreedBytesReadable) {
  CheckedHeapOptions options;
  options.never_unmap = true;
  Checked gpa(options);
  auto large = allocate_here(gpa.allocator(), 5'000'000);
  gpa.allocator().free(large);
  EXPECT_GE(gpa.heap().stats().mapped_bytes, 5'000'000U);
#if !ALLOT_ASAN
  EXPECT_EQ(static_cast<unsigned char>(large[4'999'999]), freed_byte);
#endif
}

TEST(Options, AFreedBlockIsNotReusedWhileQuarantineLasts) {
  CheckedHeapOptions options;
  options.quarantine_bytes = 8 * 1024;
  Checked gpa(options);
  auto first = allocate_here(gpa.allocator(), 100);
  const void* address = first.data();
  gpa.allocator().free(first);
  for (int i = 0; i < 60; ++i) {
    auto block = allocate_here(gpa.allocator(), 100);
    EXPECT_NE(block.data(), address) << i;
    gpa.allocator().free(block);
  }
}

/// Hands pages on and counts.
class CountingPages : public PinnedAllocator<CountingPages> {
 public:
  void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    if (live_ >= limit_) return nullptr;
    ++live_;
    return std::aligned_alloc(alignment.bytes(), size);
  }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return nullptr; }
  void raw_free(void* memory, std::size_t, Alignment) noexcept {
    --live_;
    std::free(memory);
  }
  int live_ = 0;
  int limit_ = 1000;
};

TEST(Options, ABackingAllocatorGetsEverythingBackAndMayRunOut) {
  CountingPages pages;
  pages.limit_ = 3;
  CheckedHeapOptions options;
  options.backing = pages.allocator();
  Checked gpa(options);
  std::vector<std::span<char>> blocks;
  for (;;) {
    auto block = gpa.allocator().alloc<char>(1000);
    if (!block.has_value()) break;
    blocks.push_back(*block);
  }
  EXPECT_GT(blocks.size(), 150U);
  for (auto block : blocks) gpa.allocator().free(block);
  EXPECT_EQ(gpa.deinit(), Check::ok);
  EXPECT_EQ(pages.live_, 0);
}

TEST(Options, WithoutRedZonesAndFillNothingIsCheckedAndNothingFalselyReported) {
  RecordingReports recording;
  CheckedHeapOptions options = reporting_to(recording);
  options.red_zone = 0;
  options.fill = false;
  Checked gpa(options);
  for (const std::size_t size : {1U, 16U, 17U, 300U, 5000U, 100'000U}) {
    auto block = allocate_here(gpa.allocator(), size);
    std::memset(block.data(), 1, size);
    gpa.allocator().free(block);
  }
  EXPECT_EQ(gpa.check(), 0U);
  EXPECT_EQ(gpa.deinit(), Check::ok);
  EXPECT_TRUE(recording.reports().empty());
}

TEST(Options, WideRedZonesFindFarOverflows) {
  RecordingReports recording;
  CheckedHeapOptions options = reporting_to(recording);
  options.red_zone = 200;
  Checked gpa(options);
  auto block = allocate_here(gpa.allocator(), 24);
  write_badly(block.data(), 24 + 199, 1);
  gpa.allocator().free(block);
  ASSERT_EQ(recording.reports().size(), 1U);
  EXPECT_EQ(recording.reports()[0].offset, 24 + 199);
}

TEST(Stats, CountLiveAndTotal) {
  Checked gpa;
  auto small = allocate_here(gpa.allocator(), 10);
  auto large = allocate_here(gpa.allocator(), 100'000);
  EXPECT_EQ(gpa.heap().stats().live_blocks, 2U);
  EXPECT_EQ(gpa.heap().stats().live_bytes, 100'010U);
  EXPECT_TRUE(gpa.heap().owns(small.data() + 9));
  EXPECT_FALSE(gpa.heap().owns(small.data() + 10));
  EXPECT_TRUE(gpa.heap().owns(large.data()));
  gpa.allocator().free(small);
  gpa.allocator().free(large);
  EXPECT_FALSE(gpa.heap().owns(large.data()));
  EXPECT_EQ(gpa.heap().stats().live_blocks, 0U);
  EXPECT_EQ(gpa.heap().stats().total_blocks, 2U);
}

/// The block size is the criterion of the project: 64 more bytes a live block of 64, traces included.
TEST(Stats, ALiveBlockOf64BytesCostsAtMost64More) {
  Checked gpa;
  const std::size_t depot_before = stack_depot::stats().bytes;
  constexpr std::size_t count = 100'000;
  const CheckedHeap::Stats before = gpa.heap().stats();
  std::vector<std::span<char>> blocks;
  for (std::size_t i = 0; i < count; ++i) blocks.push_back(allocate_here(gpa.allocator(), 64));
  const CheckedHeap::Stats after = gpa.heap().stats();
  const std::size_t bytes = after.mapped_bytes + after.metadata_bytes - before.mapped_bytes - before.metadata_bytes +
                            stack_depot::stats().bytes - depot_before;
  EXPECT_LE(bytes / count, 128U);
  for (auto block : blocks) gpa.allocator().free(block);
}

/// Allocates, resizes and frees at random; every block is filled and checked.
void work_at_random(Allocator allocator, unsigned seed, int operations) {
  std::mt19937 random(seed);
  std::vector<std::span<unsigned char>> blocks;
  for (int i = 0; i < operations; ++i) {
    const unsigned choice = random() % 8;
    if (blocks.empty() || choice < 4) {
      const std::size_t size = 1 + random() % (random() % 50 == 0 ? 100'000 : 600);
      blocks.push_back(allocator.alloc<unsigned char>(size).value());
      std::memset(blocks.back().data(), static_cast<int>(size & 0xFF), size);
      continue;
    }
    std::swap(blocks[random() % blocks.size()], blocks.back());
    std::span<unsigned char> block = blocks.back();
    ASSERT_EQ(block[0], block.back());
    if (choice < 6) {
      allocator.free(block);
      blocks.pop_back();
      continue;
    }
    blocks.back() = allocator.realloc(block, 1 + random() % 1000).value();
    std::memset(blocks.back().data(), 7, blocks.back().size());
  }
  for (auto block : blocks) allocator.free(block);
}

TEST(Stress, CleanUseOnOneThreadReportsNothing) {
  RecordingReports recording;
  Checked gpa(reporting_to(recording));
  for (unsigned seed = 0; seed < 4; ++seed) work_at_random(gpa.allocator(), seed, 5000);
  EXPECT_EQ(gpa.check(), 0U);
  EXPECT_EQ(gpa.deinit(), Check::ok);
  EXPECT_TRUE(recording.reports().empty());
}

TEST(Stress, CleanUseOnThreadsReportsNothing) {
  RecordingReports recording;
  Checked gpa(reporting_to(recording));
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] { work_at_random(gpa.allocator(), seed, 3000); });
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(gpa.check(), 0U);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(gpa.deinit(), Check::ok);
  EXPECT_TRUE(recording.reports().empty());
}

TEST(Stress, BlocksMayBeFreedByAnotherThread) {
  RecordingReports recording;
  Checked gpa(reporting_to(recording));
  std::vector<std::span<char>> blocks;
  for (std::size_t i = 0; i < 5000; ++i) blocks.push_back(allocate_here(gpa.allocator(), 1 + i % 300));
  std::thread other([&] {
    for (std::size_t i = 0; i < blocks.size(); i += 2) gpa.allocator().free(blocks[i]);
  });
  for (std::size_t i = 1; i < blocks.size(); i += 2) gpa.allocator().free(blocks[i]);
  other.join();
  EXPECT_EQ(gpa.deinit(), Check::ok);
  EXPECT_TRUE(recording.reports().empty());
}

}  // namespace
}  // namespace allot
