// Everything {fmt} can be asked for, through every function here: the same bytes as {fmt}'s own, in a buffer of every
// size, and not a byte beside it.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "allot/format/print.hpp"
#include "allot/io.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

/// Room of `size` bytes that knows whether anybody wrote beside it.
class GuardedRoom {
 public:
  explicit GuardedRoom(std::size_t size) : bytes_(size + 2 * guard, '#'), size_(size) {}
  [[nodiscard]] std::span<char> room() { return {bytes_.data() + guard, size_}; }
  [[nodiscard]] std::string_view text() const { return std::string_view(bytes_).substr(guard, size_); }
  [[nodiscard]] bool untouched_around() const {
    const std::string clean(guard, '#');
    return bytes_.compare(0, guard, clean) == 0 && bytes_.compare(guard + size_, guard, clean) == 0;
  }

 private:
  static constexpr std::size_t guard = 32;
  std::string bytes_;
  std::size_t size_;
};

/// Sizes below `size` to try: all of them for short texts.
std::vector<std::size_t> smaller_sizes(std::size_t size) {
  std::vector<std::size_t> sizes;
  const std::size_t step = size / 7 + 1;
  for (std::size_t smaller = 0; smaller < size; smaller += step) sizes.push_back(smaller);
  if (size != 0) sizes.push_back(size - 1);
  return sizes;
}

std::string_view view(std::span<const char> text) {
  return {text.data(), text.size()};
}

class Differential : public testing::Test {
 protected:
  template <class... T>
  void check_buffers(std::string_view expected, std::string_view format, const T&... values) {
    for (const std::size_t more : {0U, 1U, 100U}) {
      GuardedRoom buffer(expected.size() + more);
      ASSERT_EQ(view(buf_print(buffer.room(), fmt::runtime(format), values...).value()), expected);
      ASSERT_TRUE(buffer.untouched_around());
      GuardedRoom with_zero(expected.size() + more + 1);
      const ZString text = buf_print_z(with_zero.room(), fmt::runtime(format), values...).value();
      ASSERT_EQ(std::string_view(text.data(), text.size() + 1), std::string(expected) + '\0');
      ASSERT_TRUE(with_zero.untouched_around());
    }
    for (const std::size_t size : smaller_sizes(expected.size())) {
      GuardedRoom buffer(size);
      ASSERT_EQ(buf_print(buffer.room(), fmt::runtime(format), values...).error(), IoErrorKind::no_space_left);
      ASSERT_EQ(buffer.text(), expected.substr(0, size));
      ASSERT_TRUE(buffer.untouched_around());
      GuardedRoom with_zero(size + 1);
      ASSERT_EQ(buf_print_z(with_zero.room().first(size), fmt::runtime(format), values...).error(),
                IoErrorKind::no_space_left);
      ASSERT_TRUE(with_zero.untouched_around());
      ASSERT_EQ(with_zero.text()[size], '#');
    }
  }

  template <class... T>
  void check_blocks(std::string_view expected, std::string_view format, const T&... values) {
    test::RecordingAllocator memory;
    const std::span<char> text = alloc_print(memory.allocator(), fmt::runtime(format), values...).value();
    EXPECT_EQ(view(text), expected);
    memory.allocator().free(text);
    const ZString with_zero = alloc_print_z(memory.allocator(), fmt::runtime(format), values...).value();
    EXPECT_EQ(std::string_view(with_zero.data(), with_zero.size() + 1), std::string(expected) + '\0');
    memory.allocator().free(with_zero);
    EXPECT_EQ(memory.live_blocks(), 0U);
    EXPECT_EQ(count(fmt::runtime(format), values...), expected.size());
  }

