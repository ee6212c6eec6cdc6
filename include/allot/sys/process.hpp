/// Facts about this process. One system call each. Threads: safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

[[nodiscard]] std::uint32_t process_id() noexcept;
[[nodiscard]] std::uint32_t parent_process_id() noexcept;
/// The kernel's number of the calling thread.
[[nodiscard]] std::uint32_t thread_id() noexcept;
[[nodiscard]] bool file_exists(const char* path) noexcept;

/// The value a variable of the environment had when this program was started, whatever was done to it since; copied to
/// `buffer` with a null behind it, empty when it was not set or does not fit. Works before the C library is set up.
[[nodiscard]] std::string_view read_start_environment(std::string_view name, std::span<char> buffer) noexcept;

/// The command line this program was started with, a null behind each argument, cut off to the buffer.
[[nodiscard]] std::string_view read_start_arguments(std::span<char> buffer) noexcept;

}  // namespace allot::inline v0_1::sys
