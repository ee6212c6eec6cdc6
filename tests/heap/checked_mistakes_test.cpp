// The table of seeded mistakes: every kind x sizes and alignments x the thread that makes it, each found and named.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "allot/heap/checked_heap.hpp"
#include "support/recording_reports.hpp"

namespace allot {
namespace {

using testing_support::RecordingReports;
using testing_support::write_badly;

struct Layout {
  const char* name;
  std::size_t size;
  std::size_t alignment;

  [[nodiscard]] Alignment align() const { return Alignment::from_bytes(alignment); }
};

/// A heap, its reports and the layout of the blocks a mistake is made with.
struct Scene {
  explicit Scene(const Layout& wanted, CheckedHeapOptions options = {}) : layout(wanted), heap(adapted(options)) {}

  CheckedHeapOptions adapted(CheckedHeapOptions options) {
    options.handler = recording.handler();
    options.name = "scene";
    return options;
  }

  char* alloc() { return static_cast<char*>(heap.raw_alloc(layout.size, layout.align())); }
  void free(void* block) { heap.raw_free(block, layout.size, layout.align()); }
  void free_as(void* block, std::size_t size, std::size_t alignment) {
    heap.raw_free(block, size, Alignment::from_bytes(alignment));
  }
  [[nodiscard]] std::ptrdiff_t end() const { return static_cast<std::ptrdiff_t>(layout.size); }

