/// A dynamic array, correct at first sight: it prints the right numbers and loses a block each time it grows.

#include <allot/format.hpp>

#include "int_list.hpp"

int main() {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;

  auto list = IntList<true>::init(gpa.allocator()).value();
  for (int i = 0; i < 10; ++i) list.add(i).value();
  allot::debug_print("{}\n", allot::any(list.items.first(list.pos)));
  list.deinit();

  return gpa.deinit() == allot::Check::leak ? 1 : 0;
}
