#include "allot/format/print.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <climits>
#include <limits>
#include <stdexcept>
#include <string>

#include "allot/containers/array_list.hpp"
#include "allot/containers/owned_slice.hpp"
#include "allot/io.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

struct Throwing {
  bool out_of_memory;
};
template <>
struct fmt::formatter<Throwing> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const Throwing& value, Context& context) const {
    if (value.out_of_memory) throw std::bad_alloc();
    throw std::runtime_error("no");
    return context.out();
  }
};

namespace allot {
namespace {

std::string_view view(std::span<const char> text) {
  return {text.data(), text.size()};
}

TEST(AllocPrint, MakesOneBlockOfTheExactSize) {
  test::RecordingAllocator memory;
  const std::span<char> text = alloc_print(memory.allocator(), "It's over {}!!!", 9000).value();
  EXPECT_EQ(view(text), "It's over 9000!!!");
  EXPECT_EQ(memory.calls(), (test::RecordingAllocator::Calls{.alloc = 1}));
  EXPECT_EQ(memory.live_bytes(), 17U);
  memory.allocator().free(text);
}

TEST(AllocPrint, MakesLongTextsToo) {
  for (std::size_t length : {511U, 512U, 513U, 100000U}) {
    test::RecordingAllocator memory;
    const std::string long_text(length, 'x');
    const std::span<char> text = alloc_print(memory.allocator(), "{}", long_text).value();
    EXPECT_EQ(view(text), long_text);
    EXPECT_EQ(memory.calls(), (test::RecordingAllocator::Calls{.alloc = 1}));
    memory.allocator().free(text);
    const ZString with_zero = alloc_print_z(memory.allocator(), "{}", long_text).value();
    EXPECT_EQ(std::string(with_zero.c_str()), long_text);
    memory.allocator().free(with_zero);
  }
}

TEST(AllocPrint, AllocatesNothingForNoText) {
  test::RecordingAllocator memory;
  const std::span<char> text = alloc_print(memory.allocator(), "{}", "").value();
  EXPECT_EQ(text.size(), 0U);
  EXPECT_EQ(memory.calls().alloc, 0U);
  memory.allocator().free(text);
}

TEST(AllocPrint, SaysWhenMemoryIsOut) {
  test::RecordingAllocator memory;
  memory.fail_always();
  EXPECT_EQ(alloc_print(memory.allocator(), "{}", 1).error(), AllocError::out_of_memory);
  EXPECT_EQ(alloc_print(memory.allocator(), "{:1000}", 1).error(), AllocError::out_of_memory);
  EXPECT_EQ(alloc_print_z(memory.allocator(), "{}", 1).error(), AllocError::out_of_memory);
  EXPECT_EQ(alloc_print_z(memory.allocator(), "{:1000}", 1).error(), AllocError::out_of_memory);
}

TEST(AllocPrint, TakesSlicesOfCharAsText) {
  test::RecordingAllocator memory;
  const std::span<char> inner = alloc_print(memory.allocator(), "in").value();
  const ZString inner_z = alloc_print_z(memory.allocator(), "z").value();
  const std::span<char> outer =
      alloc_print(memory.allocator(), "{}{:>3}{}", inner, inner_z, std::span<const char>("ab", 2)).value();
  EXPECT_EQ(view(outer), "in  zab");
  memory.allocator().free(outer);
  memory.allocator().free(inner_z);
  memory.allocator().free(inner);
}

TEST(AllocPrint, TakesListsOfCharAsText) {
  test::RecordingAllocator recording;
  ArrayList<char> list(recording.allocator());
  ASSERT_TRUE(list.append_slice("spice"));
  const OwnedSlice<char> slice = OwnedSlice<char>::copy_of(recording.allocator(), std::string_view("worm")).value();
  char buffer[32];
  EXPECT_EQ(std::string_view(buf_print(buffer, "{:>6}|{}", list, slice)->data(), 11), " spice|worm");
}

TEST(BufPrint, SaysHelloToLeto) {
  char buffer[100];
  EXPECT_EQ(view(buf_print(buffer, "Hello {}", "Leto").value()), "Hello Leto");
}

TEST(BufPrint, FitsExactlyOrNotAtAll) {
  char exact[10];
  EXPECT_EQ(view(buf_print(exact, "Hello {}", "Leto").value()), "Hello Leto");
  char small[8];
  EXPECT_EQ(buf_print(small, "Hello {}", "Leto").error(), IoErrorKind::no_space_left);
  EXPECT_EQ(view(small), "Hello Le");
  EXPECT_EQ(buf_print({}, "{}", 1).error(), IoErrorKind::no_space_left);
  EXPECT_EQ(buf_print({}, "{}", "").value().size(), 0U);
}

TEST(BufPrintZ, NeedsRoomForTheZero) {
  char exact[11];
  EXPECT_STREQ(buf_print_z(exact, "Hello {}", "Leto").value().c_str(), "Hello Leto");
  char small[10];
  EXPECT_EQ(buf_print_z(small, "Hello {}", "Leto").error(), IoErrorKind::no_space_left);
  EXPECT_STREQ(small, "Hello Let");
  EXPECT_EQ(buf_print_z({}, "").error(), IoErrorKind::no_space_left);
}

TEST(Count, MeasuresWithoutWriting) {
  EXPECT_EQ(count("Hello {}", "Leto"), 10U);
  EXPECT_EQ(count("{:100000}", 1), 100000U);
}

TEST(Print, WritesToAnyWriter) {
  for (std::size_t capacity : {0U, 5U, 100U, 2000U}) {
    std::string storage(capacity, '?');
    test::RecordingAllocator memory;
    io::AllocatingWriter target(memory.allocator());
    io::BufferedWriter out(target.writer(), storage);
    const std::string long_text(1500, 'l');
    ASSERT_TRUE(print(out.writer(), "{} {}|", 1, 2.5).has_value());
    ASSERT_TRUE(print(out.writer(), "{}|", long_text).has_value());
    ASSERT_TRUE(print(out.writer(), "{:>600}|", "r").has_value());
    ASSERT_TRUE(out.writer().flush().has_value());
    EXPECT_EQ(target.text(), "1 2.5|" + long_text + "|" + std::string(599, ' ') + "r|") << capacity;
  }
}

TEST(Print, HandsTheWritersErrorOn) {
  char buffer[4];
  io::FixedWriter out(buffer);
  EXPECT_EQ(print(out.writer(), "{}", 123456).error(), IoErrorKind::no_space_left);
  EXPECT_EQ(out.text(), "1234");
  EXPECT_EQ(print(out.writer(), "{:1000}", 1).error(), IoErrorKind::no_space_left);
}

TEST(Print, TurnsExceptionsIntoErrors) {
  char buffer[64];
  EXPECT_EQ(buf_print(buffer, "{:{}}", 1, -1).error(), IoErrorKind::invalid_format);
  EXPECT_EQ(buf_print(buffer, "{}", Throwing{false}).error(), IoErrorKind::invalid_format);
  EXPECT_EQ(buf_print(buffer, "{}", Throwing{true}).error(), IoErrorKind::out_of_memory);
  io::FixedWriter out(buffer);
  EXPECT_EQ(print(out.writer(), "{:.{}}", 1.0, -1).error(), IoErrorKind::invalid_format);
  test::RecordingAllocator memory;
  EXPECT_EQ(alloc_print(memory.allocator(), "{}", Throwing{true}).error(), AllocError::out_of_memory);
}

TEST(PrintDeathTest, AllocPrintStopsWhenFormatAndArgumentsContradict) {
  test::RecordingAllocator memory;
  EXPECT_DEATH((void)alloc_print(memory.allocator(), "{:{}}", 1, -1), "taken from an argument is out of range");
}

TEST(Print, DebugPrintWritesToStandardError) {
  testing::internal::CaptureStderr();
  debug_print("{} {}\n", 1, "two");
  debug_print("{:>600}\n", 3);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "1 two\n" + std::string(599, ' ') + "3\n");
}

TEST(Print, TouchesTheHeapForNoOrdinarySpecification) {
  char buffer[2000];
  const void* pointer = buffer;
  test::HeapTrap trap;
  (void)buf_print(buffer, "{} {:d} {:x} {:#X} {:o} {:#b} {:+} {:08} {:<12} {:^12} {:>12} {:*^20}", 1, 2, 3, 4, 5, 6, 7,
                  8, 9, 10, 11, 12);
  (void)buf_print(buffer, "{} {} {} {}", LLONG_MIN, ULLONG_MAX, 'c', true);
  (void)buf_print(buffer, "{} {:g} {:e} {:f} {:a} {:.10g} {:.17e} {:L} {:010.3f} {}", 0.1, 1e300, 1e-300, 1e300, 0.1,
                  0.1, 0.1, 1.5, 2.5, std::numeric_limits<double>::infinity());
  (void)buf_print(buffer, "{} {} {}", 0.1F, 1e-40F, 0.1L);
  (void)buf_print(buffer, "{:.400f}", 0.1);
  (void)buf_print(buffer, "{} {:>30} {:.3} {:?^40}", "text", std::string_view("view"), "cut off", "middle");
  (void)buf_print(buffer, "{} {}", pointer, nullptr);
  (void)buf_print(buffer, "{0} {1} {0} {name}", 1, 2, fmt::arg("name", 3));
  (void)buf_print(buffer, "{:{}.{}f}", 3.14159, 20, 4);
  (void)count("{:100000}", 1);
  debug_print("");
  EXPECT_EQ(trap.calls(), 0U);
}

}  // namespace
}  // namespace allot