  template <class... T>
  void check_writers(std::string_view expected, std::string_view format, const T&... values) {
    test::RecordingAllocator memory;
    for (const std::size_t capacity : {0U, 1U, 7U, 64U, 600U}) {
      io::AllocatingWriter target(memory.allocator());
      std::string storage(capacity, '?');
      io::BufferedWriter out(target.writer(), storage);
      ASSERT_TRUE(out.writer().write("<").has_value());
      ASSERT_TRUE(print(out.writer(), fmt::runtime(format), values...).has_value());
      ASSERT_TRUE(out.writer().write(">").has_value());
      ASSERT_TRUE(out.writer().flush().has_value());
      ASSERT_EQ(target.text(), "<" + std::string(expected) + ">");
    }
    for (const std::size_t size : smaller_sizes(expected.size())) {
      GuardedRoom room(size);
      io::FixedWriter out(room.room());
      ASSERT_EQ(print(out.writer(), fmt::runtime(format), values...).error(), IoErrorKind::no_space_left);
      ASSERT_EQ(out.text(), expected.substr(0, size));
      ASSERT_TRUE(room.untouched_around());
    }
  }

  template <class... T>
  void expect_refused(std::string_view format, const T&... values) {
    GuardedRoom buffer(64);
    ASSERT_EQ(buf_print(buffer.room(), fmt::runtime(format), values...).error(), IoErrorKind::invalid_format);
    ASSERT_TRUE(buffer.untouched_around());
    io::FixedWriter out(buffer.room());
    ASSERT_EQ(print(out.writer(), fmt::runtime(format), values...).error(), IoErrorKind::invalid_format);
    ++refused_;
  }

  /// All functions with the format and values, against {fmt} or against its refusal.
  template <class... T>
  void expect_same(const std::string& format, const T&... values) {
    SCOPED_TRACE(format);
    std::string expected;
    try {
      expected = fmt::format(fmt::runtime(format), values...);
    } catch (const fmt::format_error&) {
      return expect_refused(format, values...);
    }
    check_buffers(expected, format, values...);
    check_blocks(expected, format, values...);
    check_writers(expected, format, values...);
    ++compared_;
  }

  /// One value under every combination of alignment, sign, width, precision and type that is listed.
  template <class T>
  void expect_same_under(const std::vector<std::string>& types, const std::vector<std::string>& precisions,
                         const std::vector<T>& values) {
    for (const char* const align : {"", "*^", "é>", "="}) {
      for (const char* const sign : {"", " ", "#", "+#0"}) {
        for (const char* const width : {"", "9"}) {
          for (const std::string& precision : precisions) {
            for (const std::string& type : types) {
              const std::string spec = std::string(align) + sign + width + precision + type;
              expect_same("{:" + spec + "}", values[spec_count_++ % values.size()]);
            }
          }
        }
      }
    }
    for (const T& value : values) {
      for (const std::string& type : types) expect_same("{:" + type + "}|{:>40" + type + "}", value, value);
    }
  }

  void expect_counts(int compared, int refused) const {
    EXPECT_GE(compared_, compared);
    EXPECT_GE(refused_, refused);
  }

 private:
  int compared_ = 0;
  int refused_ = 0;
  std::size_t spec_count_ = 0;
};

TEST_F(Differential, Integers) {
  const std::vector<std::string> types = {"", "d", "x", "X", "b", "B", "o", "c", "s", "L"};
  expect_same_under<int>(types, {""}, {0, 1, -1, 42, 'x', -123456, INT32_MAX, INT32_MIN});
  expect_same_under<std::uint64_t>(types, {""}, {0, 65, 1000000007, UINT64_MAX});
  expect_same_under<signed char>({"", "d", "x", "o"}, {""}, {0, 127, -128});
  expect_counts(300, 50);
}

TEST_F(Differential, IntegersOf128Bits) {
  __extension__ using Wide = __int128;
  expect_same("{} {:x} {:>50d} {:#b}", Wide{1} << 100, Wide{1} << 100, -(Wide{1} << 100), Wide{5});
  expect_counts(1, 0);
}

