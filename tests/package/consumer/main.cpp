// A program outside the project: only public headers, only the installed package.
#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/json.hpp>
#include <allot/macros.hpp>
#include <cstdio>

namespace {

struct Sums {
  int count = 0;
  int sum = 0;
};

allot::Result<std::span<char>> describe(allot::Allocator allocator) {
  allot::ArrayList<int> list(allocator);
  Sums sums;
  for (int i = 1; i <= 3; ++i) {
    TRY(list.append(i));
    sums.sum += i;
  }
  sums.count = static_cast<int>(list.size());
  char buffer[64];
  const auto json = allot::json::stringify_buf(buffer, sums).value();
  return TRY(allot::alloc_print(allocator, "{} {}", allot::any(list), json));
}

}  // namespace

int main() {
  allot::TrackingAllocator tracking(allot::page_allocator(), "consumer");
  {
    auto text = describe(tracking.allocator()).value();
    DEFER { tracking.allocator().free(text); };
    std::printf("%.*s", static_cast<int>(text.size()), text.data());
  }
  const std::size_t live = tracking.statistics().live_bytes;
  std::printf(" live %zu\n", live);
}
