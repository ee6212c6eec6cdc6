#include "allot/core/allocator.hpp"

namespace allot::inline v0_1 {

namespace {

/// Has nothing; was therefore never handed a block that it could resize or free.
struct Failing {
  void* raw_alloc(std::size_t, Alignment) const noexcept { return nullptr; }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) const noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) const noexcept { return nullptr; }
  void raw_free(void*, std::size_t, Alignment) const noexcept {
    ALLOT_CHECK(false, "a block was freed through failing_allocator(), which gave none out");
  }
};

}  // namespace

Allocator failing_allocator() noexcept {
  return Allocator(nullptr, stateless_table_of<Failing>);
}

}  // namespace allot::inline v0_1
