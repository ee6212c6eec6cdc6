// doctest: the adapter's fixture stands in the test case.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <cstdio>

#include "allot/containers/array_list.hpp"
#include "allot/testing/doctest.hpp"

namespace {

using allot::testing::DoctestCase;

TEST_CASE_FIXTURE(DoctestCase, "a clean list") {
  allot::ArrayList<int> numbers(allocator());
  CHECK(numbers.append(1).has_value());
}

TEST_CASE_FIXTURE(DoctestCase, "a list leaks what it hands out") {
  allot::ArrayList<int> numbers(allocator());
  CHECK(numbers.append(1).has_value());  // mistake: leak
  auto slice = numbers.to_owned_slice();
  CHECK(slice->size() == 1);
}

TEST_CASE_FIXTURE(DoctestCase, "a block is freed twice") {
  auto block = allocator().alloc<int>(4).value();
  allocator().free(block);
  allocator().free(block);  // mistake: misuse
  std::puts("the test went on");
}

}  // namespace
