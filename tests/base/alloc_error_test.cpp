#include "allot/base/alloc_error.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

TEST(AllocError, HasZigsName) {
  EXPECT_STREQ(error_name(AllocError::out_of_memory), "OutOfMemory");
}

}  // namespace
}  // namespace allot
