/// Response: what a handler answers.
///
///     response.set_status(Status::created);
///     response.set_header("Location", location);
///     ALLOT_TRY_VOID(response.writer().write("hello"));
///
/// Setters cannot fail visibly: names and values are copied into the request's arena, and when it has no room left, or
/// a value is none HTTP can carry (a line break in a header), the failure is remembered and the client gets 503 or 500
/// instead of a damaged answer. The body is sent when the handler has returned; only chunks leave at once.
/// Threads: one response, one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/http/content_type.hpp"
#include "allot/http/cookies.hpp"
#include "allot/http/error.hpp"
#include "allot/http/event_stream.hpp"
#include "allot/http/fields.hpp"
#include "allot/http/handler.hpp"
#include "allot/http/status.hpp"
#include "allot/io/allocating_writer.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::json {
struct StringifyOptions;
}  // namespace allot::inline v0_1::json

namespace allot::inline v0_1::http {

class Response;

namespace detail {

enum class BodyKind : std::uint8_t {
  view,     ///< `body`
  written,  ///< what went through the writer
  file,     ///< a part of an open file
  stream,   ///< what `stream` produces, piece by piece
  chunks,   ///< sent already, but for its end
};

/// A part of an open file that is closed when the response ends.
struct FileBody {
  int descriptor = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Produces a body piece by piece; returns whether there is more.
struct StreamSource {
  void* object = nullptr;
  bool (*produce)(void* object, io::Writer out) = nullptr;
  void (*destroy)(void* object) noexcept = nullptr;
  int interval = 0;  ///< milliseconds between two pieces; 0: as fast as the client reads
};

/// How a chunk leaves while the handler runs; null where there is no client (tests).
struct ChunkSink {
  void* context = nullptr;
  HttpResult<void> (*send)(void* context, std::string_view data) noexcept = nullptr;
};

/// What a response consists of. Servers and tests make it; handlers see it through Response.
struct ResponseState {
  explicit ResponseState(Allocator memory) noexcept : arena(memory), writer(memory) {}
  ~ResponseState() { release_body(); }
  ResponseState(const ResponseState&) = delete;
  ResponseState& operator=(const ResponseState&) = delete;

  /// Closes the file and destroys the stream, if there is one; the body is empty then.
  void release_body() noexcept;
  /// The bytes of a body of kind view or written.
  [[nodiscard]] std::string_view body_text() const noexcept { return kind == BodyKind::written ? writer.text() : body; }

  Allocator arena;
  io::AllocatingWriter writer;
  std::span<Field> fields = {};
  std::size_t field_count = 0;
  std::string_view content_type = {};
  std::string_view body = {};
  FileBody file = {};
  StreamSource stream = {};
  ChunkSink chunk_sink = {};
  Outcome failure = {};
  Status status = Status::ok;
  BodyKind kind = BodyKind::view;
  bool compress = false;
  bool close = false;
  bool has_date = false;
};

}  // namespace detail

class Response {
 public:
  /// For implementers: `state` is held, not owned.
  explicit Response(detail::ResponseState& state) noexcept : state_(&state) {}
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

  /// Memory that lives until the response has been sent; nothing need be freed. The request's `arena()` is the same.
  [[nodiscard]] Allocator arena() const noexcept { return state_->arena; }

  [[nodiscard]] Status status() const noexcept { return state_->status; }
  void set_status(Status status) noexcept { state_->status = status; }
  /// 200 .. 599 (else the answer becomes 500).
  void set_status(int status) noexcept;

  /// A known type, or any media type (copied).
  void set_content_type(ContentType type) noexcept { state_->content_type = media_type_of(type); }
  void set_content_type(std::string_view media_type) noexcept;
  [[nodiscard]] std::string_view content_type() const noexcept { return state_->content_type; }

  /// Replaces all headers of that name by one. Both texts are copied. Content-Type goes where `set_content_type` puts
  /// it; Connection, Content-Length and Transfer-Encoding are the server's (an attempt makes the answer 500).
  void set_header(std::string_view name, std::string_view value) noexcept;
  /// Adds a header beside those of the same name.
  void add_header(std::string_view name, std::string_view value) noexcept;
  void remove_header(std::string_view name) noexcept;
  /// Headers set so far; the server adds its own when it sends. Setting more invalidates the list, not its texts.
  [[nodiscard]] FieldList headers() const noexcept {
    return {std::span<const Field>(state_->fields.data(), state_->field_count), NameCase::ignored};
  }

