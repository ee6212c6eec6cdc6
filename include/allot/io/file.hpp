/// File: a file descriptor that closes itself.
///
///     auto file = ALLOT_TRY_EXPR(io::File::open("input.json"));
///     char buffer[4096];
///     io::FileReader reader(file.descriptor(), buffer);
///
/// Costs one system call to open and one to close. When not to use it: for descriptors somebody else closes (stdin,
/// stdout, sockets of a server); FileReader and FileWriter take those as they are.
/// Threads: a plain value; the descriptor may be used from several.
#pragma once

#include <utility>

#include "allot/base/config.hpp"
#include "allot/io/io_error.hpp"

namespace allot::inline v0_1::io {

class [[nodiscard]] File {
 public:
  /// Takes over an open descriptor, or -1 for none.
  explicit File(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    if (this != &other) {
      (void)close();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~File() { (void)close(); }

  /// Opens an existing file for reading. `path` ends with a zero. Error: open_failed and its kin with the errno value.
  static IoResult<File> open(const char* path) noexcept;
  /// Makes a file, or empties an existing one, for writing.
  static IoResult<File> create(const char* path) noexcept;
  /// Opens a file for writing at its end; makes it when missing.
  static IoResult<File> append(const char* path) noexcept;

  /// Closes the file; nothing when it is closed already. Some file systems report a failed write only now.
  IoResult<void> close() noexcept;

  /// The descriptor, -1 when closed. Still owned by this object.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  /// Gives the descriptor to the caller, who closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

}  // namespace allot::inline v0_1::io
