#include "allot/core/fill.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

TEST(Fill, MarksNewAndFreedBytesInCheckedBuildsOnly) {
  unsigned char bytes[3] = {1, 2, 3};
  detail::fill_new(bytes, 2);
  unpoison_defined(bytes, sizeof bytes);
  EXPECT_EQ(bytes[0], safety_enabled ? 0xAA : 1);
  EXPECT_EQ(bytes[1], safety_enabled ? 0xAA : 2);
  EXPECT_EQ(bytes[2], 3);
  detail::fill_freed(bytes, 2);
  EXPECT_EQ(bytes[1], safety_enabled ? 0xDD : 2);
  EXPECT_EQ(bytes[2], 3);
}

}  // namespace
}  // namespace allot
