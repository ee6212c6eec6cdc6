#include "linux/function_at.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allot/sys/stack.hpp"
#include "linux/debug_sections.hpp"
#include "linux/line_column.hpp"

namespace allot::sys {
namespace {

constinit std::uintptr_t captured = 0;

ALLOT_NOINLINE void capture_caller() {
  captured = ALLOT_STACK_ORIGIN().return_address - 1;
}

struct Lines {
  std::uint32_t innermost = 0;
  std::uint32_t middle = 0;
  std::uint32_t outer = 0;
};
constinit Lines lines;

[[gnu::always_inline]] inline void innermost() {
  lines.innermost = __LINE__ + 1;
  capture_caller();
}

[[gnu::always_inline]] inline void middle() {
  lines.middle = __LINE__ + 1;
  innermost();
}

ALLOT_NOINLINE void outer() {
  lines.outer = __LINE__ + 1;
  middle();
  asm volatile("" ::: "memory");
}

const Module& own_module() {
  outer();
  return *find_module(captured, current_module_generation());
}

bool has_name(std::string_view function, std::string_view name) {
  return function.find(name) != std::string_view::npos;
}

TEST(FunctionAt, KnowsTheInlinedCallsOutermostFirst) {
  const Module& module = own_module();
  const FunctionAt& at = find_function(module, captured);
  ASSERT_TRUE(at.found);
  EXPECT_TRUE(has_name(at.function, "outer")) << at.function;
  ASSERT_EQ(at.call_count, 2U);
  EXPECT_TRUE(has_name(at.calls[0].function, "middle")) << at.calls[0].function;
  EXPECT_EQ(at.calls[0].line, lines.outer);
  EXPECT_NE(at.calls[0].column, 0U);
  EXPECT_TRUE(has_name(at.calls[1].function, "innermost")) << at.calls[1].function;
  EXPECT_EQ(at.calls[1].line, lines.middle);
}

TEST(FunctionAt, ItsLineTableHasTheAddressAndTheFile) {
  const Module& module = own_module();
  const FunctionAt& at = find_function(module, captured);
  const LineRow row = find_row(module, at.line_table, captured);
  EXPECT_EQ(row.line, lines.innermost);
  char memory[1024];
  EXPECT_TRUE(find_file(module, row.line_table, row.file, memory).ends_with("function_at_test.cpp"));
  const LineRow anywhere = find_row_anywhere(module, captured);
  EXPECT_EQ(anywhere.line, row.line);
  EXPECT_EQ(anywhere.column, row.column);
}

TEST(FunctionAt, AnAddressOfNoFunctionIsNotFound) {
  const Module& module = own_module();
  const FunctionAt& at = find_function(module, module.bias + 16);
  EXPECT_FALSE(at.found);
  EXPECT_EQ(at.call_count, 0U);
}

TEST(FunctionAt, NothingIsFoundWithoutSections) {
  const DebugSections nothing;
  EXPECT_FALSE(find_function(nothing, 0x1234).unit_found);
}

/// Sections whose bytes a test changes; their copies have exact ends, for AddressSanitizer to watch.
struct Copies {
  explicit Copies(const DebugSections& sections)
      : entries(sections.entries.begin(), sections.entries.end()),
        abbreviations(sections.abbreviations.begin(), sections.abbreviations.end()),
        range_lists(sections.range_lists.begin(), sections.range_lists.end()),
        changed(sections) {
    changed.entries = entries;
    changed.abbreviations = abbreviations;
    changed.range_lists = range_lists;
  }

  std::vector<std::uint8_t> entries;
  std::vector<std::uint8_t> abbreviations;
  std::vector<std::uint8_t> range_lists;
  DebugSections changed;
};

TEST(FunctionAt, DamagedSectionsEndTheSearchAndNothingElse) {
  const Module& module = own_module();
  const DebugSections& sections = debug_sections(module);
  const std::uint64_t pc = captured - module.bias;
  std::uint64_t random = 42;
  const auto below = [&random](std::size_t end) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(random >> 33) % end;
  };
  for (int round = 0; round < 40; ++round) {
    Copies copies(sections);
    for (int change = 0; change < 50; ++change) {
      copies.entries[below(copies.entries.size())] = static_cast<std::uint8_t>(below(256));
      copies.abbreviations[below(copies.abbreviations.size())] = static_cast<std::uint8_t>(below(256));
      if (!copies.range_lists.empty()) copies.range_lists[below(copies.range_lists.size())] ^= 0x11;
    }
    (void)find_function(copies.changed, pc);
  }
}

TEST(FunctionAt, SectionsCutOffAnywhereEndTheSearch) {
  const Module& module = own_module();
  const DebugSections& sections = debug_sections(module);
  Copies copies(sections);
  for (std::size_t size = copies.entries.size(); size > 10; size = size * 3 / 4) {
    copies.entries.resize(size);
    copies.entries.shrink_to_fit();
    copies.changed.entries = copies.entries;
    (void)find_function(copies.changed, captured - module.bias);
  }
}

}  // namespace
}  // namespace allot::sys
