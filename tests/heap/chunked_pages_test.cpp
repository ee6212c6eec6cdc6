#include "checked/chunked_pages.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "allot/sys/pages.hpp"

namespace allot::checked {
namespace {

constexpr Alignment granule = Alignment::from_bytes(64 * 1024);

TEST(ChunkedPages, PiecesAreFreshAlignedAndApart) {
  ChunkedPages chunks;
  std::vector<unsigned char*> pieces;
  for (unsigned i = 0; i < 200; ++i) {  // beyond the first huge page
    auto* piece = static_cast<unsigned char*>(chunks.take(granule.bytes(), granule));
    ASSERT_NE(piece, nullptr);
    ASSERT_TRUE(granule.is_aligned(piece));
    ASSERT_EQ(piece[0], 0);
    ASSERT_EQ(piece[granule.bytes() - 1], 0);
    std::memset(piece, static_cast<int>(i), granule.bytes());
    pieces.push_back(piece);
  }
  for (unsigned i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i][0], i);
    EXPECT_EQ(pieces[i][granule.bytes() - 1], i);
    sys::unmap_pages(pieces[i], granule.bytes());
  }
  chunks.release_rest();
}

TEST(ChunkedPages, PiecesOfSeveralSizesKeepTheAlignment) {
  ChunkedPages chunks;
  const std::size_t page = sys::page_size();
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t size = (i % 5 + 1) * granule.bytes() - (i % 2) * page;
    void* piece = chunks.take(size, granule);
    ASSERT_NE(piece, nullptr);
    ASSERT_TRUE(granule.is_aligned(piece));
    std::memset(piece, 1, size);
    sys::unmap_pages(piece, granule.forward(size));
  }
  chunks.release_rest();
}

TEST(ChunkedPages, ReleasingTheRestLeavesThePiecesAndMayBeginAnew) {
  ChunkedPages chunks;
  chunks.release_rest();
  auto* kept = static_cast<char*>(chunks.take(granule.bytes(), granule));
  ASSERT_NE(kept, nullptr);
  chunks.release_rest();
  chunks.release_rest();
  kept[granule.bytes() - 1] = 'k';
  void* next = chunks.take(granule.bytes(), granule);
  ASSERT_NE(next, nullptr);
  EXPECT_NE(next, kept);
  sys::unmap_pages(kept, granule.bytes());
  sys::unmap_pages(next, granule.bytes());
  chunks.release_rest();
}

TEST(ChunkedPages, MoreThanThereIsGivesNull) {
  ChunkedPages chunks;
  EXPECT_EQ(chunks.take(std::size_t{1} << 60, granule), nullptr);
  void* piece = chunks.take(granule.bytes(), granule);
  EXPECT_NE(piece, nullptr);
  sys::unmap_pages(piece, granule.bytes());
  chunks.release_rest();
}

}  // namespace
}  // namespace allot::checked
