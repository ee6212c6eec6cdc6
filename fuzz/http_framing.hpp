/// What must hold for any bytes a client sends; used by the fuzzer and by the replay of its corpus: the server's parts
/// that read heads and bodies come to what the reference comes to, whole and split at every byte, and Boost.Beast's own
/// reader agrees about every request that is taken.
#pragma once

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "chunk_decoder.hpp"
#include "http_reference.hpp"
#include "request_parser.hpp"

namespace allot::fuzz {

inline void require_framing(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// The server's reading of a stream that arrives in pieces, without its sockets. Each piece makes a new heap block of
/// exactly its size, so that AddressSanitizer sees a look beyond the end.
class FramingReader {
 public:
  static constexpr std::size_t max_head = 8192;

  /// More of the stream.
  void receive(std::string_view piece) {
    std::unique_ptr<char[]> larger(new char[size_ + piece.size()]);
    if (size_ != 0) std::memcpy(larger.get(), data_.get(), size_);
    if (!piece.empty()) std::memcpy(larger.get() + size_, piece.data(), piece.size());
    data_ = std::move(larger);
    size_ += piece.size();
    if (seen_.verdict != Verdict::refused) read_all();
  }

  [[nodiscard]] const FramedStream& seen() const { return seen_; }

 private:
  void read_all() {
    do {
      seen_.verdict = reads_chunks_ ? read_chunks() : read_head();
    } while (seen_.verdict == Verdict::whole);
  }

  [[nodiscard]] std::string_view rest() const { return {data_.get() + at_, size_ - at_}; }

  Verdict read_head() {
    while (rest().starts_with("\r\n")) {
      at_ += 2;
      searched_ = 0;
    }
    const std::size_t head_size = http::detail::find_head_end(rest(), searched_);
    if (head_size > max_head || (head_size == 0 && rest().size() >= max_head)) return Verdict::refused;
    if (head_size == 0) {
      searched_ = rest().size();
      return Verdict::partial;
    }
    http::Field fields[64];
    http::detail::RequestHead head;
    const http::Status status = http::detail::parse_request_head(rest().substr(0, head_size), fields, head);
    if (status != http::Status::ok) return Verdict::refused;
    note_head(head);
    if (head.chunked) {
      head_end_ = at_ + head_size;
      chunks_ = http::detail::ChunkDecoder(head_end_);
      reads_chunks_ = true;
      return read_chunks();
    }
    if (rest().size() - head_size < head.content_length) return Verdict::partial;
    const auto length = static_cast<std::size_t>(head.content_length);
    return take(rest().substr(head_size, length), at_ + head_size + length);
  }

  void note_head(const http::detail::RequestHead& head) {
    request_ = {};
    request_.method = head.method;
    request_.target = head.target;
    request_.minor_version = head.minor_version;
    request_.begin = at_ + removed_;
    for (const http::Field& field : head.headers) request_.headers.emplace_back(field.name, field.value);
  }

  Verdict read_chunks() {
    const auto progress = chunks_.decode(data_.get(), size_);
    if (progress == http::detail::ChunkDecoder::Progress::malformed) return Verdict::refused;
    if (progress == http::detail::ChunkDecoder::Progress::needs_more) {
      const std::size_t before = size_;
      chunks_.compact(data_.get(), size_);
      removed_ += before - size_;
      return Verdict::partial;
    }
    reads_chunks_ = false;
    return take({data_.get() + head_end_, chunks_.decoded_end() - head_end_}, chunks_.raw_position());
  }

  Verdict take(std::string_view body, std::size_t end) {
    request_.body = body;
    request_.end = end + removed_;
    at_ = end;
    searched_ = 0;
    seen_.requests.push_back(request_);
    return Verdict::whole;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  std::size_t searched_ = 0;
  std::size_t head_end_ = 0;
  std::size_t removed_ = 0;  ///< bytes of chunk framing that compaction took out
  bool reads_chunks_ = false;
  http::detail::ChunkDecoder chunks_;
  FramedRequest request_;
  FramedStream seen_;
};

/// Beast reads a request that was taken in the same way. It is pickier about what the server drops unread: chunk
/// extensions and trailers.
inline void require_beast_agrees(const FramedRequest& request, std::string_view stream) {
  namespace beast = boost::beast::http;
  beast::request_parser<beast::string_body> parser;
  parser.eager(true);
  parser.header_limit(UINT32_MAX);
  parser.body_limit(boost::none);
  const std::string_view bytes = stream.substr(request.begin, request.end - request.begin);
  boost::beast::error_code error;
  std::size_t taken = 0;
  while (!error && !parser.is_done() && taken < bytes.size()) {
    taken += parser.put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
  }
  const bool about_unread = parser.is_header_done() && parser.chunked();
  if (error && about_unread) return;
  require_framing(!error, "Beast refuses a request that the server takes");
  require_framing(parser.is_done() && taken == bytes.size(), "Beast sees another end");
  const auto& message = parser.get();
  require_framing(request.method == std::string_view(message.method_string().data(), message.method_string().size()),
                  "Beast sees another method");
  require_framing(request.target == std::string_view(message.target().data(), message.target().size()),
                  "Beast sees another target");
  require_framing(request.body == message.body(), "Beast sees another body");
}

/// Longer streams are read whole only: cutting them takes time squared.
constexpr std::size_t longest_trickled = 1024;
constexpr std::size_t longest_halved = 256;

/// Aborts when a promise is broken. Returns the reference's reading.
inline FramedStream check_framing(std::string_view stream) {
  const FramedStream expected = Reference(stream).read();
  FramingReader whole;
  whole.receive(stream);
  require_framing(whole.seen() == expected, "the whole stream is read as the reference reads it");
  for (const FramedRequest& request : expected.requests) require_beast_agrees(request, stream);
  if (stream.size() > longest_trickled) return expected;
  FramingReader trickled;
  for (const char& byte : stream) trickled.receive({&byte, 1});
  require_framing(stream.empty() || trickled.seen() == expected, "byte by byte it says the same");
  for (std::size_t at = 1; at < stream.size() && stream.size() <= longest_halved; ++at) {
    FramingReader halves;
    halves.receive(stream.substr(0, at));
    halves.receive(stream.substr(at));
    require_framing(halves.seen() == expected, "in two pieces it says the same");
  }
  return expected;
}

}  // namespace allot::fuzz
