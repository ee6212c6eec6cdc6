/// Opening files below a directory, one path component at a time. Returns descriptors, or minus the errno value.
/// Interrupted calls are repeated; errno is not touched. Threads: safe.
#pragma once

#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// What an open file is.
struct FileStatus {
  std::uint64_t size = 0;
  std::int64_t modified_seconds = 0;  ///< since 1970-01-01 UTC
  std::uint32_t modified_nanoseconds = 0;
  bool is_regular = false;
  bool is_directory = false;
};

/// Opens a directory by its path.
[[nodiscard]] int open_directory(std::string_view path) noexcept;

/// Opens the entry `name` of a directory for reading, a file or a directory. Symbolic links are an error (-ELOOP), and
/// so is a name with a slash or a zero byte, "." and "..". Never waits for a FIFO's writer.
[[nodiscard]] int open_entry(int directory, std::string_view name) noexcept;

/// Another descriptor of the same open file.
[[nodiscard]] int duplicate_descriptor(int descriptor) noexcept;

/// False when `descriptor` is none.
[[nodiscard]] bool query_status(int descriptor, FileStatus& status) noexcept;

}  // namespace allot::inline v0_1::sys
