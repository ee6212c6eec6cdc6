/// Formatted text without hidden allocations, over {fmt}: format strings are {fmt}'s and checked at compile time.
///
///     auto text = ALLOT_TRY_EXPR(alloc_print(allocator, "It's over {}!!!", 9000));   // the caller frees it
///     auto text = ALLOT_TRY_EXPR(buf_print(buffer, "Hello {}", name));               // in the caller's buffer
///     ALLOT_TRY_VOID(print(out, "{:>8.2f}\n", price));                                 // to an io::Writer
///
/// Spans, slices and lists of `char` (what alloc_print returns, ArrayList<char>, OwnedSlice<char>) print as text;
/// `any(value)` prints what {fmt} cannot (format/any.hpp). No exception leaves these functions. The heap is not
/// touched, whatever the arguments of built-in and string types, with one exception inside {fmt}: floating-point
/// numbers asked for with a precision of more than about 500 digits. Formatters of your own may do what they like. A
/// format string and its arguments can contradict each other at run time in one way: a width or precision taken from an
/// argument is negative or huge. Functions with an IoError return invalid_format then; the others, and formatters of
/// your own that throw, stop the program.
/// Threads: safe, as far as the arguments and the writer are.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "allot/base/config.hpp"
#include "allot/base/value_kinds.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/slices.hpp"
#include "allot/format/fmt.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1 {

namespace detail {

/// Containers of ours, which {fmt} does not know.
template <class T>
concept HasItems = requires(const std::remove_cvref_t<T>& list) {
  { list.items() } -> Slice;
};

/// How an argument is handed to {fmt}: slices and lists of char as text, everything else as it is.
template <class T>
using FormatArgument =
    std::conditional_t<(Slice<T> || HasItems<T>) && TextLike<const std::remove_cvref_t<T>>, std::string_view, T>;

template <class T>
constexpr decltype(auto) format_argument(T& value) noexcept {
  if constexpr (std::is_same_v<FormatArgument<T&>, std::string_view>) {
    return text_of(value);
  } else {
    return (value);
  }
}

Result<std::span<char>> alloc_print_arguments(Allocator allocator, fmt::string_view format,
                                              fmt::format_args arguments) noexcept;
Result<ZString> alloc_print_z_arguments(Allocator allocator, fmt::string_view format,
                                        fmt::format_args arguments) noexcept;
IoResult<std::span<char>> buf_print_arguments(std::span<char> buffer, fmt::string_view format,
                                              fmt::format_args arguments) noexcept;
IoResult<ZString> buf_print_z_arguments(std::span<char> buffer, fmt::string_view format,
                                        fmt::format_args arguments) noexcept;
IoResult<void> print_arguments(io::Writer out, fmt::string_view format, fmt::format_args arguments) noexcept;
void debug_print_arguments(fmt::string_view format, fmt::format_args arguments) noexcept;
std::size_t count_arguments(fmt::string_view format, fmt::format_args arguments) noexcept;

}  // namespace detail

/// A format string checked against the types of its arguments when it is compiled.
template <class... Args>
using FormatString = fmt::format_string<detail::FormatArgument<Args>...>;

/// The formatted text in a block of its exact size, which the caller owns and gives back with `free`. One allocation.
/// Error: out_of_memory.
template <class... Args>
[[nodiscard]] Result<std::span<char>> alloc_print(Allocator allocator, FormatString<Args...> format, Args&&... args) {
  return detail::alloc_print_arguments(allocator, format, fmt::make_format_args(detail::format_argument(args)...));
}

/// As `alloc_print`, followed by a zero.
template <class... Args>
[[nodiscard]] Result<ZString> alloc_print_z(Allocator allocator, FormatString<Args...> format, Args&&... args) {
  return detail::alloc_print_z_arguments(allocator, format, fmt::make_format_args(detail::format_argument(args)...));
}

/// The formatted text at the front of `buffer`, which may be filled to its last byte. Error: no_space_left when it does
/// not fit; the buffer then holds as much of it as fits.
template <class... Args>
[[nodiscard]] IoResult<std::span<char>> buf_print(std::span<char> buffer, FormatString<Args...> format,
                                                  Args&&... args) {
  return detail::buf_print_arguments(buffer, format, fmt::make_format_args(detail::format_argument(args)...));
}

/// As `buf_print`, followed by a zero (which also has to fit).
template <class... Args>
[[nodiscard]] IoResult<ZString> buf_print_z(std::span<char> buffer, FormatString<Args...> format, Args&&... args) {
  return detail::buf_print_z_arguments(buffer, format, fmt::make_format_args(detail::format_argument(args)...));
}

/// How many bytes the formatted text has. Writes nothing; costs as much as writing it.
template <class... Args>
[[nodiscard]] std::size_t count(FormatString<Args...> format, Args&&... args) {
  return detail::count_arguments(format, fmt::make_format_args(detail::format_argument(args)...));
}

/// Writes the formatted text to `out`. Errors: the writer's; invalid_format. On an error a part may have been written.
template <class... Args>
IoResult<void> print(io::Writer out, FormatString<Args...> format, Args&&... args) {
  return detail::print_arguments(out, format, fmt::make_format_args(detail::format_argument(args)...));
}

/// Writes the formatted text to standard error, without a buffer, and ignores errors. For debugging.
template <class... Args>
void debug_print(FormatString<Args...> format, Args&&... args) {
  detail::debug_print_arguments(format, fmt::make_format_args(detail::format_argument(args)...));
}

}  // namespace allot::inline v0_1
