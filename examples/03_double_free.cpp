/// The first rule of freeing: not twice. The checked heap names all three places and stops the program.

#include <allot/allot.hpp>
#include <allot/format.hpp>

int main() {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;
  const allot::Allocator allocator = gpa.allocator();

  auto numbers = allocator.alloc<std::size_t>(4).value();
  allocator.free(numbers);
  allocator.free(numbers);
  allot::debug_print("This won't get printed\n");
}
