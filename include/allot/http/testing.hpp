/// testing::Exchange: a request built by hand and the response to it, without a socket or a server.
///
///     Router router(arena.allocator());
///     router.get("/api/user/:id", get_user);
///     testing::Exchange test(arena.allocator(), router);
///     test.method("GET").target("/api/user/9000").header("Accept", "application/json").run();
///     EXPECT_EQ(test.status(), Status::ok);
///     EXPECT_EQ(test.body(), "{\"id\":9000}");
///
/// `run` does what a server does between parsing and sending: it routes, runs middleware and handler, answers errors,
/// follows a stream to its end (for 1000 pieces at most). To test a handler alone, call it with `request()` and
/// `response()`. Nothing is compressed and a file is only named. Not tied to any test framework.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/http/request.hpp"
#include "allot/http/response.hpp"
#include "allot/http/router.hpp"

namespace allot::inline v0_1::http::testing {

class Exchange {
 public:
  static constexpr std::size_t max_headers = 32;

  /// `arena` gives all memory and takes none back before this object's end; `router` is sealed by the first `run`.
  /// Both are held.
  Exchange(Allocator arena, Router& router) noexcept;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // The request. All texts are held, not copied.
  Exchange& method(std::string_view name) noexcept;
  /// Path and query, escaped as in a request line. Not well formed: `run` answers 400.
  Exchange& target(std::string_view target) noexcept;
  Exchange& header(std::string_view name, std::string_view value) noexcept;
  /// The body and its type.
  Exchange& body(std::string_view text, ContentType type = ContentType::text) noexcept;
  Exchange& form(std::string_view text) noexcept { return body(text, ContentType::form); }
  Exchange& json(std::string_view text) noexcept { return body(text, ContentType::json); }
  Exchange& limits(const Limits& limits) noexcept;

  /// Serves the request.
  Exchange& run() noexcept;

  // The response, after `run`.
  [[nodiscard]] Status status() const noexcept { return response_state_.status; }
  /// The value of the first header of that name, Content-Type included; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t header_count(std::string_view name) const noexcept;
  /// The body, chunks and streams as one text. Empty for files.
  [[nodiscard]] std::string_view body() const noexcept;
  /// Name of the error that the handler ended with; null when it did not.
  [[nodiscard]] const char* error() const noexcept { return response_state_.failure.error; }
  /// Whether the body would come from a file.
  [[nodiscard]] bool sends_file() const noexcept { return response_state_.kind == http::detail::BodyKind::file; }

  [[nodiscard]] Request& request() noexcept { return request_; }
  [[nodiscard]] Response& response() noexcept { return response_; }

 private:
  void follow_stream() noexcept;

  Router& router_;
  Limits limits_;
  sys::SocketAddress peer_;
  Field headers_[max_headers];
  std::size_t header_count_ = 0;
  http::detail::RequestState request_state_;
  http::detail::ResponseState response_state_;
  Request request_;
  Response response_;
  bool malformed_ = false;
};

}  // namespace allot::inline v0_1::http::testing