  Layout layout;
  RecordingReports recording;
  CheckedHeap heap;
};

/// Makes one mistake and says what must be reported about it.
struct Mistake {
  const char* name;
  void (*make)(Scene& scene, Report& expected);
};

void leak(Scene& scene, Report& expected) {
  expected.kind = ReportKind::leak;
  expected.operation = Operation::deinit;
  expected.block = scene.alloc();
  expected.count = expected.total_count = 1;
  expected.bytes = scene.layout.size;
  (void)scene.heap.deinit();
}

void double_free(Scene& scene, Report& expected) {
  char* other = scene.alloc();
  char* block = scene.alloc();
  scene.free(block);
  scene.free(block);
  scene.free(other);
  expected = {.kind = ReportKind::double_free, .operation = Operation::free, .address = block, .block = block};
}

void double_free_of_the_only_block(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  scene.free(block);
  scene.free(block);
  expected = {.kind = ReportKind::double_free, .operation = Operation::free, .address = block, .block = block};
}

void free_inside_a_block(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  scene.free(block + 1);
  scene.free(block);
  expected = {.kind = ReportKind::invalid_pointer,
              .operation = Operation::free,
              .origin = PointerOrigin::inside_block,
              .address = block + 1,
              .block = block,
              .offset = 1};
}

void free_of_the_stack(Scene& scene, Report& expected) {
  char local = 0;
  scene.free(&local);
  expected = {.kind = ReportKind::invalid_pointer,
              .operation = Operation::free,
              .origin = PointerOrigin::on_stack,
              .address = &local};
}

void free_of_a_wild_pointer(Scene& scene, Report& expected) {
  scene.free(scene.alloc());
  void* wild = reinterpret_cast<void*>(std::uintptr_t{0x1234500010});
  scene.free(wild);
  expected = {.kind = ReportKind::invalid_pointer,
              .operation = Operation::free,
              .origin = PointerOrigin::unknown,
              .address = wild};
}

void free_of_static_memory(Scene& scene, Report& expected) {
  static char memory[64];
  scene.free(memory);
  expected = {.kind = ReportKind::invalid_pointer,
              .operation = Operation::free,
              .origin = PointerOrigin::unknown,
              .address = memory};
}

void free_of_another_heaps_block(Scene& scene, Report& expected) {
  static CheckedHeap other(CheckedHeapOptions{.name = "other"});
  void* block = other.raw_alloc(scene.layout.size, scene.layout.align());
  scene.free(block);
  other.raw_free(block, scene.layout.size, scene.layout.align());
  expected = {.kind = ReportKind::invalid_pointer,
              .operation = Operation::free,
              .origin = PointerOrigin::other_allocator,
              .other_allocator = "other",
              .address = block,
              .block = block};
}

void free_of_too_few_bytes(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  scene.free_as(block, scene.layout.size - 1, scene.layout.alignment);
  expected = {.kind = ReportKind::size_mismatch,
              .operation = Operation::free,
              .address = block,
              .block = block,
              .given_size = scene.layout.size - 1};
}

void free_with_other_alignment(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  scene.free_as(block, scene.layout.size, scene.layout.alignment * 2);
  expected = {.kind = ReportKind::alignment_mismatch,
              .operation = Operation::free,
              .address = block,
              .block = block,
              .given_size = scene.layout.size,
              .given_alignment = scene.layout.alignment * 2};
}

void resize_with_wrong_size(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  (void)scene.heap.raw_resize(block, scene.layout.size + 1, scene.layout.align(), scene.layout.size);
  scene.free(block);
  expected = {.kind = ReportKind::size_mismatch,
              .operation = Operation::resize,
              .address = block,
              .block = block,
              .given_size = scene.layout.size + 1};
}

void overflow_by_one_found_at_free(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  write_badly(block, scene.end(), 1);
  scene.free(block);
  expected = {
      .kind = ReportKind::overflow, .operation = Operation::free, .block = block, .offset = scene.end(), .damaged = 1};
}

void overflow_found_at_realloc(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  write_badly(block, scene.end() + 3, 4);
  if (!scene.heap.raw_resize(block, scene.layout.size, scene.layout.align(), scene.layout.size - 1)) std::abort();
  scene.free_as(block, scene.layout.size - 1, scene.layout.alignment);
  expected = {.kind = ReportKind::overflow,
              .operation = Operation::resize,
              .block = block,
              .offset = scene.end() + 3,
              .damaged = 4};
}

void overflow_found_on_demand(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  write_badly(block, scene.end(), 8);
  if (scene.heap.check() != 1) std::abort();
  scene.free(block);
  expected = {
      .kind = ReportKind::overflow, .operation = Operation::check, .block = block, .offset = scene.end(), .damaged = 8};
}

void underflow_found_at_free(Scene& scene, Report& expected) {
  char* before = scene.alloc();
  char* block = scene.alloc();
  write_badly(block, -2, 2);
  scene.free(block);
  scene.free(before);
  expected = {.kind = ReportKind::underflow, .operation = Operation::free, .block = block, .offset = -2, .damaged = 2};
}

void underflow_of_the_first_block(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  write_badly(block, -1, 1);
  scene.free(block);
  expected = {.kind = ReportKind::underflow, .operation = Operation::free, .block = block, .offset = -1, .damaged = 1};
}

void underflow_found_at_the_end(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  write_badly(block, -16, 1);
  expected = {
      .kind = ReportKind::underflow, .operation = Operation::deinit, .block = block, .offset = -16, .damaged = 1};
  RecordingReports& recording = scene.recording;
  (void)scene.heap.deinit();
  if (recording.count(ReportKind::leak) != 1) std::abort();
}

void write_after_free_found_on_demand(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  scene.free(block);
  write_badly(block, 8, 3);
  (void)scene.heap.check();
  expected = {
      .kind = ReportKind::write_after_free, .operation = Operation::check, .block = block, .offset = 8, .damaged = 3};
}

void write_after_free_found_at_the_end(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  scene.free(block);
  write_badly(block, scene.end() - 1, 1);
  (void)scene.heap.deinit();
  expected = {.kind = ReportKind::write_after_free,
              .operation = Operation::deinit,
              .block = block,
              .offset = scene.end() - 1,
              .damaged = 1};
}

void resize_of_a_freed_block(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  scene.free(block);
  if (scene.heap.raw_resize(block, scene.layout.size, scene.layout.align(), scene.layout.size - 1)) std::abort();
  expected = {.kind = ReportKind::use_of_freed_block, .operation = Operation::resize, .address = block, .block = block};
}

void remap_of_a_freed_block(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  scene.free(block);
  if (scene.heap.raw_remap(block, scene.layout.size, scene.layout.align(), scene.layout.size + 1) != nullptr) {
    std::abort();
  }
  expected = {.kind = ReportKind::use_of_freed_block, .operation = Operation::remap, .address = block, .block = block};
}

void resize_of_a_wild_pointer(Scene& scene, Report& expected) {
  void* wild = reinterpret_cast<void*>(std::uintptr_t{0x77});
  if (scene.heap.raw_resize(wild, scene.layout.size, scene.layout.align(), 1)) std::abort();
  expected = {.kind = ReportKind::invalid_pointer,
              .operation = Operation::resize,
              .origin = PointerOrigin::unknown,
              .address = wild};
}

void free_after_the_end(Scene& scene, Report& expected) {
  char* block = scene.alloc();
  (void)scene.heap.deinit();
  scene.recording.clear();
  scene.free(block);
  expected = {.kind = ReportKind::use_after_deinit, .operation = Operation::free, .address = block};
}

void alloc_after_the_end(Scene& scene, Report& expected) {
  scene.free(scene.alloc());
  (void)scene.heap.deinit();
  if (scene.alloc() != nullptr) std::abort();
  expected = {.kind = ReportKind::use_after_deinit, .operation = Operation::alloc};
}

constexpr Mistake mistakes[] = {
    {"Leak", leak},
    {"DoubleFree", double_free},
    {"DoubleFreeOfTheOnlyBlock", double_free_of_the_only_block},
    {"FreeInsideABlock", free_inside_a_block},
    {"FreeOfTheStack", free_of_the_stack},
    {"FreeOfAWildPointer", free_of_a_wild_pointer},
    {"FreeOfStaticMemory", free_of_static_memory},
    {"FreeOfAnotherHeapsBlock", free_of_another_heaps_block},
    {"FreeOfTooFewBytes", free_of_too_few_bytes},
    {"FreeWithOtherAlignment", free_with_other_alignment},
    {"ResizeWithWrongSize", resize_with_wrong_size},
    {"OverflowByOneFoundAtFree", overflow_by_one_found_at_free},
    {"OverflowFoundAtRealloc", overflow_found_at_realloc},
    {"OverflowFoundOnDemand", overflow_found_on_demand},
    {"UnderflowFoundAtFree", underflow_found_at_free},
    {"UnderflowOfTheFirstBlock", underflow_of_the_first_block},
    {"UnderflowFoundAtTheEnd", underflow_found_at_the_end},
    {"WriteAfterFreeFoundOnDemand", write_after_free_found_on_demand},
    {"WriteAfterFreeFoundAtTheEnd", write_after_free_found_at_the_end},
    {"ResizeOfAFreedBlock", resize_of_a_freed_block},
    {"RemapOfAFreedBlock", remap_of_a_freed_block},
    {"ResizeOfAWildPointer", resize_of_a_wild_pointer},
    {"FreeAfterTheEnd", free_after_the_end},
    {"AllocAfterTheEnd", alloc_after_the_end},
};

constexpr Layout layouts[] = {
    {"Small", 32, 8},     {"Odd", 45, 1},       {"SmallAligned", 200, 128},
    {"Medium", 5000, 16}, {"Large", 100000, 8}, {"LargeAligned", 70000, 4096},
};

enum class Where { this_thread, other_thread };

using Case = std::tuple<Mistake, Where>;

class FindsMistake : public testing::TestWithParam<Case> {
 protected:
  /// Makes the mistake in a scene of every layout and looks at it with `inspect(scene, expected)`.
  template <class Inspect>
  static void with_every_layout(const Inspect& inspect) {
    for (const Layout& layout : layouts) {
      SCOPED_TRACE(layout.name);
      Scene scene(layout);
      Report expected;
      make(scene, expected);
      inspect(scene, expected);
    }
  }

