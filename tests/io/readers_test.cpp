#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "allot/base/try.hpp"
#include "allot/io.hpp"
#include "allot/io/reader.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

/// Gives its text out in small pieces, then fails if told to.
class ScriptedReader : public io::PinnedReader<ScriptedReader> {
 public:
  ScriptedReader(std::string text, std::size_t piece, std::span<char> buffer)
      : PinnedReader(buffer.data(), buffer.size()), text_(std::move(text)), piece_(piece) {}
  IoResult<std::size_t> raw_read(char* destination, std::size_t size) noexcept {
    if (at_ == text_.size() && fails) return Unexpected(IoErrorKind::read_failed);
    const std::size_t count = text_.copy(destination, size < piece_ ? size : piece_, at_);
    at_ += count;
    return count;
  }
  bool fails = false;

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

TEST(FixedReader, ReadsWhatItWasGiven) {
  io::FixedReader in("abcdef");
  EXPECT_EQ(in.reader().take_byte().value(), 'a');
  EXPECT_EQ(in.reader().peek(2).value(), "bc");
  EXPECT_EQ(in.reader().take(3).value(), "bcd");
  EXPECT_EQ(in.reader().take(3).error(), IoErrorKind::end_of_stream);
  EXPECT_EQ(in.reader().take(2).value(), "ef");
  EXPECT_EQ(in.reader().take_byte().error(), IoErrorKind::end_of_stream);
}

TEST(FixedReader, OfNothingIsAtItsEnd) {
  io::FixedReader in("");
  char one[1];
  EXPECT_EQ(in.reader().read(one).value(), 0U);
  EXPECT_EQ(in.reader().take_line().value(), std::nullopt);
  EXPECT_EQ(in.reader().peek(1).error(), IoErrorKind::end_of_stream);
}

TEST(Reader, SplitsLinesWhateverThePieces) {
  for (std::size_t piece = 1; piece < 12; ++piece) {
    char buffer[6];
    ScriptedReader in("one\n\nthree\nlast", piece, buffer);
    EXPECT_EQ(in.reader().take_line().value(), "one");
    EXPECT_EQ(in.reader().take_line().value(), "");
    EXPECT_EQ(in.reader().take_line().value(), "three");
    EXPECT_EQ(in.reader().take_line().value(), "last");
    EXPECT_EQ(in.reader().take_line().value(), std::nullopt);
  }
}

TEST(Reader, SaysThatALineIsLongerThanItsBuffer) {
  char buffer[4];
  ScriptedReader in("abcdefgh\n", 3, buffer);
  EXPECT_EQ(in.reader().take_line().error(), IoErrorKind::limit_exceeded);
  EXPECT_EQ(in.reader().buffered(), "abcd");
  EXPECT_EQ(in.reader().peek(5).error(), IoErrorKind::limit_exceeded);
}

TEST(Reader, ReadsExactlyAcrossPieces) {
  char buffer[4];
  ScriptedReader in("0123456789", 3, buffer);
  char first[7];
  ASSERT_TRUE(in.reader().read_exact(first).has_value());
  EXPECT_EQ(std::string_view(first, 7), "0123456");
  EXPECT_EQ(in.reader().read_exact(first).error(), IoErrorKind::end_of_stream);
}

TEST(Reader, SkipsAcrossPieces) {
  char buffer[4];
  ScriptedReader in("0123456789", 3, buffer);
  ASSERT_TRUE(in.reader().skip(0).has_value());
  ASSERT_TRUE(in.reader().skip(7).has_value());
  EXPECT_EQ(in.reader().take_byte().value(), '7');
  EXPECT_EQ(in.reader().skip(3).error(), IoErrorKind::end_of_stream);
}

TEST(Reader, HandsTheSourcesErrorOn) {
  char buffer[4];
  ScriptedReader in("ab", 3, buffer);
  in.fails = true;
  EXPECT_EQ(in.reader().take(2).value(), "ab");
  EXPECT_EQ(in.reader().take_byte().error(), IoErrorKind::read_failed);
}

TEST(Reader, ReadsEverythingIntoOneBlock) {
  test::RecordingAllocator memory;
  const std::string text(5000, 'q');
  char buffer[64];
  ScriptedReader in(text, 100, buffer);
  const std::span<char> all = in.reader().read_all(memory.allocator()).value();
  EXPECT_EQ(std::string_view(all.data(), all.size()), text);
  memory.allocator().free(all);
}

TEST(Reader, StopsReadingEverythingAtTheLimit) {
  test::RecordingAllocator memory;
  char buffer[64];
  ScriptedReader exact(std::string(1000, 'q'), 100, buffer);
  const std::span<char> all = exact.reader().read_all(memory.allocator(), 1000).value();
  memory.allocator().free(all);
  ScriptedReader more(std::string(1001, 'q'), 100, buffer);
  EXPECT_EQ(more.reader().read_all(memory.allocator(), 1000).error(), IoErrorKind::limit_exceeded);
}

TEST(Reader, ReadsEverythingOrLeaksNothing) {
  for (std::size_t successes = 0;; ++successes) {
    test::RecordingAllocator memory;
    memory.set_remap(test::RecordingAllocator::Remap::refuse);
    memory.fail_after(successes);
    io::FixedReader in("a text that is read into a block of its own");
    const IoResult<std::span<char>> all = in.reader().read_all(memory.allocator());
    if (all.has_value()) {
      memory.allocator().free(*all);
      if (successes > 3) break;
    } else {
      EXPECT_EQ(all.error(), IoErrorKind::out_of_memory);
    }
  }
}

TEST(Reader, StreamsToAWriter) {
  char buffer[7];
  ScriptedReader in("0123456789", 3, buffer);
  EXPECT_EQ(in.reader().take_byte().value(), '0');
  char target[16];
  io::FixedWriter out(target);
  EXPECT_EQ(in.reader().stream_to(out.writer()).value(), 9U);
  EXPECT_EQ(out.text(), "123456789");
}

TEST(Reader, GoesOnStreamingWhereTheWriterFailed) {
  char buffer[7];
  ScriptedReader in("0123456789", 3, buffer);
  char target[4];
  std::string arrived;
  for (bool done = false; !done;) {
    io::FixedWriter out(target);
    done = in.reader().stream_to(out.writer()).has_value();
    arrived += out.text();
  }
  EXPECT_EQ(arrived, "0123456789");
}

TEST(FileReader, ReadsThroughItsBufferAndPastIt) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const io::File from(ends[0]);
  io::File to(ends[1]);
  ASSERT_EQ(::write(to.descriptor(), "0123456789abcdef", 16), 16);
  ASSERT_TRUE(to.close().has_value());
  char buffer[4];
  io::FileReader in(from.descriptor(), buffer);
  EXPECT_EQ(in.reader().take_byte().value(), '0');
  char large[12];
  ASSERT_TRUE(in.reader().read_exact(large).has_value());
  EXPECT_EQ(std::string_view(large, 12), "123456789abc");
  EXPECT_EQ(in.reader().take(3).value(), "def");
  EXPECT_EQ(in.reader().take_byte().error(), IoErrorKind::end_of_stream);
}

TEST(FileReader, ReportsAClosedDescriptor) {
  char buffer[4];
  io::FileReader in(-1, buffer);
  EXPECT_EQ(in.reader().take_byte().error(), IoErrorKind::bad_descriptor);
  io::FileReader unbuffered(-1, {});
  EXPECT_EQ(unbuffered.reader().take_line().error(), IoErrorKind::limit_exceeded);
}

}  // namespace
}  // namespace allot
