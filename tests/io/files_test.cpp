#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

#include "allot/io.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

/// Two connected descriptors that close themselves.
struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    from = io::File(ends[0]);
    to = io::File(ends[1]);
  }
  io::File from;
  io::File to;
};

std::string drain(int descriptor) {
  std::string all;
  char chunk[512];
  for (ssize_t got; (got = ::read(descriptor, chunk, sizeof chunk)) > 0;) {
    all.append(chunk, static_cast<std::size_t>(got));
  }
  return all;
}

std::string path_of_test_file() {
  return testing::TempDir() + "allot_io_" + std::to_string(::getpid());
}

TEST(FileWriter, WritesAtOnceWithoutABuffer) {
  Pipe pipe;
  io::FileWriter out(pipe.to.descriptor());
  ASSERT_TRUE(out.writer().write("abc").has_value());
  ASSERT_TRUE(out.writer().write("").has_value());
  char got[8];
  EXPECT_EQ(::read(pipe.from.descriptor(), got, sizeof got), 3);
}

TEST(FileWriter, WithABufferWritesWhenItIsFullOrFlushed) {
  Pipe pipe;
  char buffer[8];
  io::FileWriter out(pipe.to.descriptor(), buffer);
  ASSERT_TRUE(out.writer().write("abcde").has_value());
  ASSERT_EQ(::fcntl(pipe.from.descriptor(), F_SETFL, O_NONBLOCK), 0);
  char got[32];
  EXPECT_EQ(::read(pipe.from.descriptor(), got, sizeof got), -1);
  ASSERT_TRUE(out.writer().write("fghij").has_value());
  EXPECT_EQ(::read(pipe.from.descriptor(), got, sizeof got), 10);
  ASSERT_TRUE(out.writer().write("k").has_value());
  ASSERT_TRUE(out.writer().flush().has_value());
  EXPECT_EQ(::read(pipe.from.descriptor(), got, sizeof got), 1);
  EXPECT_TRUE(out.writer().flush().has_value());
}

TEST(FileWriter, ReportsAFullDevice) {
  const io::File full(::open("/dev/full", O_WRONLY));
  ASSERT_TRUE(full.is_open());
  io::FileWriter direct(full.descriptor());
  const IoResult<void> written = direct.writer().write("abc");
  EXPECT_EQ(written.error(), IoErrorKind::no_space_left);
  EXPECT_EQ(written.error().error_number(), ENOSPC);
  char buffer[16];
  io::FileWriter buffered(full.descriptor(), buffer);
  EXPECT_TRUE(buffered.writer().write("abc").has_value());
  EXPECT_EQ(buffered.writer().flush().error(), IoErrorKind::no_space_left);
  EXPECT_EQ(buffered.buffered(), "abc");
}

TEST(FileWriter, ReportsAClosedDescriptor) {
  io::FileWriter out(-1);
  const IoResult<void> written = out.writer().write("abc");
  EXPECT_EQ(written.error(), IoErrorKind::bad_descriptor);
  EXPECT_EQ(written.error().error_number(), EBADF);
}

TEST(FileWriter, SurvivesAPipeNobodyReads) {
  Pipe pipe;
  ASSERT_TRUE(pipe.from.close().has_value());
  io::FileWriter out(pipe.to.descriptor());
  EXPECT_EQ(out.writer().write("abc").error(), IoErrorKind::broken_pipe);
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  sigset_t mask;
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &mask), 0);
  EXPECT_EQ(sigismember(&mask, SIGPIPE), 0);
}

TEST(FileWriter, SurvivesAReaderWhoLeavesInTheMiddleOfAWrite) {
  Pipe pipe;
  const int capacity = ::fcntl(pipe.to.descriptor(), F_GETPIPE_SZ);
  ASSERT_GT(capacity, 0);
  std::thread reader([&] {
    for (int waiting = 0; waiting < capacity; std::this_thread::yield()) {
      ASSERT_EQ(::ioctl(pipe.from.descriptor(), FIONREAD, &waiting), 0);
    }
    EXPECT_TRUE(pipe.from.close().has_value());
  });
  io::FileWriter out(pipe.to.descriptor());
  const std::string large(static_cast<std::size_t>(capacity) * 3, 'x');
  EXPECT_EQ(out.writer().write(large).error(), IoErrorKind::broken_pipe);
  reader.join();
  sigset_t pending;
  ASSERT_EQ(::sigpending(&pending), 0);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST(FileWriter, SurvivesASocketNobodyReads) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const io::File writing(ends[0]);
  ASSERT_EQ(::close(ends[1]), 0);
  io::FileWriter out(writing.descriptor());
  EXPECT_EQ(out.writer().write("abc").error(), IoErrorKind::broken_pipe);
}

