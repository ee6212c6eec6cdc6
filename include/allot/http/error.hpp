/// Why something in the HTTP layer failed, and what status the client should see for it.
#pragma once

#include <cstdint>

#include "allot/base/alloc_error.hpp"
#include "allot/base/config.hpp"
#include "allot/base/result.hpp"
#include "allot/http/status.hpp"

namespace allot::inline v0_1::http {

enum class ErrorKind : std::uint8_t {
  out_of_memory = 1,  ///< the allocator, the request's budget or the server's is used up
  malformed,          ///< what the client sent breaks its format
  too_many,           ///< more fields, parameters or parts than the configured limit
  too_large,          ///< more bytes than the configured limit
  timed_out,          ///< the client was too slow
  closed,             ///< the connection ended
  not_found,          ///< no such file, or a path that leads out of its root
  invalid_address,    ///< the configured address is none
  no_such_address,    ///< this machine does not have the configured address: not its own, or IPv6 is switched off
  address_in_use,     ///< someone listens there already
  bad_route,          ///< a pattern that cannot be: no leading slash, an empty name, a glob followed by more
  duplicate_route,    ///< the method has a handler for this pattern already
  bad_argument,       ///< the program asked for something that HTTP cannot say, such as a header with a line break
  system,             ///< a system call failed; the error number says why
};

/// The kind's name: "OutOfMemory". A literal: nothing to free.
[[nodiscard]] const char* error_name(ErrorKind kind) noexcept;

/// Error of this layer's functions. A trivial value of eight bytes.
class [[nodiscard]] Error {
 public:
  /// `error_number` is an errno value, or 0 when no system call was involved.
  constexpr Error(ErrorKind kind, int error_number = 0) noexcept : error_number_(error_number), kind_(kind) {}
  constexpr Error(AllocError) noexcept : Error(ErrorKind::out_of_memory) {}

  [[nodiscard]] constexpr ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] constexpr int error_number() const noexcept { return error_number_; }

  friend constexpr bool operator==(Error, Error) noexcept = default;
  friend constexpr bool operator==(Error error, ErrorKind kind) noexcept { return error.kind_ == kind; }

 private:
  int error_number_;
  ErrorKind kind_;
};

[[nodiscard]] inline const char* error_name(Error error) noexcept {
  return error_name(error.kind());
}

/// What a client is told when a handler returns this error: 400 for what it sent, 503 when memory ran out, 500 for
/// what is not its fault. A `status_of` beside an error type of yours is found and used in the same way.
[[nodiscard]] Status status_of(Error error) noexcept;
[[nodiscard]] constexpr Status status_of(AllocError) noexcept {
  return Status::service_unavailable;
}

template <class T>
using HttpResult = Result<T, Error>;

}  // namespace allot::inline v0_1::http
