#include "allot/core/raw_allocator.hpp"

#include <gtest/gtest.h>

#include "allot/core/allocator.hpp"

namespace allot {
namespace {

struct ThrowingAlloc {
  void* raw_alloc(std::size_t, Alignment);
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept;
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept;
  void raw_free(void*, std::size_t, Alignment) noexcept;
};
struct WithoutRemap {
  void* raw_alloc(std::size_t, Alignment) noexcept;
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept;
  void raw_free(void*, std::size_t, Alignment) noexcept;
};

static_assert(RawAllocator<Allocator> && AllocatorHandle<Allocator>);
static_assert(!RawAllocator<ThrowingAlloc>, "the raw operations are noexcept");
static_assert(!RawAllocator<WithoutRemap>, "all four are needed");
static_assert(!RawAllocator<int>);

TEST(RawAllocator, IsAConcept) {
  SUCCEED() << "the assertions above are the test";
}

}  // namespace
}  // namespace allot
