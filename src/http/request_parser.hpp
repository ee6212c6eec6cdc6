/// Reads the head of a request: request line and headers.
///
/// The grammar is Boost.Beast's parser, over one flat buffer and without allocations; on top of it come the rules that
/// keep two servers from reading one message differently (RFC 9112, sections 3.2, 5.1, 6.1, 6.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/http/fields.hpp"
#include "allot/http/status.hpp"

namespace allot::inline v0_1::http::detail {

/// What a head says. All text is a view into it.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view host;  ///< of the Host header
  FieldList headers;
  std::uint64_t content_length = 0;
  unsigned char minor_version = 1;
  bool chunked = false;
  bool has_host = false;
  bool keep_alive = true;
  bool expects_continue = false;
};

/// Bytes up to and with the empty line that ends a head; 0 when it has not arrived yet. `searched` bytes are known not
/// to hold its end.
[[nodiscard]] std::size_t find_head_end(std::string_view data, std::size_t searched) noexcept;

/// Reads a complete head; its headers are listed in `storage`. `Status::ok`, or the status to answer with before the
/// connection is closed: nothing behind a head that cannot be read can be trusted.
[[nodiscard]] Status parse_request_head(std::string_view head, std::span<Field> storage, RequestHead& parsed) noexcept;

}  // namespace allot::inline v0_1::http::detail
