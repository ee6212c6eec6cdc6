#include "allot/http/middleware.hpp"

#include <cstdint>

#include "allot/http/request.hpp"
#include "allot/http/response.hpp"
#include "allot/http/text.hpp"
#include "allot/sys/clock.hpp"

namespace allot::inline v0_1::http {

namespace {

constexpr std::size_t longest_log_line = 1024;  // room for what is cut below and the numbers
constexpr std::size_t longest_method = 32;
constexpr std::size_t longest_target = 512;
constexpr std::size_t longest_error = 256;

/// Text from a client, safe to show on a terminal.
void put_visible(const Sink& sink, std::string_view text) noexcept {
  for (const char c : text) sink.character(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c);
}

std::int64_t microseconds_since(std::int64_t begin) noexcept {
  return (sys::monotonic_nanoseconds() - begin) / 1000;
}

}  // namespace

bool Cors::is_allowed(std::string_view origin) const noexcept {
  if (options_.origins.empty()) return !options_.credentials;  // else any page could act as its visitors
  for (const std::string_view allowed : options_.origins) {
    if (allowed == origin) return true;
  }
  return false;
}

void Cors::answer_preflight(Response& response) const noexcept {
  response.set_status(Status::no_content);
  response.set_header("Access-Control-Allow-Methods", options_.methods);
  response.set_header("Access-Control-Allow-Headers", options_.headers);
  response.set_header("Access-Control-Max-Age", options_.max_age);
}

Outcome Cors::operator()(Request& request, Response& response, Next next) const noexcept {
  const std::string_view origin = request.header("Origin");
  const bool names_origin = options_.credentials || !options_.origins.empty();
  if (names_origin) response.add_header("Vary", "Origin");
  if (origin.empty() || !is_allowed(origin)) return next(request, response);
  response.set_header("Access-Control-Allow-Origin", names_origin ? origin : "*");
  if (options_.credentials) response.set_header("Access-Control-Allow-Credentials", "true");
  const bool preflight =
      request.method() == Method::options && !request.header("Access-Control-Request-Method").empty();
  if (preflight) {
    answer_preflight(response);
    return {};
  }
  if (!options_.exposed_headers.empty()) {
    response.set_header("Access-Control-Expose-Headers", options_.exposed_headers);
  }
  return next(request, response);
}

Outcome RequestLog::operator()(Request& request, Response& response, Next next) const noexcept {
  const std::int64_t begin = sys::monotonic_nanoseconds();
  const Outcome outcome = next(request, response);
  char text[longest_log_line];
  BufferSink line(text, sizeof(text));
  char peer[64];
  line.sink().text(request.peer().format(peer)).character(' ');
  line.sink().text(request.method_text().substr(0, longest_method)).character(' ');
  put_visible(line.sink(), request.target().substr(0, longest_target));
  const Status status = outcome.failed() ? outcome.status : response.status();
  line.sink().character(' ').number(static_cast<std::uint64_t>(status)).character(' ');
  line.sink().number(response.state().body_text().size()).text(" B ");
  line.sink().signed_number(microseconds_since(begin)).text(" us");
  if (outcome.failed()) {
    line.sink().character(' ');
    put_visible(line.sink(), std::string_view(outcome.error).substr(0, longest_error));
  }
  line.sink().newline();
  sink_.text(line.view());
  return outcome;
}

Outcome ServerTiming::operator()(Request& request, Response& response, Next next) const noexcept {
  const std::int64_t begin = sys::monotonic_nanoseconds();
  const Outcome outcome = next(request, response);
  const std::int64_t taken = microseconds_since(begin);
  char text[64];
  BufferSink value(text, sizeof(text));
  value.sink().text("handler;dur=").signed_number(taken / 1000).character('.');
  value.sink().number(static_cast<std::uint64_t>(taken / 100 % 10));
  response.set_header("Server-Timing", value.view());
  return outcome;
}

}  // namespace allot::inline v0_1::http
