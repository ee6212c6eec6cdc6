#include <gtest/gtest.h>

#include <climits>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "allot/io.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

/// Takes what it is given until told to fail, and logs the sizes of the pieces.
class ScriptedWriter : public io::PinnedWriter<ScriptedWriter> {
 public:
  ScriptedWriter() : PinnedWriter(nullptr, 0) {}
  IoResult<void> raw_drain(std::string_view data) noexcept {
    if (fails) return Unexpected(IoErrorKind::write_failed);
    text += data;
    if (!data.empty()) pieces.push_back(data.size());
    return {};
  }
  IoResult<void> raw_flush() noexcept {
    ++flushes;
    return {};
  }

  std::string text;
  std::vector<std::size_t> pieces;
  int flushes = 0;
  bool fails = false;
};

TEST(FixedWriter, HoldsExactlyItsBuffer) {
  char buffer[4];
  io::FixedWriter out(buffer);
  EXPECT_TRUE(out.writer().write("ab").has_value());
  EXPECT_TRUE(out.writer().write_byte('c').has_value());
  EXPECT_TRUE(out.writer().write_byte('d').has_value());
  EXPECT_EQ(out.text(), "abcd");
  EXPECT_EQ(out.writer().write_byte('e').error(), IoErrorKind::no_space_left);
  EXPECT_TRUE(out.writer().write("").has_value());
}

TEST(FixedWriter, KeepsWhatFittedOfAPieceThatDidNot) {
  char buffer[4];
  io::FixedWriter out(buffer);
  EXPECT_EQ(out.writer().write("abcdef").error(), IoErrorKind::no_space_left);
  EXPECT_EQ(out.text(), "abcd");
  out.clear();
  EXPECT_TRUE(out.writer().write("x").has_value());
  EXPECT_EQ(out.text(), "x");
}

TEST(FixedWriter, WithoutABufferTakesNothingButNothing) {
  io::FixedWriter out({});
  EXPECT_TRUE(out.writer().write("").has_value());
  EXPECT_EQ(out.writer().write("a").error(), IoErrorKind::no_space_left);
}

TEST(Writer, RepeatsAByte) {
  char buffer[200];
  io::FixedWriter out(buffer);
  ASSERT_TRUE(out.writer().write_repeated('-', 150).has_value());
  ASSERT_TRUE(out.writer().write_repeated('-', 0).has_value());
  EXPECT_EQ(out.text(), std::string(150, '-'));
  EXPECT_EQ(out.writer().write_repeated('-', SIZE_MAX).error(), IoErrorKind::no_space_left);
}

TEST(BufferedWriter, GathersSmallPieces) {
  ScriptedWriter target;
  char buffer[8];
  io::BufferedWriter out(target.writer(), buffer);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(out.writer().write("abc").has_value());
  EXPECT_EQ(target.pieces, (std::vector<std::size_t>{8, 8, 8}));
  ASSERT_TRUE(out.writer().flush().has_value());
  EXPECT_EQ(target.text, "abcabcabcabcabcabcabcabcabcabc");
  EXPECT_EQ(target.flushes, 1);
}

TEST(BufferedWriter, PassesLargePiecesByItsBuffer) {
  ScriptedWriter target;
  char buffer[8];
  io::BufferedWriter out(target.writer(), buffer);
  ASSERT_TRUE(out.writer().write("ab").has_value());
  ASSERT_TRUE(out.writer().write("0123456789").has_value());
  EXPECT_EQ(target.pieces, (std::vector<std::size_t>{2, 10}));
  EXPECT_TRUE(out.writer().flush().has_value());
}

TEST(BufferedWriter, KeepsTheOrderOfPiecesOfAllSizes) {
  std::mt19937 random(7);
  for (std::size_t capacity : {0U, 1U, 2U, 7U, 64U}) {
    ScriptedWriter target;
    std::string storage(capacity, '?');
    io::BufferedWriter out(target.writer(), storage);
    std::string expected;
    for (int i = 0; i < 300; ++i) {
      const std::string piece(random() % 20, static_cast<char>('a' + random() % 26));
      ASSERT_TRUE(out.writer().write(piece).has_value());
      expected += piece;
      if (random() % 16 == 0) {
        ASSERT_TRUE(out.writer().flush().has_value());
      }
    }
    ASSERT_TRUE(out.writer().flush().has_value());
    EXPECT_EQ(target.text, expected) << capacity;
  }
}

