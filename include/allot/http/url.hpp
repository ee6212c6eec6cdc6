/// Request targets, percent escapes, and the name=value&... form of queries and forms.
///
/// Nothing is copied where nothing is escaped: results are views into the text they were made from, or into memory of
/// the given allocator (the request's arena, in a server), and are never freed one by one.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/http/error.hpp"
#include "allot/http/fields.hpp"

namespace allot::inline v0_1::http {

/// What a request line asks for, still escaped.
struct Target {
  std::string_view path;            ///< from the first slash to the query; "*" for OPTIONS *
  std::string_view query;           ///< after the question mark
  std::string_view authority = {};  ///< of the absolute form: "host:port"
};

/// Splits the origin form ("/path?query"), the absolute form ("http://host/path?query", "https" too) and "*". A
/// fragment is malformed: clients never send one. O(length).
[[nodiscard]] HttpResult<Target> split_target(std::string_view target) noexcept;

/// Whether `text` has only characters that a host and its port can have (RFC 3986, 3.2.2), without user name. True of
/// empty text. O(length).
[[nodiscard]] bool is_authority(std::string_view text) noexcept;

enum class Plus : unsigned char { is_plus, is_space };

/// `text` with its %XX escapes (and '+', where it stands for a space) replaced. Without any it is `text` itself.
/// Error: malformed (a '%' without two hexadecimal digits), out_of_memory. O(length).
[[nodiscard]] HttpResult<std::string_view> percent_decode(Allocator allocator, std::string_view text,
                                                          Plus plus = Plus::is_plus) noexcept;

/// `text` with everything but letters, digits and "-._~" escaped. Owned by the caller.
[[nodiscard]] Result<std::span<char>> percent_encode(Allocator allocator, std::string_view text) noexcept;

/// Whether every '%' in `text` begins an escape.
[[nodiscard]] bool is_well_escaped(std::string_view text) noexcept;

/// Three-way comparison (negative, 0, positive) of an escaped text, decoded on the fly, with a plain one.
/// `escaped` must be well escaped.
[[nodiscard]] int compare_decoded(std::string_view escaped, std::string_view plain) noexcept;

/// The pairs of "a=1&b=2". A name without '=' has an empty value; empty pairs are skipped.
/// Error: malformed, too_many (more than `max_count` pairs), out_of_memory.
[[nodiscard]] HttpResult<FieldList> parse_parameters(Allocator allocator, std::string_view text,
                                                     std::size_t max_count) noexcept;

}  // namespace allot::inline v0_1::http
