#include "allot/http/metrics.hpp"

#include <charconv>
#include <string_view>

#include "allot/base/try.hpp"
#include "allot/http/server.hpp"
#include "counters.hpp"

namespace allot::inline v0_1::http {

namespace {

/// Writes lines of the Prometheus text format.
class Exposition {
 public:
  explicit Exposition(io::Writer out) noexcept : out_(out) {}

  /// Begins a metric: its type, then its samples.
  void family(std::string_view name, std::string_view type) noexcept {
    put("# TYPE ");
    put(name);
    put(" ");
    put(type);
    put("\n");
  }
  void sample(std::string_view name_and_labels, std::uint64_t value) noexcept {
    put(name_and_labels);
    put(" ");
    put_number(value);
    put("\n");
  }
  void counter(std::string_view name, std::uint64_t value) noexcept {
    family(name, "counter");
    sample(name, value);
  }
  void gauge(std::string_view name, std::uint64_t value) noexcept {
    family(name, "gauge");
    sample(name, value);
  }
  /// A sample with one label whose value is a number.
  void labelled(std::string_view name, std::string_view label, std::uint64_t label_value, std::string_view suffix,
                std::uint64_t value) noexcept {
    put(name);
    put("{");
    put(label);
    put("=\"");
    put_number(label_value);
    put(suffix);
    put("\"} ");
    put_number(value);
    put("\n");
  }

  [[nodiscard]] IoResult<void> result() const noexcept { return result_; }

 private:
  void put(std::string_view text) noexcept {
    if (result_.has_value()) result_ = out_.write(text);
  }
  void put_number(std::uint64_t number) noexcept {
    char digits[20];
    const char* end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
    put({digits, static_cast<std::size_t>(end - digits)});
  }

  io::Writer out_;
  IoResult<void> result_;
};

void put_arena_histogram(Exposition& out, const Metrics& metrics) noexcept {
  constexpr std::string_view name = "http_request_arena_bytes";
  out.family(name, "histogram");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < std::size(Metrics::arena_bounds); ++i) {
    total += metrics.arena_histogram[i];
    out.labelled("http_request_arena_bytes_bucket", "le", Metrics::arena_bounds[i], "", total);
  }
  total += metrics.arena_histogram.back();
  out.sample("http_request_arena_bytes_bucket{le=\"+Inf\"}", total);
  out.sample("http_request_arena_bytes_sum", metrics.arena_bytes);
  out.sample("http_request_arena_bytes_count", total);
}

}  // namespace

namespace detail {

void Counters::add_to(Metrics& sum) const noexcept {
  sum.connections += connections.value();
  sum.requests += requests.value();
  for (std::size_t i = 0; i < sum.responses.size(); ++i) sum.responses[i] += responses[i].value();
  sum.bytes_in += bytes_in.value();
  sum.bytes_out += bytes_out.value();
  sum.bad_requests += bad_requests.value();
  sum.heads_too_large += heads_too_large.value();
  sum.bodies_too_large += bodies_too_large.value();
  sum.head_timeouts += head_timeouts.value();
  sum.body_timeouts += body_timeouts.value();
  sum.keep_alive_timeouts += keep_alive_timeouts.value();
  sum.write_timeouts += write_timeouts.value();
  sum.handler_errors += handler_errors.value();
  sum.out_of_memory += out_of_memory.value();
  sum.arena_fallbacks += arena_fallbacks.value();
  if (arena_peak.value() > sum.arena_peak) sum.arena_peak = arena_peak.value();
  sum.arena_bytes += arena_bytes.value();
  sum.budget_used += budget_used.value();
  for (std::size_t i = 0; i < sum.arena_histogram.size(); ++i) sum.arena_histogram[i] += arena_histogram[i].value();
}

}  // namespace detail

IoResult<void> write_prometheus(io::Writer writer, const Metrics& metrics) noexcept {
  Exposition out(writer);
  out.counter("http_connections_total", metrics.connections);
  out.gauge("http_connections", metrics.live_connections);
  out.counter("http_connections_refused_total", metrics.refused_connections);
  out.counter("http_requests_total", metrics.requests);
  out.family("http_responses_total", "counter");
  for (std::size_t i = 1; i < metrics.responses.size(); ++i) {
    out.labelled("http_responses_total", "status", i, "xx", metrics.responses[i]);
  }
  out.counter("http_received_bytes_total", metrics.bytes_in);
  out.counter("http_sent_bytes_total", metrics.bytes_out);
  out.counter("http_bad_requests_total", metrics.bad_requests);
  out.counter("http_heads_too_large_total", metrics.heads_too_large);
  out.counter("http_bodies_too_large_total", metrics.bodies_too_large);
  out.counter("http_timeouts_head_total", metrics.head_timeouts);
  out.counter("http_timeouts_body_total", metrics.body_timeouts);
  out.counter("http_timeouts_keep_alive_total", metrics.keep_alive_timeouts);
  out.counter("http_timeouts_write_total", metrics.write_timeouts);
  out.counter("http_handler_errors_total", metrics.handler_errors);
  out.counter("http_out_of_memory_total", metrics.out_of_memory);
  out.counter("http_request_arena_fallbacks_total", metrics.arena_fallbacks);
  out.gauge("http_request_arena_peak_bytes", metrics.arena_peak);
  put_arena_histogram(out, metrics);
  out.gauge("http_memory_budget_used_bytes", metrics.budget_used);
  return out.result();
}

IoResult<void> MetricsHandler::operator()(Request&, Response& response) const noexcept {
  response.set_content_type("text/plain; version=0.0.4; charset=utf-8");
  return write_prometheus(response.writer(), server_->metrics());
}

}  // namespace allot::inline v0_1::http
