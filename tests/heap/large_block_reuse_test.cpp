// A large block takes the mapping of one that has waited in quarantine.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <set>
#include <thread>

#include "allot/heap/general_purpose_allocator.hpp"

namespace allot {
namespace {

constexpr std::size_t block_size = 100'000;
constexpr Alignment alignment = Alignment::from_bytes(16);

struct Notes {
  int count = 0;
  Report last;

  static void note(void* context, const Report& report) noexcept {
    Notes& self = *static_cast<Notes*>(context);
    ++self.count;
    self.last = report;
  }
  [[nodiscard]] CheckedHeapOptions options() noexcept {
    CheckedHeapOptions made;
    made.handler = {this, &note};
    made.large_quarantine_bytes = 20 * block_size;
    return made;
  }
};

/// The places of `rounds` blocks of which each is freed before the next is taken.
std::set<void*> places(CheckedHeap& heap, int rounds, std::size_t size = block_size) {
  std::set<void*> seen;
  for (int i = 0; i < rounds; ++i) {
    void* block = heap.raw_alloc(size, alignment);
    EXPECT_NE(block, nullptr);
    if (block == nullptr) break;
    std::memset(block, i, size);
    seen.insert(block);
    heap.raw_free(block, size, alignment);
  }
  return seen;
}

TEST(LargeBlockReuse, HalfOfTheQuarantineFillsUpFirst) {
  Notes notes;
  CheckedHeap heap(notes.options());
  void* first = heap.raw_alloc(block_size, alignment);
  heap.raw_free(first, block_size, alignment);
  EXPECT_EQ(places(heap, 11).count(first), 0U);
  EXPECT_EQ(places(heap, 1).count(first), 1U);
  EXPECT_LE(places(heap, 1000).size(), 12U);
  EXPECT_EQ(heap.deinit(), Check::ok);
  EXPECT_EQ(notes.count, 0);
}

TEST(LargeBlockReuse, SizesOfOneMappingShareIt) {
  Notes notes;
  CheckedHeap heap(notes.options());
  std::set<void*> seen = places(heap, 30);
  seen.merge(places(heap, 300, block_size - 20'000));
  EXPECT_LE(seen.size(), 16U);  // of the smaller ones a few more wait
  EXPECT_EQ(heap.deinit(), Check::ok);
  EXPECT_EQ(notes.count, 0);
}

TEST(LargeBlockReuse, OverflowOfTheNewBlockIsFound) {
  Notes notes;
  CheckedHeap heap(notes.options());
  (void)places(heap, 30);
  const std::size_t size = block_size - 20'001;
  auto* block = static_cast<char*>(heap.raw_alloc(size, alignment));
  unpoison(block + size, 1);
  block[size] = 'x';
  heap.raw_free(block, size, alignment);
  EXPECT_EQ(notes.count, 1);
  EXPECT_EQ(notes.last.kind, ReportKind::overflow);
  EXPECT_EQ(notes.last.size, size);
  EXPECT_EQ(heap.deinit(), Check::ok);
}

TEST(LargeBlockReuse, AWriteToTheDeadBlockIsReportedAsTheDeadOnes) {
  Notes notes;
  CheckedHeap heap(notes.options());
  auto* dead = static_cast<char*>(heap.raw_alloc(block_size, alignment));
  heap.raw_free(dead, block_size, alignment);
  unpoison(dead, block_size);
  dead[3] = 'x';
  (void)places(heap, 40, block_size - 1);
  EXPECT_EQ(notes.count, 1);
  EXPECT_EQ(notes.last.kind, ReportKind::write_after_free);
  EXPECT_EQ(notes.last.size, block_size);
  EXPECT_EQ(notes.last.offset, 3);
  EXPECT_EQ(heap.deinit(), Check::ok);
}

TEST(LargeBlockReuse, AlignmentsOfOneMappingAndNoFill) {
  Notes notes;
  CheckedHeapOptions options = notes.options();
  options.fill = false;
  CheckedHeap heap(options);
  (void)places(heap, 30);
  const std::size_t metadata = heap.stats().metadata_bytes;
  for (const std::size_t bytes : {16U, 64U, 4096U, 65536U}) {
    const Alignment strict = Alignment::from_bytes(bytes);
    void* block = heap.raw_alloc(block_size - 20'000, strict);
    ASSERT_NE(block, nullptr);
    EXPECT_TRUE(strict.is_aligned(block));
    std::memset(block, 1, block_size - 20'000);
    heap.raw_free(block, block_size - 20'000, strict);
  }
  (void)places(heap, 100);
  EXPECT_LE(heap.stats().metadata_bytes, metadata + 8192);
  EXPECT_EQ(heap.deinit(), Check::ok);
  EXPECT_EQ(notes.count, 0);
}

#if !defined(__SANITIZE_THREAD__)  // the look-up of a stale pointer reads descriptors that others write, on purpose
std::atomic<int> bad_frees{0};
void count_bad_frees(void*, const Report&) noexcept {
  ++bad_frees;
}

TEST(LargeBlockReuse, FreeingOldPointersWhileOthersTakeTheirPlacesLeavesTheHeapWhole) {
  bad_frees = 0;
  CheckedHeapOptions options;
  options.handler = {nullptr, &count_bad_frees};
  options.large_quarantine_bytes = 4 * block_size;
  CheckedHeap heap(options);
  std::atomic<void*> last{nullptr};
  std::atomic<int> running{2};
  const auto churn = [&] {
    for (int i = 0; i < 3000; ++i) {
      void* block = heap.raw_alloc(block_size, alignment);
      last = block;
      heap.raw_free(block, block_size, alignment);
    }
    --running;
  };
  std::thread one(churn);
  std::thread two(churn);
  int extra = 0;
  while (running != 0) {
    if (void* old = last.load()) {
      heap.raw_free(old, block_size, alignment);
      ++extra;
    }
  }
  one.join();
  two.join();
  EXPECT_EQ(heap.deinit(), Check::ok);
  EXPECT_EQ(bad_frees, extra) << "each block dies once, by whomever, and every other free is bad";
}
#endif

TEST(LargeBlockReuse, NotWhereMemoryStaysUntilTheEnd) {
  Notes notes;
  CheckedHeapOptions options = notes.options();
  options.never_unmap = true;
  CheckedHeap heap(options);
  EXPECT_EQ(places(heap, 50).size(), 50U);
  EXPECT_EQ(heap.deinit(), Check::ok);
  EXPECT_EQ(notes.count, 0);
}

}  // namespace
}  // namespace allot
