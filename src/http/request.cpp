#include "allot/http/request.hpp"

#include <cstring>

#include "allot/base/try.hpp"
#include "allot/http/cookies.hpp"
#include "allot/http/text.hpp"
#include "allot/http/url.hpp"

namespace allot::inline v0_1::http {

namespace {

/// The list, parsed by `parse` the first time.
template <class List, class Parse>
HttpResult<List> parsed_once(detail::Lazy<List>& lazy, Parse parse) noexcept {
  if (!lazy.parsed) {
    ALLOT_TRY(lazy.list, parse());
    lazy.parsed = true;
  }
  return lazy.list;
}

bool is_urlencoded(std::string_view content_type) noexcept {
  return equals_ignoring_case(trimmed(take_until(content_type, ';')), "application/x-www-form-urlencoded");
}

}  // namespace

HttpResult<FieldList> Request::query() noexcept {
  return parsed_once(state_->query,
                     [&] { return parse_parameters(arena(), raw_query(), limits().max_parameter_count); });
}

HttpResult<FieldList> Request::form() noexcept {
  return parsed_once(state_->form, [&]() -> HttpResult<FieldList> {
    if (!is_urlencoded(header("content-type"))) return FieldList();
    return parse_parameters(arena(), body(), limits().max_parameter_count);
  });
}

HttpResult<PartList> Request::multipart() noexcept {
  return parsed_once(state_->parts,
                     [&] { return parse_multipart(arena(), header("content-type"), body(), limits().max_part_count); });
}

HttpResult<FieldList> Request::cookies() noexcept {
  return parsed_once(state_->cookies,
                     [&] { return parse_cookies(arena(), header("cookie"), limits().max_parameter_count); });
}

std::string_view Request::cookie(std::string_view name) noexcept {
  const HttpResult<FieldList> all = cookies();
  return all.has_value() ? all->get(name) : std::string_view();
}

HttpResult<std::size_t> Request::read_body(std::span<char> destination) noexcept {
  if (state_->source.read != nullptr) return state_->source.read(state_->source.context, destination);
  const std::string_view rest = body().substr(state_->body_read);
  const std::size_t count = rest.size() < destination.size() ? rest.size() : destination.size();
  if (count != 0) std::memcpy(destination.data(), rest.data(), count);
  state_->body_read += count;
  return count;
}

}  // namespace allot::inline v0_1::http
