// A program outside the project: only public headers, only the installed package.
#include <allot/allot.hpp>
#include <allot/macros.hpp>
#include <cstdio>

namespace {

allot::Result<std::size_t> print_list(allot::Allocator allocator) {
  allot::ArrayList<int> list(allocator);
  for (int i = 1; i <= 3; ++i) TRY(list.append(i));
  std::printf("{ %d, %d, %d }", list[0], list[1], list[2]);
  return list.size();
}

}  // namespace

int main() {
  allot::TrackingAllocator tracking(allot::page_allocator(), "consumer");
  print_list(tracking.allocator()).value();
  std::printf(" live %zu\n", tracking.live_bytes());
}
