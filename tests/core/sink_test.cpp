#include "allot/core/sink.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace allot {
namespace {

/// What `write` sends to a sink.
template <class Write>
std::string written(Write write) {
  char buffer[256];
  BufferSink collected(buffer, sizeof buffer);
  write(collected.sink());
  EXPECT_EQ(collected.dropped(), 0U);
  return std::string(collected.view());
}

TEST(Sink, WritesTextAndCharacters) {
  EXPECT_EQ(written([](const Sink& sink) { sink.text("a").text("").character('b').newline(); }), "ab\n");
}

TEST(Sink, WritesNumbersToTheirLimits) {
  EXPECT_EQ(written([](const Sink& sink) { sink.number(0).text(" ").number(UINT64_MAX); }), "0 18446744073709551615");
  EXPECT_EQ(written([](const Sink& sink) { sink.signed_number(INT64_MIN).text(" ").signed_number(INT64_MAX); }),
            "-9223372036854775808 9223372036854775807");
  EXPECT_EQ(written([](const Sink& sink) { sink.hexadecimal(0).text(" ").hexadecimal(UINT64_MAX); }),
            "0 ffffffffffffffff");
}

TEST(Sink, WritesAddresses) {
  EXPECT_EQ(written([](const Sink& sink) { sink.address(nullptr); }), "0x0");
  EXPECT_EQ(written([](const Sink& sink) { sink.address(reinterpret_cast<const void*>(0x7f01)); }), "0x7f01");
}

TEST(Sink, WritesByteCountsForPeople) {
  const auto bytes = [](std::uint64_t count) { return written([&](const Sink& sink) { sink.bytes(count); }); };
  EXPECT_EQ(bytes(0), "0 bytes");
  EXPECT_EQ(bytes(1), "1 byte");
  EXPECT_EQ(bytes(10239), "10239 bytes");
  EXPECT_EQ(bytes(10240), "10.0 KiB (10240 bytes)");
  EXPECT_EQ(bytes(12800), "12.5 KiB (12800 bytes)");
  EXPECT_EQ(bytes(std::uint64_t{10} << 20), "10.0 MiB (10485760 bytes)");
  EXPECT_EQ(bytes(std::uint64_t{10} << 30), "10.0 GiB (10737418240 bytes)");
  EXPECT_EQ(bytes(UINT64_MAX), "17179869183.9 GiB (18446744073709551615 bytes)");
}

TEST(BufferSink, CountsWhatDoesNotFit) {
  char buffer[4];
  BufferSink collected(buffer, sizeof buffer);
  collected.sink().text("abc").text("defg").text("h");
  EXPECT_EQ(collected.view(), "abcd");
  EXPECT_EQ(collected.dropped(), 4U);
  collected.clear();
  EXPECT_EQ(collected.view(), "");
  EXPECT_EQ(collected.dropped(), 0U);
}

TEST(BufferSink, MayHaveNoRoomAtAll) {
  BufferSink collected(nullptr, 0);
  collected.sink().text("abc");
  EXPECT_EQ(collected.dropped(), 3U);
}

TEST(ErrorSink, WritesToStandardError) {
  testing::internal::CaptureStderr();
  error_sink().text("seen ").number(1).newline();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "seen 1\n");
}

}  // namespace
}  // namespace allot
