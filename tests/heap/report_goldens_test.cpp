// What is printed about each mistake, from the mistake to the text: which traces it has, and what it says. (The table
// of checked_mistakes_test.cpp has all mistakes with their facts, report_text_test.cpp all texts of made-up facts.)
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <string>

#include "allot/containers/array_list.hpp"
#include "allot/core/report_text.hpp"
#include "allot/heap/general_purpose_allocator.hpp"
#include "support/recording_reports.hpp"

namespace allot {
namespace {

using testing_support::write_badly;
using Gpa = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = true}>;

void mark_trace(void*, const Sink& sink, const Trace&) noexcept {
  sink.text("    (trace)\n");
}

/// The text of all reports: addresses become 0x, thread numbers N, traces "(trace)".
class Texts {
 public:
  [[nodiscard]] CheckedHeapOptions options() {
    CheckedHeapOptions options;
    options.handler = {this, &take};
    return options;
  }

  [[nodiscard]] std::string text() const {
    return std::regex_replace(std::regex_replace(text_, std::regex("0x[0-9a-f]+"), "0x"), std::regex("thread [0-9]+"),
                              "thread N");
  }

 private:
  static void take(void* context, const Report& report) noexcept {
    static char memory[16 * 1024];
    BufferSink buffer(memory, sizeof memory);
    write_report(buffer.sink(), report, {{nullptr, &mark_trace}, false});
    static_cast<Texts*>(context)->text_ += buffer.view();
  }

