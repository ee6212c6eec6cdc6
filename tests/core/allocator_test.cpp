#include "allot/core/allocator.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

TEST(FailingAllocator, GivesNothing) {
  EXPECT_EQ(failing_allocator().alloc<int>(1), Unexpected(AllocError::out_of_memory));
  EXPECT_TRUE(failing_allocator().alloc<int>(0).has_value());
}

}  // namespace
}  // namespace allot
