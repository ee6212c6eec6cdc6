#include "shared_template.hpp"

void shared_template::in_second_unit(allot::Allocator allocator) {
  leak<long>(allocator);
  leak<short>(allocator);  // line: second unit
  asm volatile("" ::: "memory");
}
