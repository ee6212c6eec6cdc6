/// Reading debug information: numbers and strings one after the other, never beyond the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

using Bytes = std::span<const std::uint8_t>;

/// Reads forward; past the end everything is zero and `failed` is true.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) noexcept : bytes_(bytes) {}

  template <class T>
  T take() noexcept {
    T value{};
    if (!has(sizeof value)) return value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::uint64_t unsigned_leb() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = take<std::uint8_t>();
      if (shift < 64) value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
  }

  std::int64_t signed_leb() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;;) {
      const std::uint8_t byte = take<std::uint8_t>();
      if (shift < 64) value |= std::uint64_t{byte & 0x7FU} << shift;
      shift += 7;
      if ((byte & 0x80U) != 0) continue;
      if ((byte & 0x40U) != 0 && shift < 64) value |= ~std::uint64_t{0} << shift;
      return static_cast<std::int64_t>(value);
    }
  }

  /// The next `size` bytes, as far as there are any.
  Bytes take_bytes(std::uint64_t size) noexcept {
    if (!has(size)) return {};
    const Bytes taken = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += static_cast<std::size_t>(size);
    return taken;
  }

  [[nodiscard]] Bytes rest() const noexcept { return bytes_.subspan(at_); }
  [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  bool has(std::uint64_t size) noexcept {
    if (size <= bytes_.size() - at_) return true;
    at_ = bytes_.size();
    failed_ = true;
    return false;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// The string that begins at `offset`, a zero byte behind it; empty when there is none.
inline std::string_view string_at(Bytes strings, std::uint64_t offset) noexcept {
  if (offset >= strings.size()) return {};
  const char* text = reinterpret_cast<const char*>(strings.data() + offset);
  const std::size_t size = ::strnlen(text, strings.size() - offset);
  return size == strings.size() - offset ? std::string_view() : std::string_view(text, size);
}

}  // namespace allot::inline v0_1::sys
