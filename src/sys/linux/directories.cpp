#include "allot/sys/directories.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "keep_errno.hpp"

namespace allot::inline v0_1::sys {

namespace {

/// Opens `path`, which need not end with a zero; minus an errno value on failure.
int open_at(int directory, std::string_view path, int flags) noexcept {
  const KeepErrno keep;
  char text[PATH_MAX];
  if (path.size() >= sizeof(text)) return -ENAMETOOLONG;
  if (path.empty() || path.find('\0') != std::string_view::npos) return -ENOENT;
  std::memcpy(text, path.data(), path.size());
  text[path.size()] = '\0';
  int descriptor = -1;
  do descriptor = ::openat(directory, text, flags | O_CLOEXEC);
  while (descriptor < 0 && errno == EINTR);
  return descriptor < 0 ? -errno : descriptor;
}

}  // namespace

int open_directory(std::string_view path) noexcept {
  return open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
}

int open_entry(int directory, std::string_view name) noexcept {
  if (name == "." || name == ".." || name.find('/') != std::string_view::npos) return -ENOENT;
  return open_at(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
}

int duplicate_descriptor(int descriptor) noexcept {
  const KeepErrno keep;
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? -errno : copy;
}

bool query_status(int descriptor, FileStatus& status) noexcept {
  const KeepErrno keep;
  struct stat system{};
  if (::fstat(descriptor, &system) != 0) return false;
  status.size = static_cast<std::uint64_t>(system.st_size);
  status.modified_seconds = system.st_mtim.tv_sec;
  status.modified_nanoseconds = static_cast<std::uint32_t>(system.st_mtim.tv_nsec);
  status.is_regular = S_ISREG(system.st_mode);
  status.is_directory = S_ISDIR(system.st_mode);
  return true;
}

}  // namespace allot::inline v0_1::sys
