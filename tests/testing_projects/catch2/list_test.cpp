// Catch2: the adapter's fixture stands in the test case.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#include <cstdio>

#include "allot/containers/array_list.hpp"
#include "allot/testing/catch2.hpp"

namespace {

using allot::testing::Catch2Case;

TEST_CASE_METHOD(Catch2Case, "a clean list") {
  allot::ArrayList<int> numbers(allocator());
  CHECK(numbers.append(1).has_value());
}

TEST_CASE_METHOD(Catch2Case, "a list leaks what it hands out") {
  allot::ArrayList<int> numbers(allocator());
  CHECK(numbers.append(1).has_value());  // mistake: leak
  auto slice = numbers.to_owned_slice();
  CHECK(slice->size() == 1);
}

TEST_CASE_METHOD(Catch2Case, "a block is freed twice") {
  auto block = allocator().alloc<int>(4).value();
  allocator().free(block);
  allocator().free(block);  // mistake: misuse
  std::puts("the test went on");
}

}  // namespace
