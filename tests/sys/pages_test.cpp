#include "allot/sys/pages.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>

namespace allot::sys {
namespace {

constexpr Alignment page_alignment = Alignment::from_bytes(4096);

/// Whether the kernel has a mapping at this address.
bool is_mapped(const void* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) != 2) continue;
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    if (wanted >= begin && wanted < end) return true;
  }
  return false;
}

TEST(Pages, SizeIsAPowerOfTwo) {
  EXPECT_TRUE(Alignment::try_from_bytes(page_size()).has_value());
  EXPECT_GE(page_size(), 4096U);
}

TEST(Pages, RoundingUpStopsWhereSizesEnd) {
  EXPECT_EQ(round_up_to_pages(0), 0U);
  EXPECT_EQ(round_up_to_pages(1), page_size());
  EXPECT_EQ(round_up_to_pages(page_size()), page_size());
  EXPECT_EQ(round_up_to_pages(SIZE_MAX), 0U);
  EXPECT_EQ(round_up_to_pages(SIZE_MAX - page_size() + 1), SIZE_MAX - page_size() + 1);
}

TEST(Pages, AreZeroedAndAlignedAndGoAway) {
  for (std::size_t bytes = 1; bytes <= (std::size_t{64} << 20); bytes *= 4) {
    const Alignment alignment = Alignment::from_bytes(bytes);
    auto* pages = static_cast<unsigned char*>(map_pages(3 * page_size(), alignment));
    ASSERT_NE(pages, nullptr);
    EXPECT_TRUE(alignment.is_aligned(pages));
    EXPECT_EQ(pages[0], 0);
    EXPECT_EQ(pages[3 * page_size() - 1], 0);
    std::memset(pages, 1, 3 * page_size());
    unmap_pages(pages, 3 * page_size());
    EXPECT_FALSE(is_mapped(pages));
  }
}

TEST(Pages, ASizeThatCannotBeIsNullAndKeepsErrno) {
  errno = 77;
  EXPECT_EQ(map_pages(std::size_t{1} << 62, page_alignment), nullptr);
  EXPECT_EQ(map_pages(SIZE_MAX - page_size() + 1, Alignment::from_bytes(std::size_t{1} << 40)), nullptr);
  EXPECT_EQ(map_pages(page_size(), Alignment::from_bytes(std::size_t{1} << 63)), nullptr);
  EXPECT_EQ(errno, 77);
}

TEST(Pages, ShrinkInPlaceGivesTheTailBack) {
  auto* pages = static_cast<char*>(map_pages(4 * page_size(), page_alignment));
  ASSERT_NE(pages, nullptr);
  EXPECT_TRUE(resize_pages(pages, 4 * page_size(), page_size()));
  EXPECT_TRUE(is_mapped(pages));
  EXPECT_FALSE(is_mapped(pages + 2 * page_size()));
  unmap_pages(pages, page_size());
}

TEST(Pages, GrowInPlaceIntoFreeAddressesOnly) {
  auto* pages = static_cast<char*>(map_pages(4 * page_size(), page_alignment));
  ASSERT_NE(pages, nullptr);
  EXPECT_TRUE(resize_pages(pages, 4 * page_size(), 2 * page_size()));
  EXPECT_TRUE(resize_pages(pages, 2 * page_size(), 3 * page_size()));
  pages[3 * page_size() - 1] = 1;
  EXPECT_FALSE(resize_pages(pages, page_size(), 2 * page_size())) << "the second page is taken";
  unmap_pages(pages, 3 * page_size());
}

TEST(Pages, RemapKeepsContentsWhereverTheyGo) {
  auto* pages = static_cast<char*>(map_pages(4 * page_size(), page_alignment));
  ASSERT_NE(pages, nullptr);
  std::strcpy(pages, "here");
  auto* moved = static_cast<char*>(remap_pages(pages, page_size(), 1024 * page_size()));
  ASSERT_NE(moved, nullptr);
  EXPECT_STREQ(moved, "here");
  EXPECT_EQ(moved[1024 * page_size() - 1], 0);
  unmap_pages(moved, 1024 * page_size());
  if (moved != pages) unmap_pages(pages + page_size(), 3 * page_size());
}

