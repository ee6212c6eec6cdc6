#include "allot/sys/files.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace allot::inline v0_1::sys {

namespace {

/// Restores errno on leaving: error numbers travel in the answer.
class KeepErrno {
 public:
  KeepErrno() noexcept : kept_(errno) {}
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;
  ~KeepErrno() { errno = kept_; }

 private:
  int kept_;
};

/// Holds SIGPIPE back on this thread, and takes away the one that the guarded call may have raised.
class HoldSigpipe {
 public:
  HoldSigpipe() noexcept {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    if (!was_pending_) ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &mask_before_);
  }
  HoldSigpipe(const HoldSigpipe&) = delete;
  HoldSigpipe& operator=(const HoldSigpipe&) = delete;

  /// Call it when the guarded call failed or wrote less than asked: a reader that leaves in the middle of a large write
  /// raises the signal too, though the call then reports what was written and no error.
  void take_signal() noexcept {
    const timespec at_once = {0, 0};
    while (!was_pending_ && ::sigtimedwait(&sigpipe_, nullptr, &at_once) == -1 && errno == EINTR) {
    }
  }
  ~HoldSigpipe() {
    if (!was_pending_) ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  }

 private:
  sigset_t sigpipe_;
  sigset_t mask_before_;
  bool was_pending_;
};

/// The call's result as a Transfer, repeating it while it is interrupted.
template <class Call>
Transfer transfer(Call call) noexcept {
  for (;;) {
    const ssize_t count = call();
    if (count >= 0) return {static_cast<std::size_t>(count), 0};
    if (errno != EINTR) return {0, errno};
  }
}

Transfer write_to_pipe(int descriptor, const iovec* pieces, int count, std::size_t size) noexcept {
  HoldSigpipe hold;
  const Transfer done = transfer([&] { return ::writev(descriptor, pieces, count); });
  if (done.count < size) hold.take_signal();
  return done;
}

Transfer write_to_socket(int descriptor, iovec* pieces, std::size_t count) noexcept {
  msghdr message = {};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  return transfer([&] { return ::sendmsg(descriptor, &message, MSG_NOSIGNAL); });
}

int flags_of(OpenMode mode) noexcept {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY;
    case OpenMode::write_truncated:
      return O_WRONLY | O_CREAT | O_TRUNC;
    case OpenMode::append:
      return O_WRONLY | O_CREAT | O_APPEND;
  }
  return O_RDONLY;
}

}  // namespace

FileKind kind_of_file(int descriptor) noexcept {
  const KeepErrno keep;
  struct stat facts;
  if (::fstat(descriptor, &facts) != 0) return FileKind::plain;
  if (S_ISFIFO(facts.st_mode)) return FileKind::pipe;
  return S_ISSOCK(facts.st_mode) ? FileKind::socket : FileKind::plain;
}

Transfer read_file(int descriptor, char* destination, std::size_t size) noexcept {
  const KeepErrno keep;
  return transfer([&] { return ::read(descriptor, destination, size); });
}

Transfer write_file(int descriptor, FileKind kind, std::string_view first, std::string_view second) noexcept {
  const KeepErrno keep;
  if (first.empty()) {
    first = second;
    second = {};
  }
  if (first.empty()) return {0, 0};
  iovec pieces[2] = {{const_cast<char*>(first.data()), first.size()},
                     {const_cast<char*>(second.data()), second.size()}};
  const int count = second.empty() ? 1 : 2;
  if (kind == FileKind::pipe) return write_to_pipe(descriptor, pieces, count, first.size() + second.size());
  if (kind == FileKind::socket) return write_to_socket(descriptor, pieces, static_cast<std::size_t>(count));
  return transfer([&] { return ::writev(descriptor, pieces, count); });
}

int open_file(const char* path, OpenMode mode) noexcept {
  const KeepErrno keep;
  for (;;) {
    const int descriptor = ::open(path, flags_of(mode) | O_CLOEXEC, 0666);
    if (descriptor >= 0) return descriptor;
    if (errno != EINTR) return -errno;
  }
}

int close_file(int descriptor) noexcept {
  const KeepErrno keep;
  return ::close(descriptor) == 0 ? 0 : errno;
}

}  // namespace allot::inline v0_1::sys
