/// EventStream: writes server-sent events (the text/event-stream format of the HTML standard).
///
/// Threads: not safe.
#pragma once

#include <string_view>

#include "allot/base/config.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::http {

struct Event {
  std::string_view data = {};  ///< line breaks are fine
  std::string_view name = {};  ///< the type of the event; without one it is "message"
  std::string_view id = {};    ///< what the client sends as Last-Event-ID when it reconnects
};

class EventStream {
 public:
  explicit EventStream(io::Writer out) noexcept : out_(out) {}

  /// Writes one event. Line breaks in name and id end them. A failure is remembered and ends the stream.
  void send(const Event& event) noexcept;
  void send(std::string_view data) noexcept { send(Event{data, {}, {}}); }
  /// A line the client ignores; keeps proxies from closing a quiet connection.
  void comment(std::string_view text) noexcept;
  /// How long the client waits before it reconnects.
  void retry(unsigned milliseconds) noexcept;

  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  void put(std::string_view text) noexcept;
  void put_line(std::string_view field, std::string_view value) noexcept;

  io::Writer out_;
  bool failed_ = false;
};

}  // namespace allot::inline v0_1::http
