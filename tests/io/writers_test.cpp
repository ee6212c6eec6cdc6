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

/// Takes what it is given until told to fail, or until its room is used up, and logs the sizes of the pieces.
class ScriptedWriter : public io::PinnedWriter<ScriptedWriter> {
 public:
  ScriptedWriter() : PinnedWriter(nullptr, 0) {}
  IoResult<void> raw_drain(std::string_view& data) noexcept {
    if (fails) return Unexpected(IoErrorKind::write_failed);
    const std::string_view taken = data.substr(0, room_left);
    room_left -= taken.size();
    text += taken;
    if (!taken.empty()) pieces.push_back(taken.size());
    data.remove_prefix(taken.size());
    if (!data.empty()) return Unexpected(IoErrorKind::would_block);
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
  std::size_t room_left = SIZE_MAX;  ///< bytes it takes before it fails
};

/// Writes all of `text`, making room in `target` bit by bit whenever it is full; returns how often it was.
int write_stubbornly(io::Writer out, ScriptedWriter& target, std::string_view text, std::size_t room) {
  int failures = 0;
  const auto try_until_it_works = [&](auto&& attempt) {
    for (;;) {
      const IoResult<void> done = attempt();
      if (done.has_value()) return;
      EXPECT_EQ(done.error(), IoErrorKind::would_block);
      target.room_left = room;
      ++failures;
    }
  };
  for (std::size_t size = 1; !text.empty(); size = size % 23 + 1) {
    std::string_view piece = text.substr(0, size);
    text.remove_prefix(piece.size());
    try_until_it_works([&] { return out.write_from(piece); });
    EXPECT_TRUE(piece.empty());
  }
  try_until_it_works([&] { return out.flush(); });
  return failures;
}

std::string numbered_text(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i) + ' ';
  return text;
}

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

