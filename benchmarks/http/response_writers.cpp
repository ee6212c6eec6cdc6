/// What a response costs until its bytes are ready to be sent: our writer beside Beast's message and serializer, with
/// its default allocator and with an arena. Prints the calls of the global heap a response; callgrind counts the rest:
///
///     valgrind --tool=callgrind --callgrind-out-file=/dev/null http_response_writers ours|beast|beast-arena COUNT
#include <array>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <string_view>

#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/http/response.hpp"
#include "response_head.hpp"

namespace {

namespace beast = boost::beast::http;

constexpr std::string_view body = R"({"id":"9000","name":"Leto","power":9001})";
constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";

std::size_t heap_calls = 0;
std::array<char, 4096> wire;
std::size_t wire_size = 0;

void write_ours() {
  std::array<std::byte, 8192> memory;
  allot::FixedBufferAllocator arena(memory);
  allot::http::detail::ResponseState state(arena.allocator());
  allot::http::Response response(state);
  response.set_content_type(allot::http::ContentType::json);
  response.set_header("X-Request-Id", "0123456789");
  response.set_header("Cache-Control", "no-store");
  allot::http::detail::HeadOptions options;
  options.date = date;
  options.length = body.size();
  wire_size = allot::http::detail::write_head(wire.data(), state, options);
  body.copy(wire.data() + wire_size, body.size());
  wire_size += body.size();
}

template <class Fields>
void serialize(beast::response<beast::span_body<const char>, Fields>& response) {
  response.set(beast::field::content_type, "application/json");
  response.set(beast::field::date, std::string_view(date));
  response.set("X-Request-Id", "0123456789");
  response.set(beast::field::cache_control, "no-store");
  response.body() = {body.data(), body.size()};
  response.prepare_payload();
  beast::response_serializer<beast::span_body<const char>, Fields> serializer(response);
  boost::beast::error_code error;
  wire_size = 0;
  while (!serializer.is_done() && !error) {
    std::size_t copied = 0;
    serializer.next(error, [&](boost::beast::error_code&, const auto& buffers) {
      copied = boost::asio::buffer_copy(boost::asio::buffer(wire.data() + wire_size, wire.size() - wire_size), buffers);
    });
    wire_size += copied;
    serializer.consume(copied);
  }
}

void write_beast() {
  beast::response<beast::span_body<const char>> response(beast::status::ok, 11);
  serialize(response);
}

void write_beast_arena() {
  std::array<std::byte, 8192> memory;
  std::pmr::monotonic_buffer_resource arena(memory.data(), memory.size(), std::pmr::null_memory_resource());
  using Fields = beast::basic_fields<std::pmr::polymorphic_allocator<char>>;
  beast::response<beast::span_body<const char>, Fields> response(std::piecewise_construct, std::make_tuple(),
                                                                 std::make_tuple(&arena));
  response.result(beast::status::ok);
  response.version(11);
  serialize(response);
}

}  // namespace

void* operator new(std::size_t size) {
  ++heap_calls;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

int main(int argc, char** argv) {
  const std::string_view which = argc > 1 ? argv[1] : "ours";
  const int count = argc > 2 ? std::atoi(argv[2]) : 1000;
  const auto write = which == "ours" ? &write_ours : which == "beast" ? &write_beast : &write_beast_arena;
  heap_calls = 0;
  for (int i = 0; i < count; ++i) write();
  std::printf("%.2f heap calls a response of %zu bytes\n", static_cast<double>(heap_calls) / count, wire_size);
  if (count == 1) std::printf("%.*s\n", static_cast<int>(wire_size), wire.data());
}
