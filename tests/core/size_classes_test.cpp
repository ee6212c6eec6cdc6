#include "allot/core/size_classes.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

using namespace detail::fast;

TEST(SizeClasses, EverySizeFitsItsClassAndNoSmallerOne) {
  for (std::size_t size = 1; size <= class_size_limit; ++size) {
    const SizeClass c = class_of_extent(size - 1);
    ASSERT_LT(c, class_count);
    ASSERT_GE(size_of_class(c), size);
    if (c > 1) {
      ASSERT_LT(size_of_class(c - 1), size);
    }
  }
}

TEST(SizeClasses, WasteAtMostAnEighthAbove128Bytes) {
  for (std::size_t size = 129; size <= class_size_limit; ++size) {
    ASSERT_LE((size_of_class(class_of_extent(size - 1)) - size) * 8, size);
  }
}

TEST(SizeClasses, BlocksAreAlignedWhereverTheyLieInASpan) {
  for (std::size_t align = 1; align <= max_slice_alignment; align *= 2) {
    for (std::size_t size = 1; size <= class_size_limit; size += size < 2048 ? 1 : size / 50) {
      const std::size_t extent = extent_of(size, Alignment::from_bytes(align));
      if (extent >= class_size_limit) continue;
      ASSERT_EQ(size_of_class(class_of_extent(extent)) % align, 0U) << size << " " << align;
    }
  }
}

TEST(SizeClasses, TableAndArithmeticAgree) {
  for (std::size_t align = 1; align <= 16; align *= 2) {
    for (std::size_t size = 1; size <= small_size_limit; ++size) {
      const Alignment alignment = Alignment::from_bytes(align);
      ASSERT_EQ(small_bin_table[size] / bin_size, class_of_extent(extent_of(size, alignment))) << size << " " << align;
    }
  }
}

TEST(SizeClasses, SpansWasteLittle) {
  for (SizeClass c = 1; c < class_count; ++c) {
    const std::size_t bytes = slices_of_class(c) * slice_size;
    EXPECT_LE(bytes % size_of_class(c) * 16, bytes);
    EXPECT_LE(slices_of_class(c), 32U) << size_of_class(c);
  }
}

}  // namespace
}  // namespace allot
