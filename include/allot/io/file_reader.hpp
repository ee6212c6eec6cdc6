/// FileReader: reads a file descriptor through a buffer of the caller's.
///
///     char buffer[4096];
///     io::FileReader in(0, buffer);
///     while (auto line = ALLOT_TRY_EXPR(in.reader().take_line())) use(*line);
///
/// One system call a buffer; large reads into the caller's memory pass by it. The buffer bounds what `peek`, `take` and
/// `take_line` can hand out at once; without a buffer (empty span) only the copying reads work, one call each.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <span>

#include "allot/base/config.hpp"
#include "allot/io/reader.hpp"

namespace allot::inline v0_1::io {

class FileReader : public PinnedReader<FileReader> {
 public:
  /// Both are held, not owned, and outlive this object.
  FileReader(int descriptor, std::span<char> buffer) noexcept
      : PinnedReader(buffer.data(), buffer.size()), descriptor_(descriptor) {}

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  IoResult<std::size_t> raw_read(char* destination, std::size_t size) noexcept;

 private:
  int descriptor_;
};

}  // namespace allot::inline v0_1::io
