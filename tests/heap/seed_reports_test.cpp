// The programs every introduction to explicit allocators shows, with their mistakes, and what is printed about them.
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <string_view>

#include "allot/core/report_text.hpp"
#include "allot/heap/general_purpose_allocator.hpp"

namespace allot {
namespace {

using Gpa = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = true}>;

/// Collects the text of all reports; addresses become 0x, thread numbers N, this file's path its name;
/// columns and carets, which differ between compilers, go.
class ReportTexts {
 public:
  CheckedHeapOptions options() {
    CheckedHeapOptions options;
    options.handler = {this, &take};
    return options;
  }

  [[nodiscard]] std::string text() const {
    std::string text = std::regex_replace(text_, std::regex("0x[0-9a-f]+"), "0x");
    text = std::regex_replace(text, std::regex("thread [0-9]+"), "thread N");
    text = std::regex_replace(text, std::regex("[^ ]*seed_reports_test.cpp"), "seed_reports_test.cpp");
    text = std::regex_replace(text, std::regex("(:[0-9]+):[0-9]+: in"), "$1: in");
    return std::regex_replace(text, std::regex("\n +\\^\n"), "\n");
  }

 private:
  static void take(void* context, const Report& report) noexcept {
    static char memory[64 * 1024];
    BufferSink buffer(memory, sizeof memory);
    write_report(buffer.sink(), report, {symbolizing_trace_writer(false), false});
    static_cast<ReportTexts*>(context)->text_ += buffer.view();
  }

  std::string text_;
};

/// A line of a trace in this file, and the source line under it.
std::string frame(int line, std::string_view function, std::string_view source) {
  return "    seed_reports_test.cpp:" + std::to_string(line) + ": in " + std::string(function) + "\n        " +
         std::string(source) + "\n";
}

/// Whether `parts` occur one after the other; carets between them do not matter.
void expect_in_order(const std::string& text, std::initializer_list<std::string> parts) {
  std::size_t at = 0;
  for (const std::string& part : parts) {
    const std::size_t found = text.find(part, at);
    ASSERT_NE(found, std::string::npos) << "missing:\n" << part << "in:\n" << text;
    at = found + part.size();
  }
}

constexpr int double_free_line = __LINE__ + 2;
ALLOT_NOINLINE void double_free(Allocator allocator) {
  auto numbers = allocator.alloc<std::size_t>(4).value();
  allocator.free(numbers);
  allocator.free(numbers);
  asm volatile("");  // the second free is no tail call, which would leave no frame of this function
}

TEST(SeedReports, DoubleFree) {
  ReportTexts texts;
  Gpa gpa(texts.options());
  double_free(gpa.allocator());
  expect_in_order(
      texts.text(),
      {"error(gpa): double free: the block of 32 bytes at 0x was freed before\n",
       "  this free, by thread N:\n" +
           frame(double_free_line + 2, "allot::(anonymous namespace)::double_free", "allocator.free(numbers);"),
       "  freed, by thread N:\n" +
           frame(double_free_line + 1, "allot::(anonymous namespace)::double_free", "allocator.free(numbers);"),
       "  allocated, by thread N:\n" + frame(double_free_line, "allot::(anonymous namespace)::double_free",
                                             "auto numbers = allocator.alloc<std::size_t>(4).value();"),
       "  help: free a block once"});
}

constexpr int alloc_lower_line = __LINE__ + 2;
ALLOT_NOINLINE Result<std::span<char>> alloc_lower(Allocator allocator, std::string_view text) {
  auto lower = allocator.alloc<char>(text.size());
  for (std::size_t i = 0; lower.has_value() && i < text.size(); ++i) (*lower)[i] = static_cast<char>(text[i] | 32);
  return lower;
}

constexpr int is_special_line = __LINE__ + 2;
ALLOT_NOINLINE bool is_special(Allocator allocator, std::string_view name) {
  auto lower = alloc_lower(allocator, name).value();
  return std::string_view(lower.data(), lower.size()) == "admin";
}

TEST(SeedReports, LeakOfAllocLower) {
  ReportTexts texts;
  Gpa gpa(texts.options());
  EXPECT_TRUE(is_special(gpa.allocator(), "ADMIN"));
  EXPECT_FALSE(is_special(gpa.allocator(), "Leto"));
  EXPECT_EQ(gpa.deinit(), Check::leak);
  const std::string trace = "  allocated, by thread N:\n" +
                            frame(alloc_lower_line, "allot::(anonymous namespace)::alloc_lower",
                                  "auto lower = allocator.alloc<char>(text.size());") +
                            frame(is_special_line, "allot::(anonymous namespace)::is_special",
                                  "auto lower = alloc_lower(allocator, name).value();");
  expect_in_order(texts.text(), {"error(gpa): leak: the block of 5 bytes at 0x was never freed\n" + trace,
                                 "error(gpa): leak: the block of 4 bytes at 0x was never freed\n" + trace,
                                 "error(gpa): leaked in all: 2 blocks, 9 bytes, allocated in 2 places\n"});
}

/// The list of the seed text, its bug included: `add` forgets to free the old items.
class IntList {
 public:
  explicit IntList(Allocator allocator) : allocator_(allocator), items_(first_items(allocator)) {}
  static constexpr int first_line = __LINE__ + 2;
  ALLOT_NOINLINE static std::span<long> first_items(Allocator allocator) {
    auto items = allocator.alloc<long>(4).value();
    return items;
  }
  ~IntList() { allocator_.free(items_); }
  static constexpr int add_line = __LINE__ + 3;
  ALLOT_NOINLINE void add(long value) {
    if (used_ == items_.size()) {
      auto larger = allocator_.alloc<long>(used_ * 2).value();
      std::copy(items_.begin(), items_.end(), larger.begin());
      items_ = larger;
    }
    items_[used_++] = value;
  }

 private:
  Allocator allocator_;
  std::span<long> items_;
  std::size_t used_ = 0;
};

TEST(SeedReports, LeaksOfIntList) {
  ReportTexts texts;
  Gpa gpa(texts.options());
  {
    IntList list(gpa.allocator());
    for (int i = 0; i < 10; ++i) list.add(i);
  }
  EXPECT_EQ(gpa.deinit(), Check::leak);
  expect_in_order(texts.text(),
                  {"error(gpa): leak: the block of 64 bytes at 0x was never freed\n  allocated, by thread N:\n",
                   frame(IntList::add_line, "allot::(anonymous namespace)::IntList::add",
                         "auto larger = allocator_.alloc<long>(used_ * 2).value();"),
                   "error(gpa): leak: the block of 32 bytes at 0x was never freed\n  allocated, by thread N:\n",
                   frame(IntList::first_line, "allot::(anonymous namespace)::IntList::first_items",
                         "auto items = allocator.alloc<long>(4).value();"),
                   "error(gpa): leaked in all: 2 blocks, 96 bytes, allocated in 2 places\n"});
}

TEST(SeedReportsDeathTest, TheDefaultHandlerPrintsAndAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Gpa gpa;
        double_free(gpa.allocator());
        std::fputs("This won't get printed\n", stderr);
        std::exit(0);
      },
      "double free: the block of 32 bytes");
}

TEST(SeedReportsDeathTest, TheDefaultHandlerOnlyPrintsLeaks) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        Gpa gpa;
        (void)is_special(gpa.allocator(), "ADMIN");
        (void)gpa.deinit();
        std::exit(7);
      },
      testing::ExitedWithCode(7), "leak: the block of 5 bytes");
}

}  // namespace
}  // namespace allot
