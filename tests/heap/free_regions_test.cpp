#include "allot/heap/free_regions.hpp"

#include <gtest/gtest.h>

#include "allot/base/poison.hpp"

namespace allot::detail {
namespace {

class FreeRegionsTest : public ::testing::Test {
 protected:
  ~FreeRegionsTest() override { unpoison(buffer_, sizeof(buffer_)); }

  static std::uintptr_t at(std::size_t offset) { return reinterpret_cast<std::uintptr_t>(buffer_) + offset; }

  alignas(16) static inline char buffer_[1 << 20];
  FreeRegions regions_;
};

TEST_F(FreeRegionsTest, GivesBackWhatWasAdded) {
  regions_.add(at(0), at(4096), 7);
  EXPECT_EQ(regions_.bytes(), 4096U);
  const auto range = regions_.take(4096);
  EXPECT_EQ(range.begin, at(0));
  EXPECT_EQ(range.end, at(4096));
  EXPECT_EQ(range.stamp, 7U);
  EXPECT_EQ(regions_.take(1).begin, 0U);
}

TEST_F(FreeRegionsTest, CutsToSixteenAndHandsOutNothingTooSmall) {
  regions_.add(at(5000), at(5000), 1);
  regions_.add(at(5001), at(5015), 1);
  EXPECT_EQ(regions_.bytes(), 0U);
  regions_.add(at(8192), at(8192 + FreeRegions::smallest - 1), 1);
  EXPECT_EQ(regions_.take(16).begin, 0U);
  regions_.add(at(3), at(2049), 1);
  EXPECT_EQ(regions_.take(1024).begin, at(16));
}

TEST_F(FreeRegionsTest, MergesNeighboursOfOneStamp) {
  for (const std::size_t granule : {5, 0, 3, 1, 9, 4, 2}) {
    regions_.add(at(granule * 512), at(granule * 512 + 512), granule == 4 ? 2 : 1);
  }
  EXPECT_EQ(regions_.bytes_since_merge(), 7U * 512);
  EXPECT_EQ(regions_.take(1024).begin, 0U);
  regions_.merge();
  EXPECT_EQ(regions_.bytes(), 7U * 512);
  EXPECT_EQ(regions_.bytes_since_merge(), 0U);
  const auto range = regions_.take(1024);
  EXPECT_EQ(range.begin, at(0));
  EXPECT_EQ(range.end, at(2048));
  EXPECT_EQ(regions_.take(1024).begin, 0U);
}

TEST_F(FreeRegionsTest, AStampBeyondCountingIsLaterThanAll) {
  regions_.add(at(0), at(2048), UINT64_MAX / 2);
  regions_.drop_since(UINT64_MAX / 2 + 5);
  EXPECT_EQ(regions_.bytes(), 0U);
}

TEST_F(FreeRegionsTest, TakesTheTightestFit) {
  regions_.add(at(0), at(5000), 1);
  regions_.add(at(8192), at(8192 + 4096), 1);
  regions_.add(at(16384), at(16384 + 6000), 1);
  EXPECT_EQ(regions_.take(4096).begin, at(8192));
  EXPECT_EQ(regions_.take(5001).begin, at(16384));
  EXPECT_EQ(regions_.take(4096).begin, at(0));
}

TEST_F(FreeRegionsTest, TakesALargerClassWhenItsOwnIsEmpty) {
  regions_.add(at(0), at(1 << 19), 1);
  EXPECT_EQ(regions_.take(2000).begin, at(0));
}

TEST_F(FreeRegionsTest, DropsWhatIsNewer) {
  regions_.add(at(0), at(2048), 1);
  regions_.add(at(4096), at(4096 + 2048), 2);
  regions_.add(at(8192), at(8192 + 2048), 3);
  regions_.drop_since(2);
  EXPECT_EQ(regions_.bytes(), 2048U);
  EXPECT_EQ(regions_.take(2000).begin, at(0));
}

TEST_F(FreeRegionsTest, SeesOverlaps) {
  regions_.add(at(1024), at(4096), 1);
  EXPECT_TRUE(regions_.likely_overlaps(at(0), at(1025)));
  EXPECT_TRUE(regions_.likely_overlaps(at(4095), at(5000)));
  EXPECT_FALSE(regions_.likely_overlaps(at(0), at(1024)));
  EXPECT_FALSE(regions_.likely_overlaps(at(4096), at(5000)));
}

}  // namespace
}  // namespace allot::detail
