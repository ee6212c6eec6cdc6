#include "allot/runtime/own_pages.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "allot/sys/pages.hpp"

namespace allot {
namespace {

namespace own_pages = runtime::own_pages;

std::uintptr_t address(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

TEST(OwnPages, KnowsWhatTheLibraryMappedAndForgetsWhatItUnmapped) {
  own_pages::start();
  constexpr std::size_t size = std::size_t{3} << 20;
  const Alignment page = Alignment::from_bytes(sys::page_size());
  char* pages = static_cast<char*>(sys::map_pages(size, page));
  ASSERT_NE(pages, nullptr);
  EXPECT_TRUE(own_pages::contains(address(pages)));
  EXPECT_TRUE(own_pages::contains(address(pages + size - 1)));
  EXPECT_FALSE(own_pages::contains(address(&size)));
  sys::unmap_pages(pages + size / 2, size / 2);
  EXPECT_TRUE(own_pages::contains(address(pages + size / 2 - 1)));
  EXPECT_FALSE(own_pages::contains(address(pages + size / 2)));
  sys::unmap_pages(pages, size / 2);
  EXPECT_FALSE(own_pages::contains(address(pages)));
  sys::observe_pages(nullptr);
}

TEST(OwnPages, DoesNotKnowTheProgramsOwnMappings) {
  own_pages::start();
  void* pages = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_FALSE(own_pages::contains(address(pages)));
  ::munmap(pages, 1 << 20);
  sys::observe_pages(nullptr);
}

}  // namespace
}  // namespace allot