TEST(FileWriter, LosesNothingOnANonBlockingPipe) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.to.descriptor(), F_SETFL, O_NONBLOCK), 0);
  char buffer[1000];
  io::FileWriter out(pipe.to.descriptor(), buffer);
  std::string accepted;
  const std::string piece(999, 'x');
  bool blocked = false;
  while (!blocked) {
    // A piece of at most the buffer's free part is all or nothing: flush first.
    blocked = !out.writer().flush().has_value();
    if (!blocked) {
      ASSERT_TRUE(out.writer().write(piece).has_value());
      accepted += piece;
    }
  }
  std::string arrived(64, '?');
  std::string all;
  while (!out.buffered().empty()) {
    const ssize_t got = ::read(pipe.from.descriptor(), arrived.data(), arrived.size());
    ASSERT_GT(got, 0);
    all.append(arrived, 0, static_cast<std::size_t>(got));
    (void)out.writer().flush();
  }
  ASSERT_TRUE(pipe.to.close().has_value());
  EXPECT_EQ(all + drain(pipe.from.descriptor()), accepted);
}

TEST(FileWriter, LosesNothingOnANonBlockingPipeBehindAnotherBuffer) {
  for (std::size_t capacity : {0U, 300U}) {
    Pipe pipe;
    ASSERT_EQ(::fcntl(pipe.to.descriptor(), F_SETFL, O_NONBLOCK), 0);
    ASSERT_EQ(::fcntl(pipe.from.descriptor(), F_SETFL, O_NONBLOCK), 0);
    std::string inner(capacity, '?');
    io::FileWriter file(pipe.to.descriptor(), inner);
    char buffer[100];
    io::BufferedWriter out(file.writer(), buffer);
    std::string expected;
    for (int i = 0; i < 60000; ++i) expected += std::to_string(i) + ' ';
    std::string arrived;
    int blocked = 0;
    for (std::string_view left = expected; !left.empty() || !out.buffered().empty() || !file.buffered().empty();) {
      const IoResult<void> written = left.empty() ? out.writer().flush() : out.writer().write_from(left);
      if (written.has_value()) continue;
      ASSERT_EQ(written.error(), IoErrorKind::would_block);
      ++blocked;
      arrived += drain(pipe.from.descriptor());
    }
    EXPECT_GT(blocked, 2);
    EXPECT_EQ(arrived + drain(pipe.from.descriptor()), expected);
  }
}

extern "C" void do_nothing(int) {}

TEST(FileWriter, ContinuesShortAndInterruptedWrites) {
  struct sigaction before;
  struct sigaction interrupting = {};
  interrupting.sa_handler = do_nothing;
  ASSERT_EQ(::sigaction(SIGUSR1, &interrupting, &before), 0);
  Pipe pipe;
  const std::string large(1 << 20, 'z');
  std::atomic<bool> done{false};
  std::thread writer([&] {
    io::FileWriter out(pipe.to.descriptor());
    EXPECT_TRUE(out.writer().write(large).has_value());
    done = true;
    (void)pipe.to.close();
  });
  for (int i = 0; i < 50 && !done; ++i) {
    ::pthread_kill(writer.native_handle(), SIGUSR1);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  EXPECT_EQ(drain(pipe.from.descriptor()), large);
  writer.join();
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(FileWriter, IsLoudAboutForgottenBytesInCheckedBuilds) {
  Pipe pipe;
  testing::internal::CaptureStderr();
  {
    char buffer[16];
    io::FileWriter out(pipe.to.descriptor(), buffer);
    ASSERT_TRUE(out.writer().write("a").has_value());
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.find("io::FileWriter ended with 1 byte") != std::string::npos, safety_enabled) << said;
}

TEST(StandardOutput, IsDescriptorOne) {
  EXPECT_EQ(io::standard_output().descriptor(), 1);
  EXPECT_EQ(io::standard_error().descriptor(), 2);
}

TEST(File, WritesAppendsAndReadsBack) {
  const std::string path = path_of_test_file();
  {
    io::File file = io::File::create(path.c_str()).value();
    io::FileWriter out(file.descriptor());
    ASSERT_TRUE(out.writer().write("one\ntwo\n").has_value());
    ASSERT_TRUE(file.close().has_value());
    EXPECT_TRUE(file.close().has_value());
  }
  {
    const io::File file = io::File::append(path.c_str()).value();
    io::FileWriter out(file.descriptor());
    ASSERT_TRUE(out.writer().write("three").has_value());
  }
  const io::File file = io::File::open(path.c_str()).value();
  char buffer[8];
  io::FileReader in(file.descriptor(), buffer);
  EXPECT_EQ(in.reader().take_line().value(), "one");
  EXPECT_EQ(in.reader().take_line().value(), "two");
  EXPECT_EQ(in.reader().take_line().value(), "three");
  EXPECT_EQ(in.reader().take_line().value(), std::nullopt);
  ::unlink(path.c_str());
}

TEST(File, SaysWhyItCannotBeOpened) {
  const IoResult<io::File> missing = io::File::open("/nowhere/to/be/found");
  EXPECT_EQ(missing.error(), IoErrorKind::open_failed);
  EXPECT_EQ(missing.error().error_number(), ENOENT);
}

TEST(File, MovesItsDescriptor) {
  Pipe pipe;
  const int descriptor = pipe.from.descriptor();
  io::File moved(std::move(pipe.from));
  EXPECT_EQ(moved.descriptor(), descriptor);
  EXPECT_FALSE(pipe.from.is_open());
  pipe.from = std::move(moved);
  EXPECT_EQ(pipe.from.descriptor(), descriptor);
}

}  // namespace
}  // namespace allot