TEST_F(Differential, FloatingPointNumbers) {
  using Limits = std::numeric_limits<double>;
  const std::vector<std::string> types = {"", "e", "E", "f", "F", "g", "G", "a", "A", "d"};
  const std::vector<std::string> precisions = {"", ".0", ".3", ".17"};
  expect_same_under<double>(types, precisions,
                            {0.0, -0.0, 1.0, 0.1, -2.5, 1e22, 1e-7, 123456.789, 1e300, Limits::denorm_min(),
                             Limits::max(), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()});
  expect_same_under<float>({"", "e", "f", "g", "a"}, {"", ".2"}, {0.1F, 3.4e38F, 1e-45F, 16777216.0F});
  expect_same("{} {:.30g} {:a} {:Lf}", 0.1L, 1e4000L, 2.5L, 1.5L);
  expect_counts(800, 50);
}

TEST_F(Differential, TextOfEveryKind) {
  const std::vector<std::string> values = {
      "", "text", std::string("a\0b\0", 4), "naïve 名前 😀", "\"quoted\" \\ \n\t", std::string(30, 'l')};
  expect_same_under<std::string>({"", "s", "?", "d"}, {"", ".0", ".3", ".7"}, values);
  std::vector<std::string_view> views(values.begin(), values.end());
  expect_same_under<std::string_view>({"", "s"}, {".2"}, views);
  expect_same("{} {:>8} {:.2}", "literal", "right", "cut");
  expect_same("{}{:^600}{}", "before", "middle", "behind");
  const char* const c_string = "C string";
  expect_same("{:_^20}", c_string);
  expect_same("{{}} {} }}{{", 1);
  expect_counts(90, 20);
}

TEST_F(Differential, CharactersBooleansAndPointers) {
  expect_same_under<char>({"", "c", "d", "x", "?", "s"}, {""}, {'a', '\0', '\n', '\'', '~'});
  expect_same_under<bool>({"", "s", "d", "x", "b"}, {""}, {true, false});
  int object = 0;
  expect_same_under<const void*>({"", "p", "d"}, {""}, {&object, nullptr, reinterpret_cast<const void*>(UINTPTR_MAX)});
  expect_same("{}", nullptr);
  expect_counts(80, 30);
}

TEST_F(Differential, WidthsAndPrecisionsFromArguments) {
  for (const int width : {0, 1, 5, 30, 700}) {
    expect_same("{:{}}", 42, width);
    expect_same("{:*<{}x}|", 48879, width);
    expect_same("{:{}}", "text", width);
    expect_same("{:.{}}", "a longer text", width);
    expect_same("{:{}.{}f}", 3.14159, width, width % 20);
    expect_same("{1:{0}} {1:>{0}}", width, 7);
  }
  expect_same("{:{}}", 42, -1);
  expect_same("{:.{}f}", 1.5, -1);
  expect_same("{:{}}", 42, INT64_MAX);
  expect_same("{:{}}", 42, "text");
  expect_counts(30, 4);
}

TEST_F(Differential, ArgumentsByPositionAndName) {
  expect_same("{2} {0} {1} {0}", 1, "two", 3.5);
  expect_same("{name} {count:>5} {name:.1}", fmt::arg("name", "Leto"), fmt::arg("count", 3));
  expect_same("{0} {}", 1, 2);
  expect_same("{3}", 1);
  expect_same("{", 1);
  expect_same("}", 1);
  expect_same("{:q}", 1);
  expect_counts(2, 5);
}

TEST_F(Differential, RangesTuplesAndMaps) {
  const std::vector<int> numbers = {1, -2, 30000};
  expect_same("{} {::x} {:n}", numbers, numbers, numbers);
  expect_same("{}", std::vector<std::string>{"a", "b\"c", ""});
  expect_same("{} {}", std::vector<int>{}, std::array<double, 3>{0.5, 1e100, -0.0});
  expect_same("{}", std::map<std::string, std::vector<int>>{{"one", {1}}, {"none", {}}});
  expect_same("{}", std::tuple<int, std::string, double>{1, "two", 3.5});
  expect_same("{}", fmt::join(numbers, ", "));
  expect_same("{:>6}", fmt::join(numbers, "|"));
  expect_same("{}", std::vector<std::vector<int>>(40, numbers));
  expect_counts(8, 0);
}

}  // namespace
}  // namespace allot