TEST(Pages, AnObserverHearsOfAMoveWhileTheOldPagesAreStillThere) {
  static bool were_there;
  static int balance;
  were_there = true;
  balance = 0;
  auto* pages = static_cast<char*>(map_pages(2 * page_size(), page_alignment));
  ASSERT_NE(pages, nullptr);
  observe_pages([](const void* range, std::size_t, bool mapped) noexcept {
    balance += mapped ? 1 : -1;
    unsigned char resident = 0;
    if (!mapped && ::mincore(const_cast<void*>(range), page_size(), &resident) != 0) were_there = false;
  });
  void* moved = remap_pages(pages, page_size(), 4 * page_size());  // its neighbour is taken
  void* impossible = remap_pages(pages + page_size(), page_size(), std::size_t{1} << 62);
  observe_pages(nullptr);
  ASSERT_NE(moved, nullptr);
  EXPECT_EQ(impossible, nullptr);
  EXPECT_TRUE(were_there);
  EXPECT_EQ(balance, 0);
  unmap_pages(moved, 4 * page_size());
  unmap_pages(pages + page_size(), page_size());
}

TEST(Pages, RemapToASizeThatCannotBeChangesNothing) {
  auto* pages = static_cast<char*>(map_pages(page_size(), page_alignment));
  ASSERT_NE(pages, nullptr);
  pages[0] = 5;
  EXPECT_EQ(remap_pages(pages, page_size(), std::size_t{1} << 62), nullptr);
  EXPECT_EQ(pages[0], 5);
  unmap_pages(pages, page_size());
}

TEST(Pages, PurgedPagesReadAsZero) {
  auto* pages = static_cast<char*>(map_pages(2 * page_size(), page_alignment));
  ASSERT_NE(pages, nullptr);
  std::memset(pages, 7, 2 * page_size());
  purge_pages(pages, page_size());
  EXPECT_EQ(pages[0], 0);
  EXPECT_EQ(pages[page_size()], 7);
  purge_pages_lazily(pages + page_size(), page_size());
  pages[page_size()] = 9;
  EXPECT_EQ(pages[page_size()], 9) << "a page written to after a lazy purge keeps what was written";
  unmap_pages(pages, 2 * page_size());
}

TEST(Pages, AHintForHugePagesIsHarmless) {
  const std::size_t size = std::size_t{4} << 20;
  auto* pages = static_cast<char*>(map_pages(size, Alignment::from_bytes(std::size_t{2} << 20)));
  ASSERT_NE(pages, nullptr);
  prefer_huge_pages(pages, size, true);
  pages[size - 1] = 1;
  prefer_huge_pages(pages, size, false);
  unmap_pages(pages, size);
}

TEST(PagesDeathTest, ProtectedPagesCannotBeTouched) {
  auto* pages = static_cast<volatile char*>(map_pages(page_size(), page_alignment));
  ASSERT_NE(pages, nullptr);
  ASSERT_TRUE(protect_pages(const_cast<char*>(pages), page_size(), Access::none));
  EXPECT_DEATH(pages[0] = 1, "");
  ASSERT_TRUE(protect_pages(const_cast<char*>(pages), page_size(), Access::read_write));
  pages[0] = 1;
  unmap_pages(const_cast<char*>(pages), page_size());
}

#if !ALLOT_ASAN && !defined(__SANITIZE_THREAD__)
TEST(Pages, OutOfAddressSpaceIsNull) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit limit{std::size_t{1} << 30, std::size_t{1} << 30};
    ::setrlimit(RLIMIT_AS, &limit);
    const bool refused = map_pages(std::size_t{2} << 30, page_alignment) == nullptr &&
                         map_pages(std::size_t{900} << 20, Alignment::from_bytes(std::size_t{1} << 30)) == nullptr;
    void* small = map_pages(page_size(), page_alignment);
    ::_exit(refused && small != nullptr && remap_pages(small, page_size(), std::size_t{2} << 30) == nullptr ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif

}  // namespace
}  // namespace allot::sys
