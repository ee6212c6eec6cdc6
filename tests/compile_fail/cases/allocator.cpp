#include "allot/core/direct_allocator.hpp"

namespace allot {

struct Mine : PinnedAllocator<Mine> {
  void* raw_alloc(std::size_t, Alignment) noexcept { return nullptr; }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return nullptr; }
  void raw_free(void*, std::size_t, Alignment) noexcept {}
};

bool good(Allocator allocator) {
  Mine mine;
  const Allocator copy = allocator;
  return copy == mine.allocator();
}

#if ALLOT_CASE == 1  // copying an allocator: "use of deleted function" "implicitly-deleted" "deleted constructor"
void bad(Mine& mine) { Mine copy(mine); }
#endif

#if ALLOT_CASE == 2  // moving an allocator: "use of deleted function" "implicitly-deleted" "deleted constructor"
Mine bad(Mine& mine) { return static_cast<Mine&&>(mine); }
#endif

#if ALLOT_CASE == 3  // assigning an allocator: "use of deleted function" "implicitly deleted"
void bad(Mine& left, Mine& right) { left = right; }
#endif

#if ALLOT_CASE == 4  // an ignored handle: "nodiscard"
void bad(Mine& mine) { mine.allocator(); }
#endif

#if ALLOT_CASE == 5  // an ignored allocation: "nodiscard"
void bad(Allocator allocator) { allocator.alloc<int>(5); }
#endif

#if ALLOT_CASE == 6  // an ignored resize: "nodiscard"
void bad(Allocator allocator, std::span<int> slice) { allocator.resize(slice, 3); }
#endif

#if ALLOT_CASE == 7  // a handle without an allocator: "no matching function" "no matching constructor"
Allocator bad() { return Allocator(); }
#endif

#if ALLOT_CASE == 8  // a table that dies before its handle: "use of deleted function" "call to deleted constructor"
Allocator bad() { return Allocator(nullptr, AllocatorTable{}); }
#endif

#if ALLOT_CASE == 9  // an alignment that is a plain number: "could not convert" "cannot convert" "no viable conversion"
void* bad(Allocator allocator) { return allocator.raw_alloc(8, 8); }
#endif

#if ALLOT_CASE == 10  // an allocator that misses an operation: "constraint" "no member named 'raw_remap'"
struct Incomplete : PinnedAllocator<Incomplete> {
  void* raw_alloc(std::size_t, Alignment) noexcept { return nullptr; }
};
Allocator bad(Incomplete& incomplete) { return incomplete.allocator(); }
#endif

}  // namespace allot
