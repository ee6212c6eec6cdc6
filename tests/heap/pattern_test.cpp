#include "checked/pattern.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace allot::checked {
namespace {

/// Every size, every single changed byte, both scans.
TEST(Pattern, EveryChangedByteIsSeenAtEverySize) {
  std::vector<unsigned char> bytes(700 + 1, pattern_byte);
  for (std::size_t size = 0; size <= 700; size += size < 300 ? 1 : 37) {
    ASSERT_TRUE(holds_pattern(&bytes[1], size)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      bytes[1 + at] ^= 1U;
      ASSERT_FALSE(holds_pattern(&bytes[1], size)) << size << " at " << at;
      ASSERT_FALSE(holds_pattern_short(&bytes[1], size)) << size << " at " << at;
      bytes[1 + at] = pattern_byte;
    }
  }
}

TEST(Pattern, BytesAroundTheStretchDoNotMatter) {
  std::vector<unsigned char> bytes(600, 0);
  for (std::size_t i = 10; i < 510; ++i) bytes[i] = pattern_byte;
  EXPECT_TRUE(holds_pattern(&bytes[10], 500));
  EXPECT_TRUE(holds_pattern(&bytes[10], 20));
  EXPECT_FALSE(holds_pattern(&bytes[9], 500));
  EXPECT_FALSE(holds_pattern(&bytes[11], 500));
}

TEST(Pattern, DamageIsCountedAndPlaced) {
  std::vector<unsigned char> bytes(100, pattern_byte);
  EXPECT_EQ(find_damage(bytes.data(), 100).count, 0U);
  bytes[7] = bytes[8] = bytes[90] = 1;
  const Damage damage = find_damage(bytes.data(), 100);
  EXPECT_EQ(damage.first, 7U);
  EXPECT_EQ(damage.last, 90U);
  EXPECT_EQ(damage.count, 3U);
}

}  // namespace
}  // namespace allot::checked