TEST(Writer, TellsWhatAFullBufferTook) {
  char buffer[4];
  io::FixedWriter out(buffer);
  std::string_view text = "abcdef";
  EXPECT_EQ(out.writer().write_from(text).error(), IoErrorKind::no_space_left);
  EXPECT_EQ(text, "ef");
  out.clear();
  EXPECT_TRUE(out.writer().write_from(text).has_value());
  EXPECT_EQ(text, "");
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

TEST(BufferedWriter, KeepsWhatAFailingChildDidNotTake) {
  ScriptedWriter target;
  char buffer[8];
  io::BufferedWriter out(target.writer(), buffer);
  ASSERT_TRUE(out.writer().write("abcdef").has_value());
  target.room_left = 2;
  EXPECT_EQ(out.writer().flush().error(), IoErrorKind::would_block);
  EXPECT_EQ(target.text, "ab");
  EXPECT_EQ(out.buffered(), "cdef");
  EXPECT_EQ(out.writer().flush().error(), IoErrorKind::would_block);
  EXPECT_EQ(out.buffered(), "cdef");
  target.room_left = SIZE_MAX;
  ASSERT_TRUE(out.writer().write("gh").has_value());
  ASSERT_TRUE(out.writer().flush().has_value());
  EXPECT_EQ(target.text, "abcdefgh");
}

TEST(BufferedWriter, TellsHowMuchOfAPieceItTook) {
  ScriptedWriter target;
  char buffer[8];
  io::BufferedWriter out(target.writer(), buffer);
  ASSERT_TRUE(out.writer().write("abcdef").has_value());
  target.room_left = 0;
  std::string_view small = "ghijk";
  EXPECT_FALSE(out.writer().write_from(small).has_value());
  EXPECT_EQ(small, "ijk") << "two of them found room in the buffer";
  EXPECT_EQ(out.buffered(), "abcdefgh");
  target.room_left = 8 + 3;
  std::string_view large = "ijklmnopqrst";
  EXPECT_FALSE(out.writer().write_from(large).has_value());
  EXPECT_EQ(target.text, "abcdefghijk");
  EXPECT_EQ(large, "lmnopqrst");
  target.room_left = SIZE_MAX;
  ASSERT_TRUE(out.writer().write_from(large).has_value());
  EXPECT_EQ(large, "");
  ASSERT_TRUE(out.writer().flush().has_value());
  EXPECT_EQ(target.text, "abcdefghijklmnopqrst");
}

TEST(Writers, LoseAndRepeatNothingWhenTheDestinationFailsNowAndThen) {
  const std::string text = numbered_text(400);
  for (std::size_t room : {1U, 2U, 5U, 31U}) {
    for (std::size_t capacity : {0U, 1U, 2U, 7U, 64U}) {
      ScriptedWriter target;
      ScriptedWriter second;
      target.room_left = 0;
      second.room_left = 0;
      std::string storage(capacity, '?');
      io::TeeWriter tee(second.writer(), target.writer());
      io::CountingWriter count(tee.writer());
      io::BoundedWriter bounded(count.writer(), text.size());
      io::BufferedWriter out(bounded.writer(), storage);
      second.room_left = SIZE_MAX;
      EXPECT_GT(write_stubbornly(out.writer(), target, text, room), 20);
      EXPECT_EQ(target.text, text) << room << ' ' << capacity;
      EXPECT_EQ(second.text, text) << room << ' ' << capacity;
      EXPECT_EQ(count.count(), text.size());
      EXPECT_EQ(bounded.left(), 0U);
    }
  }
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
  EXPECT_EQ(count.count(), 4U) << "one of them fitted";
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

TEST(TeeWriter, LetsTheSecondCatchUpWithTheFirst) {
  ScriptedWriter left;
  ScriptedWriter right;
  io::TeeWriter tee(left.writer(), right.writer());
  right.room_left = 2;
  std::string_view text = "abcdef";
  EXPECT_FALSE(tee.writer().write_from(text).has_value());
  EXPECT_EQ(text, "cdef");
  right.room_left = 1;
  EXPECT_FALSE(tee.writer().write_from(text).has_value());
  EXPECT_EQ(text, "def");
  right.room_left = SIZE_MAX;
  std::string_view part = text.substr(0, 2);
  ASSERT_TRUE(tee.writer().write_from(part).has_value());
  ASSERT_TRUE(tee.writer().write("fgh").has_value());
  EXPECT_EQ(left.text, "abcdefgh");
  EXPECT_EQ(right.text, "abcdefgh");
}

TEST(TeeWriter, WritesAnewToBothWhenTheLagIsDiscarded) {
  ScriptedWriter left;
  ScriptedWriter right;
  io::TeeWriter tee(left.writer(), right.writer());
  right.room_left = 1;
  EXPECT_FALSE(tee.writer().write("abc").has_value());
  right.room_left = SIZE_MAX;
  tee.discard();
  ASSERT_TRUE(tee.writer().write("xyz").has_value());
  EXPECT_EQ(left.text, "abcxyz");
  EXPECT_EQ(right.text, "axyz");
}

TEST(TeeWriter, GivesTheSecondWhatTheFirstTookBeforeItFailed) {
  ScriptedWriter left;
  ScriptedWriter right;
  io::TeeWriter tee(left.writer(), right.writer());
  left.room_left = 2;
  std::string_view text = "abcdef";
  EXPECT_EQ(tee.writer().write_from(text).error(), IoErrorKind::would_block);
  EXPECT_EQ(right.text, "ab");
  left.room_left = SIZE_MAX;
  ASSERT_TRUE(tee.writer().write_from(text).has_value());
  EXPECT_EQ(left.text, "abcdef");
  EXPECT_EQ(right.text, "abcdef");
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
  EXPECT_EQ(bounded.left(), 2U);
  fixed.clear();
  EXPECT_EQ(bounded.writer().write("defg").error(), IoErrorKind::no_space_left);
  EXPECT_EQ(fixed.text(), "de");
}

}  // namespace
}  // namespace allot
