/// Facts about this process. One system call each. Threads: safe.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

[[nodiscard]] std::uint32_t process_id() noexcept;
[[nodiscard]] std::uint32_t parent_process_id() noexcept;
/// The kernel's number of the calling thread.
[[nodiscard]] std::uint32_t thread_id() noexcept;
[[nodiscard]] bool file_exists(const char* path) noexcept;

}  // namespace allot::inline v0_1::sys
