#include "checked/touched_pages.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "allot/heap/general_purpose_allocator.hpp"
#include "allot/sys/pages.hpp"
#include "checked/pattern.hpp"

namespace allot::checked {
namespace {

struct Pages {
  explicit Pages(std::size_t count) : size(count * sys::page_size()) {
    begin = static_cast<std::byte*>(sys::map_pages(size, Alignment::from_bytes(sys::page_size())));
    sys::prefer_huge_pages(begin, size, false);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { sys::unmap_pages(begin, size); }
  [[nodiscard]] std::size_t in_memory() const {
    std::vector<unsigned char> here(size / sys::page_size());
    EXPECT_TRUE(sys::ask_pages_in_memory(begin, size, here.data()));
    std::size_t count = 0;
    for (const unsigned char page : here) count += page & 1U;
    return count;
  }

  std::size_t size;
  std::byte* begin;
};

TEST(TouchedPages, OnlyTheyAreFilled) {
  const std::size_t page = sys::page_size();
  for (const std::size_t count : {4U, 63U, 64U, 65U, 200U, 1300U}) {
    const Pages pages(count);
    pages.begin[0] = pages.begin[2 * page] = pages.begin[pages.size - 1] = std::byte{1};
    const FilledGroups filled = fill_touched(pages.begin + 16, pages.size - 32);
    EXPECT_TRUE(holds_pattern(pages.begin + 16, page - 16)) << count;
    EXPECT_TRUE(holds_pattern(pages.begin + 2 * page, page)) << count;
    EXPECT_TRUE(holds_pattern(pages.begin + pages.size - page, page - 16)) << count;
    EXPECT_EQ(pages.begin[0], std::byte{1});
    EXPECT_EQ(pages.begin[pages.size - 1], std::byte{1});
    EXPECT_NE(filled, 0U);
    EXPECT_LE(pages.in_memory(), 3 * ((count + 63) / 64)) << count;
  }
}

TEST(TouchedPages, EveryByteIsVisitedOnceAndInOrder) {
  for (const std::size_t count : {4U, 64U, 65U, 200U, 1300U}) {
    const Pages pages(count);
    std::memset(pages.begin + pages.size / 2, 1, pages.size / 4);
    struct Walk {
      std::byte* at;
      FilledGroups filled;
    } walk{pages.begin + 100, fill_touched(pages.begin + 100, pages.size - 300)};
    for_each_group(walk.at, pages.size - 300, walk.filled, &walk, [](void* context, const FreedStretch& part) noexcept {
      Walk& here = *static_cast<Walk*>(context);
      EXPECT_EQ(part.begin, here.at);
      EXPECT_EQ(part.filled, part.touched);
      EXPECT_EQ(find_damage(part.begin, part.size, part.filled ? pattern_byte : 0).count, 0U);
      here.at += part.size;
    });
    EXPECT_EQ(walk.at, pages.begin + pages.size - 200) << count;
  }
}

int reports = 0;
Report last;
void note(void*, const Report& report) noexcept {
  ++reports;
  last = report;
}

/// Frees a large block of which the first page was touched, writes where `write` says, and checks.
template <class Write>
void check_after(std::size_t size, const Write& write) {
  CheckedHeapOptions options;
  options.handler = {nullptr, &note};
  options.large_quarantine_bytes = 64 * 1024 * 1024;
  CheckedHeap heap(options);
  const Alignment alignment = Alignment::from_bytes(16);
  auto* block = static_cast<char*>(heap.raw_alloc(size, alignment));
  ASSERT_NE(block, nullptr);
  block[0] = 'x';
  heap.raw_free(block, size, alignment);
  unpoison(block, size);
  reports = 0;
  write(block);
  (void)heap.check();
  (void)heap.deinit();
}

TEST(TouchedPages, AWriteAfterFreeToAPageNeverTouchedBeforeIsFound) {
  for (const std::size_t size : {40'000U, 200'000U, 3'000'000U}) {
    check_after(size, [&](char* block) { block[size / 2] = 1; });
    EXPECT_EQ(reports, 1) << size;
    EXPECT_EQ(last.kind, ReportKind::write_after_free);
    EXPECT_EQ(last.offset, static_cast<std::ptrdiff_t>(size / 2));
    EXPECT_EQ(last.damaged, 1U);
  }
}

TEST(TouchedPages, ClearingAFreedBlockIsOneMistake) {
  check_after(200'000, [&](char* block) { std::memset(block, 0, 200'000); });
  EXPECT_EQ(reports, 1);
  EXPECT_EQ(last.kind, ReportKind::write_after_free);
  EXPECT_EQ(last.offset, 0);
}

TEST(TouchedPages, ReadingAFreedBlockIsNone) {
  int sum = 0;
  check_after(200'000, [&](const char* block) {
    for (int i = 0; i < 200'000; ++i) sum += block[i];
  });
  EXPECT_EQ(reports, 0);
  EXPECT_NE(sum, 0);
}

}  // namespace
}  // namespace allot::checked
