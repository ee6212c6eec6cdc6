/// A length known only at run time: alloc, use, free.

#include <sys/random.h>

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/macros.hpp>

namespace {

/// A random number from 5 to 10.
std::size_t get_random_count() {
  unsigned char seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = 0;
  return seed % 6 + 5;
}

}  // namespace

int main() {
  allot::GeneralPurposeAllocator<> gpa;
  const allot::Allocator allocator = gpa.allocator();

  auto numbers = allocator.alloc<std::size_t>(get_random_count()).value();
  DEFER { allocator.free(numbers); };  // runs at the end of this scope, however it ends

  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  allot::debug_print("{}\n", allot::any(numbers));
}
