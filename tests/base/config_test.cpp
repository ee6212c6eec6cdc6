#include "allot/base/config.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

TEST(Config, SafetyFollowsNdebugUnlessDefined) {
#ifdef NDEBUG
  EXPECT_FALSE(safety_enabled);
#else
  EXPECT_TRUE(safety_enabled);
#endif
}

TEST(Config, KnowsWhetherExceptionsAreOn) {
  EXPECT_TRUE(exceptions_enabled);
}

TEST(Config, TellsValgrindNothingUnderAddressSanitizer) {
  EXPECT_FALSE(ALLOT_ASAN != 0 && ALLOT_VALGRIND != 0);
}

}  // namespace
}  // namespace allot
