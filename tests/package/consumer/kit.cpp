// The testing kit outside the project: a clean test, and one whose leak is found.
#include <allot/allot.hpp>
#include <allot/testing.hpp>
#include <cstdio>

namespace {

void count(void* failures, allot::testing::TestPlace, std::string_view) noexcept {
  ++*static_cast<int*>(failures);
}

bool clean() {
  allot::testing::LeakCheck check("clean");
  const auto found = allot::expect_no_hidden_allocation([&] {
    allot::ArrayList<int> list(check.allocator());
    (void)list.append(1).has_value();
  });
  return found.ok() && check.finish().ok();
}

int failures_of_a_leak() {
  int failures = 0;
  allot::testing::LeakCheck check("leaking", {__FILE__, __LINE__}, {&failures, &count});
  (void)check.allocator().alloc<int>(1).has_value();
  return check.finish().leaked_blocks == 1 ? failures : -1;
}

}  // namespace

int main() {
  std::printf("%s, %d\n", clean() ? "clean" : "not clean", failures_of_a_leak());
}
