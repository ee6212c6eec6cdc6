/// What the text's IntList grows up to: ArrayList, which frees in its destructor and grows in place where it can.

#include <allot/allot.hpp>
#include <allot/format.hpp>

int main() {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;
  {
    allot::ArrayList<int> list(gpa.allocator());
    for (int i = 0; i < 10; ++i) list.append(i).value();
    list.ordered_remove(0);
    allot::debug_print("{}\n", allot::any(list));
  }
  return gpa.deinit() == allot::Check::ok ? 0 : 1;
}
