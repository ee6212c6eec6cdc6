#include "shared_template.hpp"

void shared_template::in_first_unit(allot::Allocator allocator) {
  leak<int>(allocator);
  leak<long>(allocator);  // line: first unit
  asm volatile("" ::: "memory");
}
