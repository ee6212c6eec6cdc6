#include "request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include "allot/http/text.hpp"

namespace allot::inline v0_1::http::detail {

namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view as_view(BeastView text) noexcept {
  return {text.data(), text.size()};
}

/// Collects what Beast's parser finds, and the first status that forbids going on.
class HeadCollector final : public beast::basic_parser<true> {
 public:
  HeadCollector(std::string_view head, std::span<Field> storage, RequestHead& parsed) noexcept
      : head_(head), storage_(storage), parsed_(parsed) {
    header_limit(UINT32_MAX);
    body_limit(boost::none);
  }

  Status run() noexcept {
    error_code error;
    put(boost::asio::const_buffer(head_.data(), head_.size()), error);
    if (status_ != Status::ok) return status_;
    if (error.failed() || !is_header_done()) return status_of_error(error);
    return check_whole();
  }

 private:
  static Status status_of_error(const error_code& error) noexcept {
    if (error == beast::error::bad_version) return Status::http_version_not_supported;
    return Status::bad_request;
  }

  /// Stops the parser with the status to answer.
  void refuse(Status status, error_code& error) noexcept {
    status_ = status;
    error = beast::error::bad_value;
  }

  Status check_whole() noexcept {
    const bool is_1_1 = parsed_.minor_version == 1;
    if (hosts_ > 1 || (is_1_1 && hosts_ == 0)) return Status::bad_request;
    if (has_transfer_encoding_ && (!is_1_1 || has_length_)) return Status::bad_request;
    parsed_.has_host = hosts_ != 0;
    parsed_.headers = FieldList(storage_.first(count_), NameCase::ignored);
    parsed_.keep_alive = keep_alive();
    parsed_.expects_continue = parsed_.expects_continue && is_1_1;
    return Status::ok;
  }

  void on_request_impl(beast::verb, BeastView method, BeastView target, int version, error_code& error) override {
    parsed_.method = as_view(method);
    parsed_.target = as_view(target);
    if (version != 10 && version != 11) return refuse(Status::http_version_not_supported, error);
    parsed_.minor_version = version == 11 ? 1 : 0;
  }

  void on_field_impl(beast::field id, BeastView name, BeastView value, error_code& error) override {
    const Field field{as_view(name), as_view(value)};
    if (is_folded(field.name) || !is_field_value(field.value)) return refuse(Status::bad_request, error);
    if (count_ == storage_.size()) return refuse(Status::request_header_fields_too_large, error);
    storage_[count_++] = field;
    check_field(id, field.value, error);
  }

  /// Whether the line that begins with `name` goes on in the next one, which begins with a blank then. Beast joins
  /// them; in a request that is an error (RFC 9112, 5.2).
  [[nodiscard]] bool is_folded(std::string_view name) const noexcept {
    const auto behind_name = static_cast<std::size_t>(name.data() + name.size() - head_.data());
    const std::size_t next = head_.find('\r', behind_name) + 2;
    return head_[next] == ' ' || head_[next] == '\t';
  }

  void check_field(beast::field id, std::string_view value, error_code& error) noexcept {
    switch (id) {
      case beast::field::host:
        ++hosts_;
        parsed_.host = value;
        break;
      case beast::field::content_length:
        check_length(value, error);
        break;
      case beast::field::transfer_encoding:
        check_encoding(value, error);
        break;
      case beast::field::expect:
        parsed_.expects_continue = equals_ignoring_case(value, "100-continue");
        if (!parsed_.expects_continue) refuse(Status::expectation_failed, error);
        break;
      default:
        break;
    }
  }

  /// One Content-Length of digits: lists, signs and repetitions are read differently by different servers.
  void check_length(std::string_view value, error_code& error) noexcept {
    const auto length = parse_decimal(value);
    if (!length.has_value() || has_length_) return refuse(Status::bad_request, error);
    has_length_ = true;
    parsed_.content_length = *length;
  }

  /// The one coding we know, once.
  void check_encoding(std::string_view value, error_code& error) noexcept {
    if (has_transfer_encoding_) return refuse(Status::bad_request, error);
    has_transfer_encoding_ = true;
    parsed_.chunked = equals_ignoring_case(value, "chunked");
    if (!parsed_.chunked) refuse(Status::not_implemented, error);
  }

  // Only the head is handed to the parser, so nothing of a body arrives here; the calls exist because they must.
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(BeastView, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}
  // A response cannot come.
  void on_response_impl(int, BeastView, int, error_code&) override {}

  std::string_view head_;
  std::span<Field> storage_;
  RequestHead& parsed_;
  std::size_t count_ = 0;
  unsigned hosts_ = 0;
  Status status_ = Status::ok;
  bool has_length_ = false;
  bool has_transfer_encoding_ = false;
};

}  // namespace

std::size_t find_head_end(std::string_view data, std::size_t searched) noexcept {
  const std::size_t from = searched < 3 ? 0 : searched - 3;
  const std::size_t end = data.find("\r\n\r\n", from);
  return end == std::string_view::npos ? 0 : end + 4;
}

Status parse_request_head(std::string_view head, std::span<Field> storage, RequestHead& parsed) noexcept {
  try {
    return HeadCollector(head, storage, parsed).run();
  } catch (...) {
    return Status::internal_server_error;
  }
}

}  // namespace allot::inline v0_1::http::detail