 private:
  static void make(Scene& scene, Report& expected) {
    if (std::get<1>(GetParam()) == Where::this_thread) return std::get<0>(GetParam()).make(scene, expected);
    std::thread([&] { std::get<0>(GetParam()).make(scene, expected); }).join();
  }
};

void expect_same_mistake(const Report& report, const Report& expected) {
  EXPECT_EQ(report_kind_name(report.kind), report_kind_name(expected.kind));
  EXPECT_EQ(report.operation, expected.operation);
  EXPECT_EQ(report.origin, expected.origin);
  EXPECT_EQ(report.allocator, "scene");
  EXPECT_EQ(report.other_allocator, expected.other_allocator);
  EXPECT_EQ(report.address, expected.address);
  EXPECT_EQ(report.offset, expected.offset);
  EXPECT_EQ(report.damaged, expected.damaged);
  EXPECT_EQ(report.count, expected.count);
  EXPECT_EQ(report.bytes, expected.bytes);
  EXPECT_EQ(report.given_size, expected.given_size);
  if (expected.given_alignment != 0) {
    EXPECT_EQ(report.given_alignment, expected.given_alignment);
  }
}

/// Who allocated, who freed first, who calls now: whatever applies is there.
void expect_traces(const Report& report, const Report& expected, const Layout& layout) {
  EXPECT_FALSE(report.call.frames.empty());
  EXPECT_NE(report.call.thread, 0U);
  if (expected.block == nullptr) return;
  EXPECT_EQ(report.block, expected.block);
  EXPECT_EQ(report.size, layout.size);
  EXPECT_EQ(report.alignment, layout.alignment);
  EXPECT_FALSE(report.allocation.frames.empty());
  EXPECT_NE(report.allocation.thread, 0U);
  const bool was_freed = report.kind == ReportKind::double_free || report.kind == ReportKind::use_of_freed_block ||
                         report.kind == ReportKind::write_after_free;
  EXPECT_EQ(report.first_free.frames.empty(), !was_freed);
}

TEST_P(FindsMistake, AndSaysWhatItIs) {
  with_every_layout([](Scene& scene, const Report& expected) {
    ASSERT_FALSE(scene.recording.reports().empty());
    expect_same_mistake(scene.recording.reports().front(), expected);
    expect_traces(scene.recording.reports().front(), expected, scene.layout);
  });
}

TEST_P(FindsMistake, ExactlyOnce) {
  with_every_layout([](Scene& scene, const Report& expected) {
    const bool leaks = scene.heap.deinit() == Check::leak && expected.kind != ReportKind::use_after_deinit;
    const std::size_t leak_reports = scene.recording.count(ReportKind::leak);
    EXPECT_EQ(leak_reports != 0, leaks);
    EXPECT_EQ(scene.recording.reports().size() - leak_reports, expected.kind == ReportKind::leak ? 0U : 1U);
  });
}

/// The heap after a report a handler returned from: as good as new.
void expect_sound(Scene& scene) {
  scene.recording.clear();
  std::vector<char*> blocks;
  for (int i = 0; i < 50; ++i) {
    blocks.push_back(scene.alloc());
    ASSERT_NE(blocks.back(), nullptr);
    std::memset(blocks.back(), i, scene.layout.size);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i][scene.layout.size - 1], static_cast<char>(i));
    scene.free(blocks[i]);
  }
  EXPECT_EQ(scene.heap.check(), 0U);
  EXPECT_EQ(scene.heap.deinit(), Check::ok);
  EXPECT_TRUE(scene.recording.reports().empty());
}

TEST_P(FindsMistake, AndGoesOn) {
  with_every_layout([](Scene& scene, const Report& expected) {
    if (expected.operation == Operation::deinit || expected.kind == ReportKind::use_after_deinit) return;
    expect_sound(scene);
  });
}

std::string name_of_case(const testing::TestParamInfo<Case>& info) {
  const auto& [mistake, where] = info.param;
  return std::string(mistake.name) + (where == Where::this_thread ? "" : "OnAnotherThread");
}

INSTANTIATE_TEST_SUITE_P(Table, FindsMistake,
                         testing::Combine(testing::ValuesIn(mistakes),
                                          testing::Values(Where::this_thread, Where::other_thread)),
                         name_of_case);

}  // namespace
}  // namespace allot