  std::string text_;
};

/// Runs `make(gpa)` with a fresh allocator that lives until after it.
template <class Make>
std::string reports_of(const Make& make, CheckedHeapOptions changes = {}) {
  Texts texts;
  CheckedHeapOptions options = texts.options();
  options.memory_limit = changes.memory_limit;
  options.guard_sampling = changes.guard_sampling;
  options.trace_depth = changes.trace_depth;
  Gpa gpa(options);
  make(gpa);
  (void)gpa.deinit();
  return texts.text();
}

std::span<char> block_of(Gpa& gpa, std::size_t size = 32) {
  return gpa.allocator().alloc<char>(size).value();
}

TEST(ReportGoldens, DeinitTwiceReportsOnce) {
  Texts texts;
  Gpa gpa(texts.options());
  (void)block_of(gpa);
  EXPECT_EQ(gpa.deinit(), Check::leak);
  EXPECT_EQ(gpa.deinit(), Check::leak);
  EXPECT_EQ(texts.text(), R"(error(gpa): leak: the block of 32 bytes at 0x was never freed
  allocated, by thread N:
    (trace)
error(gpa): leaked in all: 1 block, 32 bytes, allocated in 1 place
  help: whoever allocates a block frees it or hands it on to an owner that does
)");
}

TEST(ReportGoldens, DeinitNever) {
  Texts texts;
  {
    Gpa gpa(texts.options());
    (void)block_of(gpa);
    (void)block_of(gpa);
  }
  EXPECT_EQ(texts.text(), R"(error(gpa): leak: the block of 32 bytes at 0x was never freed
  allocated, by thread N:
    (trace)
error(gpa): leak: the block of 32 bytes at 0x was never freed
  allocated, by thread N:
    (trace)
error(gpa): leaked in all: 2 blocks, 64 bytes, allocated in 2 places
  help: whoever allocates a block frees it or hands it on to an owner that does
)");
}

TEST(ReportGoldens, AContainerOutlivesItsAllocator) {
  Texts texts;
  Gpa gpa(texts.options());
  {
    auto list = ArrayList<int>::init_capacity(gpa.allocator(), 8).value();
    ASSERT_TRUE(list.append(1));
    EXPECT_EQ(gpa.deinit(), Check::leak);
    list[0] = 2;  // its memory is still there
  }
  EXPECT_EQ(texts.text(), R"(error(gpa): leak: the block of 32 bytes at 0x was never freed
  allocated, by thread N:
    (trace)
error(gpa): leaked in all: 1 block, 32 bytes, allocated in 1 place
  help: whoever allocates a block frees it or hands it on to an owner that does
error(gpa): use after deinit: free of 0x through an allocator that has ended
  this free, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: an allocator outlives everything that was allocated from it: declare it first, so that it ends last
)");
}

TEST(ReportGoldens, AllocationAfterDeinit) {
  EXPECT_EQ(reports_of([](Gpa& gpa) {
              gpa.allocator().free(block_of(gpa));
              (void)gpa.deinit();
              EXPECT_FALSE(gpa.allocator().alloc<char>(1).has_value());
            }),
            R"(error(gpa): use after deinit: alloc through an allocator that has ended
  this alloc, by thread N:
    (trace)
  help: an allocator outlives everything that was allocated from it: declare it first, so that it ends last
)");
}

TEST(ReportGoldens, DoubleFreeAndTheHandlerGoesOn) {
  EXPECT_EQ(reports_of([](Gpa& gpa) {
              const auto block = block_of(gpa);
              gpa.allocator().free(block);
              gpa.allocator().free(block);
              const auto next = block_of(gpa);
              EXPECT_NE(next.data(), block.data());
              gpa.allocator().free(next);
            }),
            R"(error(gpa): double free: the block of 32 bytes at 0x was freed before
  this free, by thread N:
    (trace)
  freed, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: free a block once; whoever keeps a pointer to it after that must not use it
)");
}

TEST(ReportGoldens, DoubleFreeOfALargeBlockWithoutTraces) {
  EXPECT_EQ(reports_of(
                [](Gpa& gpa) {
                  const auto block = block_of(gpa, 100'000);
                  gpa.allocator().free(block);
                  gpa.allocator().free(block);
                },
                {.trace_depth = 0}),
            R"(error(gpa): double free: the block of 97.6 KiB (100000 bytes) at 0x was freed before
  this free, by thread N:
    (trace)
  freed, by thread N (no trace kept)
  allocated, by thread N (no trace kept)
  help: free a block once; whoever keeps a pointer to it after that must not use it
)");
}

TEST(ReportGoldens, FreeInsideABlock) {
  EXPECT_EQ(reports_of([](Gpa& gpa) {
              const auto block = block_of(gpa);
              gpa.allocator().free(block.subspan(8));
              gpa.allocator().free(block);
            }),
            R"(error(gpa): invalid free: free of 0x, which is 8 bytes inside the block of 32 bytes at 0x
  this free, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: give back the whole slice that alloc gave out, from its start
)");
}

TEST(ReportGoldens, WrongSizeAndAlignment) {
  EXPECT_EQ(reports_of([](Gpa& gpa) {
              gpa.allocator().free(block_of(gpa).first(31));
              gpa.heap().raw_free(block_of(gpa).data(), 32, Alignment::from_bytes(16));
            }),
            R"(error(gpa): size mismatch: free with 31 bytes of the block of 32 bytes at 0x
  this free, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: give back the slice that alloc (or the last resize, remap or realloc) gave out, at its full length
error(gpa): alignment mismatch: free with alignment 16 of the block of 32 bytes at 0x, which was allocated with alignment 1
  this free, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: free a block as the type (or with the alignment) it was allocated with
)");
}

TEST(ReportGoldens, OverflowUnderflowAndWriteAfterFree) {
  EXPECT_EQ(reports_of([](Gpa& gpa) {
              const auto first = block_of(gpa);
              const auto second = block_of(gpa);
              write_badly(second.data(), 32, 4);
              gpa.allocator().free(second);
              write_badly(first.data(), -3, 2);
              gpa.allocator().free(first);
              write_badly(second.data(), 5, 1);
            }),
            R"(error(gpa): overflow: past the end of the block of 32 bytes at 0x, 4 bytes were written from offset 32
  found by this free, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: the write itself came earlier; look for an index or a length that is too large near the allocation, or run with Options::guard_sampling to stop at the write
error(gpa): underflow: before the start of the block of 32 bytes at 0x, 2 bytes were written from offset -3
  found by this free, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: the write itself came earlier; look for a negative index or a pointer that was moved back too far
error(gpa): write after free: in the block of 32 bytes at 0x, 1 byte was written from offset 5
  found by this deinit, by thread N:
    (trace)
  freed, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: the write came after the free above; look for a pointer that was kept there
)");
}

TEST(ReportGoldens, ResizeOfAFreedBlock) {
  EXPECT_EQ(reports_of([](Gpa& gpa) {
              const auto block = block_of(gpa);
              gpa.allocator().free(block);
              EXPECT_FALSE(gpa.allocator().resize(block, 16));
            }),
            R"(error(gpa): use of a freed block: resize of the block of 32 bytes at 0x, which was freed before
  this resize, by thread N:
    (trace)
  freed, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: after free, or after a realloc that moved the block, the old pointer is dead: use the new one
)");
}

TEST(ReportGoldens, TheMemoryLimit) {
  EXPECT_EQ(reports_of(
                [](Gpa& gpa) {
                  const auto block = block_of(gpa, 60);
                  EXPECT_FALSE(gpa.allocator().alloc<char>(41).has_value());
                  gpa.allocator().free(block);
                },
                {.memory_limit = 100}),
            R"(note(gpa): memory limit: alloc of 41 bytes fails with OutOfMemory: 60 bytes of 100 bytes are in use
  this alloc, by thread N:
    (trace)
)");
}

#if !ALLOT_ASAN && !defined(__SANITIZE_THREAD__)
TEST(ReportGoldens, AccessesToGuardedBlocks) {
  EXPECT_EQ(reports_of(
                [](Gpa& gpa) {
                  const auto block = block_of(gpa, 4096);
                  write_badly(block.data(), 4096, 1);
                  gpa.allocator().free(block);
                  write_badly(block.data(), 7, 1);
                },
                {.guard_sampling = 1}),
            R"(error(gpa): bad write: of 0x, 0 bytes past the end of the block of 4096 bytes at 0x
  this access, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: the access at the top of the first trace is out of bounds
error(gpa): bad write: of 0x, at offset 7 of the block of 4096 bytes at 0x, which was freed before
  this access, by thread N:
    (trace)
  freed, by thread N:
    (trace)
  allocated, by thread N:
    (trace)
  help: after free the pointer is dead: look for who kept it
)");
}
#endif

}  // namespace
}  // namespace allot
