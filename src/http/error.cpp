#include "allot/http/error.hpp"

namespace allot::inline v0_1::http {

const char* error_name(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::out_of_memory:
      return "OutOfMemory";
    case ErrorKind::malformed:
      return "Malformed";
    case ErrorKind::too_many:
      return "TooMany";
    case ErrorKind::too_large:
      return "TooLarge";
    case ErrorKind::timed_out:
      return "TimedOut";
    case ErrorKind::closed:
      return "Closed";
    case ErrorKind::not_found:
      return "NotFound";
    case ErrorKind::invalid_address:
      return "InvalidAddress";
    case ErrorKind::no_such_address:
      return "NoSuchAddress";
    case ErrorKind::address_in_use:
      return "AddressInUse";
    case ErrorKind::bad_route:
      return "BadRoute";
    case ErrorKind::duplicate_route:
      return "DuplicateRoute";
    case ErrorKind::bad_argument:
      return "BadArgument";
    case ErrorKind::system:
      return "System";
  }
  return "Unknown";
}

Status status_of(Error error) noexcept {
  switch (error.kind()) {
    case ErrorKind::out_of_memory:
      return Status::service_unavailable;
    case ErrorKind::malformed:
    case ErrorKind::too_many:
      return Status::bad_request;
    case ErrorKind::too_large:
      return Status::content_too_large;
    case ErrorKind::timed_out:
      return Status::request_timeout;
    case ErrorKind::not_found:
      return Status::not_found;
    default:
      return Status::internal_server_error;
  }
}

}  // namespace allot::inline v0_1::http
