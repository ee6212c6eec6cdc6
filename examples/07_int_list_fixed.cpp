/// The same list with the missing free: nothing is lost, over the checked heap and over an arena alike.

#include <allot/format.hpp>

#include "int_list.hpp"

namespace {

void fill_and_print(allot::Allocator allocator) {
  auto list = IntList<false>::init(allocator).value();
  DEFER { list.deinit(); };
  for (int i = 0; i < 10; ++i) list.add(i).value();
  allot::debug_print("{}\n", allot::any(list.items.first(list.pos)));
}

}  // namespace

int main() {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;
  fill_and_print(gpa.allocator());

  // IntList only knows an Allocator: its caller decides that an arena fits here, and an arena in an arena works too.
  allot::ArenaAllocator outer(gpa.allocator());
  allot::ArenaAllocator inner(outer.allocator());
  fill_and_print(inner.allocator());
  inner.deinit();
  outer.deinit();

  return gpa.deinit() == allot::Check::ok ? 0 : 1;
}
