// Runs a function with its allocations failing: each alone (testing kit), and all from each on.
#pragma once

#include <gtest/gtest.h>

#include "allot/core/sink.hpp"
#include "allot/heap/failing_allocator.hpp"
#include "allot/testing/failure_sweep.hpp"
#include "support/recording_allocator.hpp"

namespace allot::test {

/// `function(Allocator)` returns a Result. It may do without a single block (growth asks for less when it cannot have
/// much), but it fails when there are no more at all, and never leaks.
template <class F>
void expect_every_failure_survived(F function) {
  RecordingAllocator backing;
  const testing::FailureSweepReport report =
      testing::check_all_allocation_failures(backing.allocator(), function, {.allow_swallowed = true});
  EXPECT_TRUE(report.ok());
  if (!report.ok()) report.write(error_sink());
  EXPECT_GT(report.allocations, 0U);
  EXPECT_EQ(backing.live_blocks(), 0U);
  std::size_t failures = 0;
  for (std::size_t successes = 0;; ++successes) {
    FailingAllocator failing(backing.allocator(), FailurePlan::from(successes), FailurePlan::from(0));
    const bool succeeded = function(failing.allocator()).has_value();
    EXPECT_EQ(backing.live_blocks(), 0U) << "when all allocations from number " << successes << " on fail";
    if (succeeded) break;
    ++failures;
  }
  EXPECT_GT(failures, 0U);
}

}  // namespace allot::test
