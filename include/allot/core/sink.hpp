/// Sink: where reports and debugging text go. Never allocates; numbers are formatted on the stack.
///
///     error_sink().text("freed ").bytes(size).text(" at ").address(pointer).newline();
///
/// For text with formats, buffering or error handling use io::Writer; a Sink is for code that must not fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// A function that takes text, and its context (held, not owned). Threads: each call hands one piece to the function,
/// whose rule applies.
class Sink {
 public:
  using Write = void (*)(void* context, const char* text, std::size_t size) noexcept;

  constexpr Sink(void* context, Write write) noexcept : context_(context), write_(write) {}

  const Sink& text(std::string_view piece) const noexcept;
  const Sink& character(char piece) const noexcept { return text(std::string_view(&piece, 1)); }
  const Sink& newline() const noexcept { return character('\n'); }
  /// Decimal.
  const Sink& number(std::uint64_t value) const noexcept;
  const Sink& signed_number(std::int64_t value) const noexcept;
  /// Hexadecimal without leading zeros or prefix.
  const Sink& hexadecimal(std::uint64_t value) const noexcept;
  /// As 0x7f0123456789.
  const Sink& address(const void* pointer) const noexcept;
  /// As "1 byte", "512 bytes", and from 10 KiB on "12.5 KiB (12800 bytes)".
  const Sink& bytes(std::uint64_t count) const noexcept;

 private:
  void* context_;
  Write write_;
};

/// Unbuffered standard error. Thread safe; pieces of concurrent calls may interleave.
[[nodiscard]] Sink error_sink() noexcept;

/// Collects text in a caller's buffer (held, not owned) and counts what did not fit. For one report that must reach its
/// destination in one piece. Threads: not safe.
class BufferSink {
 public:
  BufferSink(char* buffer, std::size_t capacity) noexcept : buffer_(buffer), capacity_(capacity) {}
  BufferSink(const BufferSink&) = delete;
  BufferSink& operator=(const BufferSink&) = delete;

  /// Writes here; valid as long as this object lives.
  [[nodiscard]] Sink sink() noexcept { return Sink(this, &append); }
  [[nodiscard]] std::string_view view() const noexcept { return {buffer_, size_}; }
  /// Bytes that did not fit and were dropped.
  [[nodiscard]] std::size_t dropped() const noexcept { return dropped_; }
  void clear() noexcept { size_ = dropped_ = 0; }

 private:
  static void append(void* context, const char* text, std::size_t size) noexcept;

  char* buffer_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace allot::inline v0_1
