#include "allot/containers/hash_group.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "allot/containers/hash.hpp"

namespace allot {
namespace {

using detail::DefaultGroup;
using detail::GroupBytes;
using detail::PortableGroup;

TEST(HashGroup, StartsFree) {
  DefaultGroup group;
  EXPECT_EQ(group.match_free(), 0x7FFFU);
  EXPECT_EQ(group.match_used(), 0U);
  EXPECT_FALSE(group.has_overflowed(3));
}

TEST(HashGroup, AZeroHashIsNotAFreeSlot) {
  DefaultGroup group;
  group.set(4, 0);
  EXPECT_EQ(group.match_used(), 1U << 4);
  EXPECT_EQ(group.match(0), 1U << 4);
  EXPECT_EQ(group.match(8), 1U << 4);
  EXPECT_EQ(group.match(16), 0U);
}

TEST(HashGroup, TheOverflowByteIsNoSlot) {
  PortableGroup group;
  for (unsigned i = 0; i < 8; ++i) group.mark_overflow(i);
  EXPECT_EQ(group.match(0xFF), 0U);
  EXPECT_EQ(group.match_free(), 0x7FFFU);
  EXPECT_TRUE(group.has_overflowed(13));
}

TEST(HashGroup, ThePortableGroupAgreesWithTheFastOne) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    DefaultGroup fast;
    PortableGroup portable;
    for (unsigned slot = 0; slot < GroupBytes::slots; ++slot) {
      if (random() % 3 == 0) continue;
      const std::uint64_t hash = random() % 6 == 0 ? 0x80 : random();
      fast.set(slot, hash);
      portable.set(slot, hash);
    }
    EXPECT_EQ(fast.match_free(), portable.match_free());
    EXPECT_EQ(fast.match_used(), portable.match_used());
    for (std::uint64_t hash = 0; hash < 256; ++hash) ASSERT_EQ(fast.match(hash), portable.match(hash));
  }
}

TEST(Hash, StringsOfEveryLengthHashAlikeWhereverTheyStand) {
  char text[100];
  std::set<std::uint64_t> hashes;
  for (std::size_t i = 0; i < sizeof(text); ++i) text[i] = static_cast<char>(i * 7 + 1);
  for (std::size_t size = 0; size < 90; ++size) {
    char copy[100];
    std::memcpy(copy + 3, text, size);
    const std::uint64_t hash = Hash<std::string_view>{}(std::string_view(text, size));
    EXPECT_EQ(hash, Hash<std::string_view>{}(std::string_view(copy + 3, size)));
    EXPECT_TRUE(hashes.insert(hash).second) << size;
  }
}

TEST(Hash, EveryByteOfAStringCounts) {
  for (std::size_t size = 1; size < 70; ++size) {
    std::string text(size, 'a');
    const std::uint64_t before = Hash<std::string_view>{}(text);
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = 'b';
      EXPECT_NE(Hash<std::string_view>{}(text), before) << size << ' ' << i;
      text[i] = 'a';
    }
  }
}

TEST(Hash, NearbyIntegersSpreadOverTheGroups) {
  std::set<std::uint64_t> starts;
  for (std::uint64_t i = 0; i < 4096; ++i) starts.insert(Hash<std::uint64_t>{}(i) >> 8 & 0xFFF);
  EXPECT_GT(starts.size(), 2048U);
}

}  // namespace
}  // namespace allot
