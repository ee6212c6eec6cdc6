// Every function of the layer that allocates, with each of its allocations failing.
#include "support/failure_sweep.hpp"

#include <gtest/gtest.h>

#include <string>

#include "allot/format.hpp"
#include "allot/io/allocating_writer.hpp"

namespace allot {
namespace {

using test::expect_every_failure_survived;

// Short text, text that is formatted twice because it is long, and the one in between.
TEST(FormatFailures, AllocPrintLeaksNothing) {
  for (const int width : {1, 200, 1000, 5000}) {
    expect_every_failure_survived([&](Allocator allocator) -> Result<void> {
      const auto text = alloc_print(allocator, "{:>{}}|{}", 7, width, "end");
      if (!text.has_value()) return Unexpected(text.error());
      EXPECT_EQ(text->size(), static_cast<std::size_t>(width) + 4);
      allocator.free(*text);
      return {};
    });
    expect_every_failure_survived([&](Allocator allocator) -> Result<void> {
      const auto text = alloc_print_z(allocator, "{:>{}}|{}", 7, width, "end");
      if (!text.has_value()) return Unexpected(text.error());
      EXPECT_EQ(text->data()[text->size()], '\0');
      allocator.free(*text);
      return {};
    });
  }
}

TEST(FormatFailures, PrintToAnAllocatingWriterKeepsWhatWasWritten) {
  expect_every_failure_survived([](Allocator allocator) -> IoResult<void> {
    io::AllocatingWriter out(allocator);
    std::string expected;
    for (int i = 0; i < 50; ++i) {
      const IoResult<void> printed = print(out.writer(), "{} and {:>{}};", i, "text", i);
      EXPECT_EQ(out.text().substr(0, expected.size()), expected);
      if (!printed.has_value()) return printed;
      expected = out.text();
    }
    return {};
  });
}

}  // namespace
}  // namespace allot
