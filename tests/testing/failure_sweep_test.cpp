#include "allot/testing/failure_sweep.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "allot/base/try.hpp"
#include "allot/core/report_text.hpp"
#include "allot/heap/page_allocator.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using testing::check_all_allocation_failures;
using testing::FailureSweepReport;
using testing::InducedFailure;
using testing::SweepVerdict;

std::string text_of(const FailureSweepReport& report) {
  static char text[16384];
  BufferSink buffer(text, sizeof text);
  report.write(buffer.sink());
  return std::string(buffer.view());
}

int line_of_trace(const FailureSweepReport& report) {
  char file[512];
  return static_cast<int>(calling_line({.frames = report.trace()}, file).line);
}

Result<void> careful(Allocator allocator) {
  auto first = ALLOT_TRY_EXPR(allocator.alloc<char>(10));
  auto second = allocator.alloc<char>(20);
  if (!second) {
    allocator.free(first);
    return Unexpected(second.error());
  }
  allocator.free(*second);
  allocator.free(first);
  return {};
}

int second_line = 0;
Result<void> leaky(Allocator allocator) {
  auto first = ALLOT_TRY_EXPR(allocator.alloc<char>(10));
  second_line = __LINE__ + 1;
  auto second = ALLOT_TRY_EXPR(allocator.alloc<char>(20));
  allocator.free(second);
  allocator.free(first);
  return {};
}

Result<void> swallowing(Allocator allocator) {
  auto first = allocator.alloc<char>(10);
  if (first) allocator.free(*first);
  return {};
}

TEST(FailureSweep, ACarefulFunctionIsOk) {
  const FailureSweepReport report = check_all_allocation_failures(page_allocator(), careful);
  EXPECT_TRUE(report.ok()) << text_of(report);
  EXPECT_EQ(report.allocations, 2U);
  EXPECT_EQ(report.runs, 3U);
}

TEST(FailureSweep, NamesTheFailureAfterWhichBlocksLeak) {
  test::RecordingAllocator recording;
  recording.expect_breaches();
  const FailureSweepReport report = check_all_allocation_failures(recording.allocator(), leaky);
  EXPECT_EQ(report.verdict, SweepVerdict::leaked);
  EXPECT_EQ(report.induced, InducedFailure::allocation);
  EXPECT_EQ(report.index, 1U);
  EXPECT_EQ(report.size, 20U);
  EXPECT_EQ(report.leaked_blocks, 1U);
  EXPECT_EQ(report.leaked_bytes, 10U);
  const std::string text = text_of(report);
  EXPECT_NE(text.find("leaked: 1 block, 10 bytes"), std::string::npos) << text;
  EXPECT_NE(text.find("allocation 2 of 2, of 20 bytes"), std::string::npos) << text;
  EXPECT_EQ(line_of_trace(report), second_line);
  EXPECT_EQ(text.find("failure_sweep.hpp:"), std::string::npos) << "frames of the library: " << text;
}

TEST(FailureSweep, ASuccessInSpiteOfAFailureIsSwallowedUnlessAllowed) {
  const FailureSweepReport report = check_all_allocation_failures(page_allocator(), swallowing);
  EXPECT_EQ(report.verdict, SweepVerdict::swallowed);
  EXPECT_EQ(report.index, 0U);
  EXPECT_FALSE(report.trace().empty());
  EXPECT_NE(text_of(report).find("swallowed"), std::string::npos);
  EXPECT_TRUE(check_all_allocation_failures(page_allocator(), swallowing, {.allow_swallowed = true}).ok());
}

TEST(FailureSweep, FewerAllocationsThanBeforeAreNondeterministic) {
  int runs = 0;
  const FailureSweepReport report = check_all_allocation_failures(page_allocator(), [&](Allocator allocator) {
    if (runs++ == 0) return careful(allocator);
    return Result<void>();
  });
  EXPECT_EQ(report.verdict, SweepVerdict::nondeterministic);
}

TEST(FailureSweep, AFunctionThatFailsByItselfIsSaidTo) {
  const FailureSweepReport report =
      check_all_allocation_failures(page_allocator(), [](Allocator) { return Result<void>(Unexpected(AllocError{})); });
  EXPECT_EQ(report.verdict, SweepVerdict::failed);
  EXPECT_EQ(report.runs, 1U);
}

TEST(FailureSweep, ALeakWithoutAnyFailureIsFound) {
  test::RecordingAllocator recording;
  recording.expect_breaches();
  const FailureSweepReport report = check_all_allocation_failures(
      recording.allocator(), [](Allocator allocator) { return allocator.alloc<char>(3); });
  EXPECT_EQ(report.verdict, SweepVerdict::leaked);
  EXPECT_EQ(report.induced, InducedFailure::nothing);
}

/// Grows a block in place or gives up.
Result<void> in_place_only(Allocator allocator) {
  auto block = ALLOT_TRY_EXPR(allocator.alloc<char>(10));
  const bool grown = allocator.resize(block, 12);
  allocator.free(grown ? std::span<char>(block.data(), 12) : block);
  if (!grown) return Unexpected(AllocError{});
  return {};
}

TEST(FailureSweep, GivingUpWhenAResizeIsRefusedIsFoundUnlessAllowed) {
  test::RecordingAllocator recording;
  const FailureSweepReport report = check_all_allocation_failures(recording.allocator(), in_place_only);
  EXPECT_EQ(report.verdict, SweepVerdict::gave_up);
  EXPECT_EQ(report.induced, InducedFailure::resize);
  EXPECT_EQ(report.size, 12U);
  EXPECT_TRUE(check_all_allocation_failures(recording.allocator(), in_place_only, {.allow_giving_up = true}).ok());
  EXPECT_TRUE(check_all_allocation_failures(recording.allocator(), in_place_only, {.refuse_resizes = false}).ok());
}

/// Loses its block when growth must copy and the copy finds no memory: only the last pass sees it.
Result<void> loses_the_block_it_copies(Allocator allocator) {
  auto block = ALLOT_TRY_EXPR(allocator.alloc<char>(10));
  block = ALLOT_TRY_EXPR(allocator.realloc(block, 12));
  allocator.free(block);
  return {};
}

TEST(FailureSweep, TheCopyingPathIsSweptToo) {
  test::RecordingAllocator recording;
  recording.expect_breaches();
  recording.set_remap(test::RecordingAllocator::Remap::in_place);
  const FailureSweepReport report = check_all_allocation_failures(recording.allocator(), loses_the_block_it_copies);
  EXPECT_EQ(report.verdict, SweepVerdict::leaked);
  EXPECT_EQ(report.induced, InducedFailure::allocation_and_all_resizes);
  EXPECT_EQ(report.index, 1U);
}

TEST(FailureSweep, MoreAllocationsThanAllowedProveNothing) {
  EXPECT_EQ(check_all_allocation_failures(page_allocator(), careful, {.most_failures = 1}).verdict,
            SweepVerdict::too_many);
}

}  // namespace
}  // namespace allot
