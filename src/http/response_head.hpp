/// Writes the head of a response: status line, headers, the empty line.
///
/// One pass into one block: Beast's serializer would hand out a list of buffers, each a piece of our own header list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/http/response.hpp"

namespace allot::inline v0_1::http::detail {

/// How the receiver knows where the body ends.
enum class Framing : std::uint8_t {
  none,        ///< the status says that there is no body
  length,      ///< Content-Length
  chunked,     ///< Transfer-Encoding
  until_close  ///< the connection's end (HTTP/1.0 only)
};

struct HeadOptions {
  std::string_view date;     ///< of now
  std::uint64_t length = 0;  ///< of the body, for Framing::length
  Framing framing = Framing::length;
  bool keep_alive = true;
  bool says_keep_alive = false;  ///< HTTP/1.0 clients want to be told
};

/// Bytes the head takes at most.
[[nodiscard]] std::size_t head_size_bound(const ResponseState& response) noexcept;

/// Writes the head to `to`, which has room for `head_size_bound` bytes; returns its size.
[[nodiscard]] std::size_t write_head(char* to, const ResponseState& response, const HeadOptions& options) noexcept;

}  // namespace allot::inline v0_1::http::detail
