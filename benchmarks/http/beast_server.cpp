/// The yardstick: the same reply from a minimal Boost.Beast server, written as Beast's documentation does it
/// (asynchronous, std::string bodies, one io_context a thread). Port and threads as arguments.
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : stream_(std::move(socket)) {}

  void read() {
    request_ = {};
    http::async_read(stream_, buffer_, request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->answer();
    });
  }

 private:
  void answer() {
    response_ = {http::status::ok, request_.version()};
    response_.set(http::field::content_type, "application/json");
    response_.keep_alive(request_.keep_alive());
    const std::string target(request_.target());
    const std::string prefix = "/api/user/";
    if (target.compare(0, prefix.size(), prefix) != 0) {
      response_.result(http::status::not_found);
    } else {
      response_.body() = "{\"id\":\"" + target.substr(prefix.size()) + "\",\"name\":\"Leto\",\"power\":9001}";
    }
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error && self->response_.keep_alive()) self->read();
    });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
};

class Listener {
 public:
  Listener(boost::asio::io_context& context, std::uint16_t port) : context_(context), acceptor_(context) {
    const tcp::endpoint endpoint(boost::asio::ip::make_address("127.0.0.1"), port);
    acceptor_.open(endpoint.protocol());
    const int on = 1;
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    acceptor_.bind(endpoint);
    acceptor_.listen();
  }
  void accept() {
    acceptor_.async_accept(context_, [this](beast::error_code error, tcp::socket socket) {
      if (!error) {
        socket.set_option(tcp::no_delay(true));
        std::make_shared<Session>(std::move(socket))->read();
      }
      accept();
    });
  }

 private:
  boost::asio::io_context& context_;
  tcp::acceptor acceptor_;
};

void serve(std::uint16_t port) {
  boost::asio::io_context context(1);
  Listener listener(context, port);
  listener.accept();
  context.run();
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 5883);
  const int count = argc > 2 ? std::atoi(argv[2]) : 1;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(serve, port);
  for (std::thread& thread : threads) thread.join();
}
