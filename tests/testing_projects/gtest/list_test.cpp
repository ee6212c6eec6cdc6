// GoogleTest: including the adapter is all there is to do.
#include <gtest/gtest.h>

#include <cstdio>

#include "allot/containers/array_list.hpp"
#include "allot/testing/gtest.hpp"

namespace {

using allot::Allocator;
using allot::testing::allocator;

TEST(List, IsClean) {
  allot::ArrayList<int> numbers(allocator());
  EXPECT_TRUE(numbers.append(1));
  EXPECT_TRUE(allot::testing::handles_allocation_failures([](Allocator failing) -> allot::Result<void> {
    allot::ArrayList<int> list(failing);
    return list.append(1);
  }));
}

TEST(List, LeaksWhatItHandsOut) {
  allot::ArrayList<int> numbers(allocator());
  EXPECT_TRUE(numbers.append(1));  // mistake: leak
  auto slice = numbers.to_owned_slice();
  EXPECT_EQ(slice->size(), 1U);
}

TEST(List, FreesTwice) {
  auto block = allocator().alloc<int>(4).value();
  allocator().free(block);
  allocator().free(block);  // mistake: misuse
  std::puts("the test went on");
}

}  // namespace
