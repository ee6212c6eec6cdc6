/// Status codes and their reason phrases (RFC 9110 and the IANA registry).
#pragma once

#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::http {

/// A status code. Codes without a name here are made with `Status(299)`.
enum class Status : std::uint16_t {
  continue_ = 100,
  switching_protocols = 101,
  early_hints = 103,
  ok = 200,
  created = 201,
  accepted = 202,
  non_authoritative_information = 203,
  no_content = 204,
  reset_content = 205,
  partial_content = 206,
  multiple_choices = 300,
  moved_permanently = 301,
  found = 302,
  see_other = 303,
  not_modified = 304,
  temporary_redirect = 307,
  permanent_redirect = 308,
  bad_request = 400,
  unauthorized = 401,
  payment_required = 402,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  proxy_authentication_required = 407,
  request_timeout = 408,
  conflict = 409,
  gone = 410,
  length_required = 411,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  unsupported_media_type = 415,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  im_a_teapot = 418,
  misdirected_request = 421,
  unprocessable_content = 422,
  locked = 423,
  too_early = 425,
  upgrade_required = 426,
  precondition_required = 428,
  too_many_requests = 429,
  request_header_fields_too_large = 431,
  unavailable_for_legal_reasons = 451,
  internal_server_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  service_unavailable = 503,
  gateway_timeout = 504,
  http_version_not_supported = 505,
  insufficient_storage = 507,
};

/// "Not Found" for 404; "Unknown" for codes without a name. A literal.
[[nodiscard]] std::string_view reason_of(Status status) noexcept;

/// Whether a response of this status has no body by definition (1xx, 204, 304).
[[nodiscard]] constexpr bool has_no_body(Status status) noexcept {
  return static_cast<std::uint16_t>(status) < 200 || status == Status::no_content || status == Status::not_modified;
}

}  // namespace allot::inline v0_1::http
