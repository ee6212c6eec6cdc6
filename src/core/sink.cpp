#include "allot/core/sink.hpp"

#include <charconv>
#include <cstdio>
#include <cstring>

namespace allot::inline v0_1 {

namespace {

template <class Number>
void write_number(const Sink& sink, Number value, int base) noexcept {
  char digits[24];
  const std::to_chars_result result = std::to_chars(digits, digits + sizeof digits, value, base);
  sink.text(std::string_view(digits, static_cast<std::size_t>(result.ptr - digits)));
}

/// `count` in a larger unit with one decimal, rounded down.
void write_scaled(const Sink& sink, std::uint64_t count, int shift, std::string_view unit) noexcept {
  const std::uint64_t whole = count >> shift;
  const std::uint64_t rest = (count >> (shift - 10)) & 1023U;
  sink.number(whole).character('.').number(rest * 10 / 1024).text(unit);
}

}  // namespace

const Sink& Sink::text(std::string_view piece) const noexcept {
  if (!piece.empty()) write_(context_, piece.data(), piece.size());
  return *this;
}

const Sink& Sink::number(std::uint64_t value) const noexcept {
  write_number(*this, value, 10);
  return *this;
}

const Sink& Sink::signed_number(std::int64_t value) const noexcept {
  write_number(*this, value, 10);
  return *this;
}

const Sink& Sink::hexadecimal(std::uint64_t value) const noexcept {
  write_number(*this, value, 16);
  return *this;
}

const Sink& Sink::address(const void* pointer) const noexcept {
  return text("0x").hexadecimal(reinterpret_cast<std::uintptr_t>(pointer));
}

const Sink& Sink::bytes(std::uint64_t count) const noexcept {
  if (count == 1) return text("1 byte");
  if (count < 10 * 1024) return number(count).text(" bytes");
  if (count < std::uint64_t{10} << 20) {
    write_scaled(*this, count, 10, " KiB (");
  } else if (count < std::uint64_t{10} << 30) {
    write_scaled(*this, count, 20, " MiB (");
  } else {
    write_scaled(*this, count, 30, " GiB (");
  }
  return number(count).text(" bytes)");
}

Sink error_sink() noexcept {
  return Sink(nullptr, [](void*, const char* text, std::size_t size) noexcept { std::fwrite(text, 1, size, stderr); });
}

void BufferSink::append(void* context, const char* text, std::size_t size) noexcept {
  BufferSink& self = *static_cast<BufferSink*>(context);
  const std::size_t room = self.capacity_ - self.size_;
  const std::size_t taken = size < room ? size : room;
  if (taken != 0) std::memcpy(self.buffer_ + self.size_, text, taken);
  self.size_ += taken;
  self.dropped_ += size - taken;
}

}  // namespace allot::inline v0_1