TEST(BufferedWriter, HandsTheChildsErrorOn) {
  ScriptedWriter target;
  char buffer[4];
  io::BufferedWriter out(target.writer(), buffer);
  ASSERT_TRUE(out.writer().write("ab").has_value());
  target.fails = true;
  EXPECT_EQ(out.writer().flush().error(), IoErrorKind::write_failed);
}

TEST(BufferedWriter, IsLoudAboutForgottenBytesInCheckedBuilds) {
  testing::internal::CaptureStderr();
  {
    ScriptedWriter target;
    char buffer[4];
    io::BufferedWriter out(target.writer(), buffer);
    ASSERT_TRUE(out.writer().write("abc").has_value());
  }
  const std::string said = testing::internal::GetCapturedStderr();
  if (safety_enabled) {
    EXPECT_NE(said.find("io::BufferedWriter ended with 3 bytes"), std::string::npos) << said;
  } else {
    EXPECT_EQ(said, "");
  }
}

TEST(BufferedWriter, IsQuietAfterFlushDiscardOrAnErrorItReported) {
  testing::internal::CaptureStderr();
  ScriptedWriter target;
  char buffer[4];
  {
    io::BufferedWriter flushed(target.writer(), buffer);
    ASSERT_TRUE(flushed.writer().write("abc").has_value());
    ASSERT_TRUE(flushed.writer().flush().has_value());
  }
  {
    io::BufferedWriter discarded(target.writer(), buffer);
    ASSERT_TRUE(discarded.writer().write("abc").has_value());
    discarded.discard();
  }
  {
    io::BufferedWriter failed(target.writer(), buffer);
    ASSERT_TRUE(failed.writer().write("abc").has_value());
    target.fails = true;
    EXPECT_FALSE(failed.writer().flush().has_value());
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(AllocatingWriter, GivesItsTextAwayInABlockOfItsExactSize) {
  test::RecordingAllocator memory;
  io::AllocatingWriter out(memory.allocator());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(out.writer().write("0123456789").has_value());
  const std::span<char> text = out.to_owned_slice().value();
  EXPECT_EQ(text.size(), 1000U);
  EXPECT_EQ(memory.size_of(text.data()), 1000U);
  EXPECT_EQ(out.text(), "");
  EXPECT_EQ(memory.live_blocks(), 1U);
  memory.allocator().free(text);
}

TEST(AllocatingWriter, AllocatesNothingForNothing) {
  test::RecordingAllocator memory;
  io::AllocatingWriter out(memory.allocator());
  EXPECT_TRUE(out.writer().write("").has_value());
  const std::span<char> text = out.to_owned_slice().value();
  EXPECT_EQ(text.size(), 0U);
  memory.allocator().free(text);
  EXPECT_EQ(memory.calls().alloc, 0U);
}

TEST(AllocatingWriter, AllocatesOnceWhenTheFirstBufferSuffices) {
  test::RecordingAllocator memory;
  char first[16];
  io::AllocatingWriter out(memory.allocator(), first);
  ASSERT_TRUE(out.writer().write("0123456789").has_value());
  EXPECT_EQ(memory.calls().alloc, 0U);
  const std::span<char> text = out.to_owned_slice().value();
  EXPECT_EQ(std::string_view(text.data(), text.size()), "0123456789");
  EXPECT_EQ(memory.calls(), (test::RecordingAllocator::Calls{.alloc = 1}));
  memory.allocator().free(text);
}

TEST(AllocatingWriter, GrowsWhicheverWayTheAllocatorAllows) {
  using Remap = test::RecordingAllocator::Remap;
  for (Remap remap : {Remap::refuse, Remap::in_place, Remap::move}) {
    test::RecordingAllocator memory;
    memory.set_remap(remap);
    char first[8];
    io::AllocatingWriter out(memory.allocator(), first);
    std::string expected;
    for (int i = 0; i < 500; ++i) {
      expected += static_cast<char>('a' + i % 26);
      ASSERT_TRUE(out.writer().write_byte(expected.back()).has_value());
    }
    EXPECT_EQ(out.text(), expected);
  }
}

TEST(AllocatingWriter, KeepsWhatWasWrittenWhenMemoryRunsOut) {
  test::RecordingAllocator memory;
  memory.set_remap(test::RecordingAllocator::Remap::refuse);
  io::AllocatingWriter out(memory.allocator());
  const std::string piece(60, 'x');
  ASSERT_TRUE(out.writer().write(piece).has_value());
  memory.fail_always();
  const std::string large(4096, 'y');
  EXPECT_FALSE(out.failed());
  EXPECT_EQ(out.writer().write(large).error(), IoErrorKind::out_of_memory);
  EXPECT_TRUE(out.failed());
  EXPECT_EQ(out.text(), piece);
  EXPECT_EQ(out.reserve(SIZE_MAX).error(), IoErrorKind::out_of_memory);
  EXPECT_EQ(out.to_owned_slice().error(), AllocError::out_of_memory);
  EXPECT_EQ(out.text(), piece);
  memory.fail_always(false);
  EXPECT_TRUE(out.writer().write(large).has_value());
  EXPECT_EQ(out.text(), piece + large);
}

TEST(AllocatingWriter, AsksForTheExactSizeWhenMoreIsNotToBeHad) {
  test::RecordingAllocator memory;
  memory.set_remap(test::RecordingAllocator::Remap::refuse);
  memory.fail_after(0);
  io::AllocatingWriter out(memory.allocator());
  ASSERT_TRUE(out.writer().write("abc").has_value());
  EXPECT_EQ(memory.live_bytes(), 3U);
}

TEST(AllocatingWriter, EndsItsTextWithAZeroOnDemand) {
  test::RecordingAllocator memory;
  io::AllocatingWriter out(memory.allocator());
  ASSERT_TRUE(out.writer().write("abc").has_value());
  const ZString text = out.to_owned_slice_z().value();
  EXPECT_STREQ(text.c_str(), "abc");
  EXPECT_EQ(text.size(), 3U);
  memory.allocator().free(text);
}

TEST(AllocatingWriter, LosesNothingWhenTheZeroFindsNoRoom) {
  test::RecordingAllocator memory;
  memory.set_remap(test::RecordingAllocator::Remap::refuse);
  char first[3];
  io::AllocatingWriter out(memory.allocator(), first);
  ASSERT_TRUE(out.writer().write("abc").has_value());
  memory.fail_always();
  EXPECT_EQ(out.to_owned_slice_z().error(), AllocError::out_of_memory);
  EXPECT_EQ(out.text(), "abc");
}

TEST(CountingWriter, CountsWhatArrived) {
  char buffer[4];
  io::FixedWriter fixed(buffer);
  io::CountingWriter count(fixed.writer());
  ASSERT_TRUE(count.writer().write("abc").has_value());
  EXPECT_FALSE(count.writer().write("def").has_value());
  EXPECT_EQ(count.count(), 3U);
  io::CountingWriter alone;
  ASSERT_TRUE(alone.writer().write("abc").has_value());
  ASSERT_TRUE(alone.writer().flush().has_value());
  EXPECT_EQ(alone.count(), 3U);
}

TEST(TeeWriter, WritesToBothAndFlushesBoth) {
  ScriptedWriter left;
  ScriptedWriter right;
  io::TeeWriter tee(left.writer(), right.writer());
  ASSERT_TRUE(tee.writer().write("abc").has_value());
  ASSERT_TRUE(tee.writer().flush().has_value());
  EXPECT_EQ(left.text, "abc");
  EXPECT_EQ(right.text, "abc");
  EXPECT_EQ(left.flushes + right.flushes, 2);
  left.fails = true;
  EXPECT_EQ(tee.writer().write("d").error(), IoErrorKind::write_failed);
  EXPECT_EQ(right.text, "abc");
}

TEST(BoundedWriter, LetsExactlyItsBoundThrough) {
  ScriptedWriter target;
  io::BoundedWriter bounded(target.writer(), 5);
  ASSERT_TRUE(bounded.writer().write("abc").has_value());
  ASSERT_TRUE(bounded.writer().write("de").has_value());
  EXPECT_EQ(bounded.left(), 0U);
  EXPECT_EQ(bounded.writer().write("f").error(), IoErrorKind::no_space_left);
  io::BoundedWriter cut(target.writer(), 2);
  EXPECT_EQ(cut.writer().write("xyz").error(), IoErrorKind::no_space_left);
  EXPECT_EQ(target.text, "abcdexy");
}

TEST(BoundedWriter, LetsNoMoreThanItsBoundThroughWhenAWriteFailed) {
  char buffer[3];
  io::FixedWriter fixed(buffer);
  io::BoundedWriter bounded(fixed.writer(), 5);
  EXPECT_FALSE(bounded.writer().write("abcd").has_value()) << "three of them arrive";
  EXPECT_EQ(bounded.left(), 1U);
  fixed.clear();
  EXPECT_EQ(bounded.writer().write("efgh").error(), IoErrorKind::no_space_left);
  EXPECT_EQ(fixed.text(), "e");
}

}  // namespace
}  // namespace allot
