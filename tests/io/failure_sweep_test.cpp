// Every function of the layer that allocates, with each of its allocations failing.
#include "support/failure_sweep.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "allot/containers/array_list.hpp"
#include "allot/io/allocating_writer.hpp"
#include "allot/io/buffered_writer.hpp"
#include "allot/io/fixed_reader.hpp"
#include "allot/io/list_writer.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::expect_every_failure_survived;

/// Writes more than the first block holds, and checks after each write that what was reported as written is there.
IoResult<void> write_lines(io::Writer out, const io::AllocatingWriter& collected) {
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    const std::string line = "line " + std::to_string(i) + std::string(static_cast<std::size_t>(i), '.');
    const IoResult<void> written = i % 5 == 4 ? out.write_repeated('x', 90) : out.write(line);
    const std::string_view text = collected.text();
    EXPECT_EQ(text.substr(0, expected.size()), expected);
    if (!written.has_value()) return written;
    expected += i % 5 == 4 ? std::string(90, 'x') : line;
    EXPECT_EQ(collected.text(), expected);
  }
  return {};
}

TEST(IoFailures, AllocatingWriterKeepsWhatWasWritten) {
  expect_every_failure_survived([](Allocator allocator) -> IoResult<void> {
    io::AllocatingWriter out(allocator);
    return write_lines(out.writer(), out);
  });
}

TEST(IoFailures, AllocatingWriterHandsOverOrKeeps) {
  expect_every_failure_survived([](Allocator allocator) -> Result<void> {
    char first[16];
    io::AllocatingWriter out(allocator, first);
    if (!out.writer().write("longer than the sixteen bytes at first").has_value())
      return Unexpected(AllocError::out_of_memory);
    const auto slice = out.to_owned_slice();
    if (!slice.has_value()) {
      EXPECT_EQ(out.text(), "longer than the sixteen bytes at first");
      return Unexpected(slice.error());
    }
    allocator.free(*slice);
    return {};
  });
  expect_every_failure_survived([](Allocator allocator) -> Result<void> {
    io::AllocatingWriter out(allocator);
    if (!out.reserve(3).has_value() || !out.writer().write("abc").has_value())
      return Unexpected(AllocError::out_of_memory);
    const auto text = out.to_owned_slice_z();
    if (!text.has_value()) {
      EXPECT_EQ(out.text(), "abc");
      return Unexpected(text.error());
    }
    EXPECT_EQ(std::string_view(text->data(), text->size()), "abc");
    allocator.free(*text);
    return {};
  });
}

TEST(IoFailures, WriterToAListKeepsWhatWasWritten) {
  expect_every_failure_survived([](Allocator allocator) -> IoResult<void> {
    ArrayList<char> list(allocator);
    io::ListWriter out = io::writer(list);
    for (int i = 0; i < 50; ++i) {
      const IoResult<void> written = out.writer().write("0123456789");
      if (!written.has_value()) return written;
    }
    return out.writer().flush();
  });
}

TEST(IoFailures, BufferedWriterTellsOfEveryLossAndRepeatsNothing) {
  expect_every_failure_survived([](Allocator allocator) -> IoResult<void> {
    io::AllocatingWriter destination(allocator);
    char buffer[32];
    io::BufferedWriter out(destination.writer(), buffer);
    std::string expected;
    IoResult<void> status;
    for (int i = 0; i < 60 && status.has_value(); ++i) {
      expected += std::to_string(i) + ",";
      status = out.writer().write(std::to_string(i) + ",");
    }
    if (status.has_value()) status = out.writer().flush();
    EXPECT_EQ(destination.text(), expected.substr(0, destination.text().size()));
    EXPECT_TRUE(!status.has_value() || destination.text() == expected);
    return status;
  });
}

TEST(IoFailures, BufferedWriterGoesOnAfterEachFailure) {
  test::RecordingAllocator memory;
  io::AllocatingWriter destination(memory.allocator());
  char buffer[32];
  io::BufferedWriter out(destination.writer(), buffer);
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string text = std::to_string(i) + ",";
    expected += text;
    std::string_view left = text;
    memory.fail_always(i % 3 != 0);
    for (int attempt = 0; !out.writer().write_from(left).has_value(); ++attempt) memory.fail_always(attempt < 2);
  }
  memory.fail_always(false);
  ASSERT_TRUE(out.writer().flush().has_value());
  EXPECT_EQ(destination.text(), expected);
}

TEST(IoFailures, ReadAllFreesWhatItRead) {
  expect_every_failure_survived([](Allocator allocator) -> IoResult<void> {
    const std::string text(5000, 't');
    io::FixedReader in(text);
    const auto all = in.reader().read_all(allocator);
    if (!all.has_value()) return Unexpected(all.error());
    EXPECT_EQ(std::string_view(all->data(), all->size()), text);
    allocator.free(*all);
    return {};
  });
}

}  // namespace
}  // namespace allot
