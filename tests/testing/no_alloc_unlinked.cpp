// Uses NoAllocScope; without allot::no_alloc this must not link.
#include "allot/testing/no_alloc.hpp"

int main() {
  return allot::expect_no_hidden_allocation([] {}).ok() ? 0 : 1;
}
