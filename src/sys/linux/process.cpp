#include "allot/sys/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace allot::inline v0_1::sys {

std::uint32_t process_id() noexcept {
  return static_cast<std::uint32_t>(::getpid());
}

std::uint32_t parent_process_id() noexcept {
  return static_cast<std::uint32_t>(::getppid());
}

std::uint32_t thread_id() noexcept {
  return static_cast<std::uint32_t>(::gettid());
}

bool file_exists(const char* path) noexcept {
  const int kept = errno;
  const bool exists = ::access(path, F_OK) == 0;
  errno = kept;
  return exists;
}

namespace {

/// Hands out a file byte by byte.
class ByteReader {
 public:
  explicit ByteReader(const char* path) noexcept : file_(::open(path, O_RDONLY | O_CLOEXEC)) {}
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;
  ~ByteReader() {
    if (file_ >= 0) ::close(file_);
  }

  bool next(char& byte) noexcept {
    if (at_ == size_) {
      const ssize_t got = file_ < 0 ? 0 : ::read(file_, buffer_, sizeof buffer_);
      if (got <= 0) return false;
      at_ = 0;
      size_ = static_cast<std::size_t>(got);
    }
    byte = buffer_[at_++];
    return true;
  }

 private:
  int file_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
  char buffer_[1024];
};

}  // namespace

std::string_view read_start_environment(std::string_view name, std::span<char> buffer) noexcept {
  ByteReader reader("/proc/self/environ");
  std::size_t matched = 0;  // of `name=`; past it the value is copied
  std::size_t size = 0;
  bool mismatch = false;
  char byte = 0;
  while (reader.next(byte)) {
    if (byte == '\0') {
      if (!mismatch && matched > name.size()) break;
      matched = 0;
      mismatch = false;
    } else if (!mismatch && matched > name.size()) {
      if (size + 1 == buffer.size()) return {};
      buffer[size++] = byte;
    } else {
      mismatch = mismatch || byte != (matched == name.size() ? '=' : name[matched]);
      ++matched;
    }
  }
  if (buffer.empty()) return {};
  buffer[size] = '\0';
  return {buffer.data(), size};
}

std::string_view read_start_arguments(std::span<char> buffer) noexcept {
  ByteReader reader("/proc/self/cmdline");
  std::size_t size = 0;
  while (size < buffer.size() && reader.next(buffer[size])) ++size;
  return {buffer.data(), size};
}

}  // namespace allot::inline v0_1::sys
