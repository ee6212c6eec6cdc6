#include "allot/base/poison.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace allot {
namespace {

TEST(Poison, LeavesContentsAlone) {
  alignas(8) char bytes[64];
  std::memset(bytes, 'x', sizeof bytes);
  poison(bytes, sizeof bytes);
  unpoison_defined(bytes, sizeof bytes);
  EXPECT_EQ(bytes[0], 'x');
  EXPECT_EQ(bytes[63], 'x');
}

#if ALLOT_ASAN
TEST(Poison, IsSeenByAddressSanitizer) {
  alignas(8) static char bytes[64];
  poison(bytes, sizeof bytes);
  EXPECT_TRUE(__asan_address_is_poisoned(bytes));
  EXPECT_TRUE(__asan_address_is_poisoned(bytes + 63));
  unpoison(bytes, 8);
  EXPECT_FALSE(__asan_address_is_poisoned(bytes + 7));
  EXPECT_TRUE(__asan_address_is_poisoned(bytes + 8));
  unpoison(bytes, sizeof bytes);
}

TEST(PoisonDeathTest, ATouchIsReported) {
  alignas(8) static char bytes[64];
  char* volatile touched = bytes + 5;  // a pointer the compiler cannot follow: it trusts constant indices
  poison(bytes, sizeof bytes);
  EXPECT_DEATH(*touched = 'x', "use-after-poison");
  unpoison(bytes, sizeof bytes);
}
#endif

}  // namespace
}  // namespace allot
