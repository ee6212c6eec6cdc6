/// What one request may ask for. Beyond a limit the client gets an error status and nothing is ignored silently.
#pragma once

#include <cstddef>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::http {

struct Limits {
  std::size_t max_head = 8192;           ///< bytes of request line and headers; more: 431
  std::size_t max_header_count = 64;     ///< headers; more: 431
  std::size_t max_body = 1024 * 1024;    ///< bytes of a buffered body; more: 413
  std::size_t max_parameter_count = 64;  ///< pairs of a query, of a urlencoded form, of a Cookie header
  std::size_t max_part_count = 32;       ///< parts of a multipart form
};

}  // namespace allot::inline v0_1::http
