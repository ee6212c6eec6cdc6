// No framework: a scope in main, whose verdict is the exit code.
#include <cstdio>
#include <string_view>

#include "allot/containers/array_list.hpp"
#include "allot/testing/test_heap.hpp"

namespace {

void leak(allot::Allocator allocator) {
  allot::ArrayList<int> numbers(allocator);
  (void)numbers.append(1).has_value();  // mistake: leak
  auto slice = numbers.to_owned_slice();
  (void)slice.has_value();
}

void free_twice(allot::Allocator allocator) {
  auto block = allocator.alloc<int>(4).value();
  allocator.free(block);
  allocator.free(block);  // mistake: misuse
  std::puts("the test went on");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "clean";
  allot::testing::LeakCheck check("list");
  if (mode == "leak") leak(check.allocator());
  if (mode == "misuse") free_twice(check.allocator());
  return check.finish().ok() ? 0 : 1;
}
