#include "allot/sys/shared_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "keep_errno.hpp"

namespace allot::inline v0_1::sys {

void* create_shared_file(const char* path, std::size_t size, void* fixed) noexcept {
  const int file = ::open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return nullptr;
  void* pages = MAP_FAILED;
  if (::ftruncate(file, static_cast<off_t>(size)) == 0) {
    pages = ::mmap(fixed, size, PROT_READ | PROT_WRITE, MAP_SHARED | (fixed != nullptr ? MAP_FIXED : 0), file, 0);
  }
  ::close(file);
  return pages == MAP_FAILED ? nullptr : pages;
}

bool reserve_shared_pages(void* pages, std::size_t size) noexcept {
  const KeepErrno keep;
  constexpr int populate_write = 23;  // MADV_POPULATE_WRITE; glibc 2.36's headers have it, older ones do not
  return ::madvise(pages, size, populate_write) == 0 || errno == EINVAL;
}

}  // namespace allot::inline v0_1::sys
