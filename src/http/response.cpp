#include "allot/http/response.hpp"

#include "allot/http/method.hpp"
#include "allot/http/text.hpp"
#include "allot/sys/files.hpp"

namespace allot::inline v0_1::http {

namespace {

constexpr Outcome no_memory{"OutOfMemory", Status::service_unavailable};
constexpr Outcome bad_header{"a header that HTTP cannot carry", Status::internal_server_error};

/// Headers that say how a message ends: only the server knows.
bool is_framing(std::string_view name) noexcept {
  return equals_ignoring_case(name, "Content-Length") || equals_ignoring_case(name, "Transfer-Encoding") ||
         equals_ignoring_case(name, "Connection");
}

}  // namespace

namespace detail {

void ResponseState::release_body() noexcept {
  if (file.descriptor >= 0) sys::close_file(file.descriptor);
  if (stream.destroy != nullptr) stream.destroy(stream.object);
  file = {};
  stream = {};
  writer.clear();
  body = {};
  if (kind != BodyKind::chunks) kind = BodyKind::view;
}

}  // namespace detail

void Response::set_status(int status) noexcept {
  if (status < 200 || status > 599) return fail({"a status outside 200 .. 599", Status::internal_server_error});
  state_->status = static_cast<Status>(status);
}

void Response::set_content_type(std::string_view media_type) noexcept {
  const auto copy = arena().dupe(media_type);
  if (!copy.has_value()) return fail(no_memory);
  if (!is_field_value(media_type)) return fail(bad_header);
  state_->content_type = {copy->data(), copy->size()};
}

bool Response::check_field(std::string_view name, std::string_view value) noexcept {
  const bool good = is_token(name) && is_field_value(value) && !is_framing(name);
  if (!good) fail(bad_header);
  return good;
}

void Response::set_header(std::string_view name, std::string_view value) noexcept {
  if (equals_ignoring_case(name, "Content-Type")) return set_content_type(value);
  if (!check_field(name, value)) return;
  remove_header(name);
  put_field(name, value);
}

void Response::add_header(std::string_view name, std::string_view value) noexcept {
  if (equals_ignoring_case(name, "Content-Type")) return set_content_type(value);
  if (check_field(name, value)) put_field(name, value);
}

void Response::put_field(std::string_view name, std::string_view value) noexcept {
  if (state_->field_count == state_->fields.size()) {
    const auto larger = arena().realloc(state_->fields, state_->fields.size() * 2 + 8);
    if (!larger.has_value()) return fail(no_memory);
    state_->fields = *larger;
  }
  const auto name_copy = arena().dupe(name);
  const auto value_copy = arena().dupe(value);
  if (!name_copy.has_value() || !value_copy.has_value()) return fail(no_memory);
  state_->fields[state_->field_count++] = {{name_copy->data(), name.size()}, {value_copy->data(), value.size()}};
  state_->has_date |= equals_ignoring_case(name, "Date");
}

void Response::remove_header(std::string_view name) noexcept {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < state_->field_count; ++i) {
    if (!equals_ignoring_case(state_->fields[i].name, name)) state_->fields[kept++] = state_->fields[i];
  }
  state_->field_count = kept;
}

void Response::set_cookie(std::string_view name, std::string_view value, const CookieOptions& options) noexcept {
  const auto text = format_cookie(arena(), name, value, options);
  if (text.has_value()) return put_field("Set-Cookie", {text->data(), text->size()});
  fail({error_name(text.error()), status_of(text.error())});
}

void Response::set_body(std::string_view body) noexcept {
  state_->release_body();
  state_->body = body;
}

void Response::copy_body(ContentType type, std::string_view body) noexcept {
  const auto copy = arena().dupe(body);
  if (!copy.has_value()) return fail(no_memory);
  set_body({copy->data(), copy->size()});
  set_content_type(type);
}

void Response::redirect(std::string_view location, Status status) noexcept {
  set_status(status);
  set_header("Location", location);
}

io::Writer Response::writer() noexcept {
  if (state_->kind != detail::BodyKind::written) state_->release_body();
  if (state_->kind == detail::BodyKind::view) state_->kind = detail::BodyKind::written;
  return state_->writer.writer();
}

HttpResult<void> Response::send_chunk(std::string_view data) noexcept {
  if (state_->kind != detail::BodyKind::chunks) state_->release_body();
  state_->kind = detail::BodyKind::chunks;
  if (data.empty()) return {};
  if (state_->chunk_sink.send != nullptr) return state_->chunk_sink.send(state_->chunk_sink.context, data);
  if (!state_->writer.writer().write(data).has_value()) return Unexpected(Error(ErrorKind::out_of_memory));
  return {};
}

void Response::set_stream(const detail::StreamSource& source) noexcept {
  state_->release_body();
  state_->stream = source;
  state_->kind = detail::BodyKind::stream;
}

void Response::set_file(int descriptor, std::uint64_t offset, std::uint64_t size) noexcept {
  state_->release_body();
  state_->file = {descriptor, offset, size};
  state_->kind = detail::BodyKind::file;
}

void Response::fail(Outcome outcome) noexcept {
  if (!state_->failure.failed()) state_->failure = outcome;
}

void Response::clear() noexcept {
  state_->release_body();
  state_->field_count = 0;
  state_->content_type = {};
  state_->status = Status::ok;
  state_->has_date = false;
}

}  // namespace allot::inline v0_1::http
