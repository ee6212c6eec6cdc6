#include "allot/sys/process.hpp"

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

}  // namespace allot::inline v0_1::sys