  /// Adds a Set-Cookie header.
  void set_cookie(std::string_view name, std::string_view value, const CookieOptions& options = {}) noexcept;

  /// The body, held and not copied: text in the arena, in the request or of static storage. Replaces any other body.
  void set_body(std::string_view body) noexcept;
  /// The body with its type, copied into the arena.
  void text(std::string_view body) noexcept { copy_body(ContentType::text, body); }
  void html(std::string_view body) noexcept { copy_body(ContentType::html, body); }
  /// The body from a value, written into the arena (allot/http_json.hpp). A value that cannot be written makes the
  /// answer 500.
  template <class T>
  void json(const T& value);
  template <class T>
  void json(const T& value, const json::StringifyOptions& options);
  /// 303 by default: the client asks for `location` with GET.
  void redirect(std::string_view location, Status status = Status::see_other) noexcept;

  /// Writes the body into a block of the arena that grows. The first call replaces any other body.
  [[nodiscard]] io::Writer writer() noexcept;

  /// Sends a piece of the body at once (chunked; the first call sends the headers), waiting for a slow client and
  /// keeping its worker busy meanwhile. Errors: closed, timed_out. What was sent cannot be taken back: status, headers
  /// and other bodies that are set later change nothing, and if the handler fails later, the connection is closed
  /// without the end of the body. Only while the handler runs.
  HttpResult<void> send_chunk(std::string_view data) noexcept;

  /// Produces the body piece by piece while the client reads it: `source(io::Writer)` is called until it returns false,
  /// each time after what it wrote before was sent and `interval` milliseconds went by. It runs on the worker, after
  /// the handler has returned; the request and the arena live on until it is destroyed. It must not touch the response,
  /// which is on its way. When a write fails or it throws, the connection is closed without the end of the body. A
  /// client that closes its side ends a stream with an interval; others are sent to their end.
  template <class Source>
  void stream(int interval, Source&& source) {
    store_source(interval, std::forward<Source>(source));
  }
  template <class Source>
  void stream(Source&& source) {
    store_source(0, std::forward<Source>(source));
  }

  /// Server-sent events: `source(EventStream&)` is called every `interval` milliseconds until it returns false or the
  /// client leaves.
  template <class Source>
  void event_stream(int interval, Source&& source) {
    using Stored = std::decay_t<Source>;
    static_assert(std::is_invocable_r_v<bool, Stored&, EventStream&>, "an event source is bool(EventStream&)");
    set_content_type(ContentType::event_stream);
    set_header("Cache-Control", "no-cache");
    store_source(interval, [held = Stored(std::forward<Source>(source))](io::Writer out) mutable {
      EventStream events(out);
      return held(events) && !events.failed();
    });
  }

  /// Sends `size` bytes of an open file from `offset` on. The descriptor is the response's from now on.
  void set_file(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept;

  /// Compresses the body (gzip) if the client accepts it and it is text of some length.
  void set_compress(bool compress) noexcept { state_->compress = compress; }
  /// Closes the connection after this response.
  void close_connection() noexcept { state_->close = true; }

  /// Makes the answer an error: what the handler said so far is replaced when it returns.
  void fail(Outcome outcome) noexcept;
  /// Forgets everything said so far but failures.
  void clear() noexcept;

  /// For implementers.
  [[nodiscard]] detail::ResponseState& state() noexcept { return *state_; }

 private:
  void copy_body(ContentType type, std::string_view body) noexcept;
  void put_field(std::string_view name, std::string_view value) noexcept;
  [[nodiscard]] bool check_field(std::string_view name, std::string_view value) noexcept;
  void set_stream(const detail::StreamSource& source) noexcept;

  template <class Source>
  void store_source(int interval, Source&& source) {
    using Stored = std::decay_t<Source>;
    static_assert(std::is_invocable_r_v<bool, Stored&, io::Writer>, "a source is bool(io::Writer)");
    const Result<Stored*> stored = arena().template create<Stored>(std::forward<Source>(source));
    if (!stored.has_value()) return fail({"OutOfMemory", Status::service_unavailable});
    set_stream({*stored, [](void* object, io::Writer out) { return (*static_cast<Stored*>(object))(out); },
                [](void* object) noexcept { static_cast<Stored*>(object)->~Stored(); }, interval});
  }

  detail::ResponseState* state_;
};

}  // namespace allot::inline v0_1::http
