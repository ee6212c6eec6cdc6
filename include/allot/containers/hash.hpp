/// Hash<K> and EqualTo<K>: what HashMap uses unless told otherwise.
///
/// Integers, enumerations and pointers are multiplied by an odd constant to 128 bits and folded; strings are read 16
/// bytes at a time and folded in the same way (the scheme of wyhash, https://github.com/wangyi-fudan/wyhash). Good
/// distribution, no seed: whoever chooses the keys can make them collide, so do not use it for keys of an attacker.
/// The values differ between versions of this library: never store them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

namespace detail {

__extension__ typedef unsigned __int128 Uint128;

inline constexpr std::uint64_t hash_factor_1 = 0x9E3779B97F4A7C15U;  // 2^64 / golden ratio, odd
inline constexpr std::uint64_t hash_factor_2 = 0xD1B54A32D192ED03U;  // from the same family in two dimensions

/// Both halves of the product, each bit of which depends on many of both factors.
[[nodiscard]] constexpr std::uint64_t multiply_fold(std::uint64_t left, std::uint64_t right) noexcept {
  const Uint128 product = static_cast<Uint128>(left) * right;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

[[nodiscard]] inline std::uint64_t read_8_bytes(const char* bytes) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}
[[nodiscard]] inline std::uint64_t read_4_bytes(const char* bytes) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

/// Hash of a run of bytes. The last up to 16 bytes are read as two words that may overlap.
[[nodiscard]] inline std::uint64_t hash_bytes(const char* bytes, std::size_t size) noexcept {
  std::uint64_t state = hash_factor_2;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (size > 16) {
    std::size_t left = size;
    for (; left > 16; left -= 16, bytes += 16) {
      state = multiply_fold(read_8_bytes(bytes) ^ hash_factor_1, read_8_bytes(bytes + 8) ^ state);
    }
    first = read_8_bytes(bytes + left - 16);
    last = read_8_bytes(bytes + left - 8);
  } else if (size >= 8) {
    first = read_8_bytes(bytes);
    last = read_8_bytes(bytes + size - 8);
  } else if (size >= 4) {
    first = read_4_bytes(bytes);
    last = read_4_bytes(bytes + size - 4);
  } else if (size != 0) {
    const auto at = [bytes](std::size_t index) {
      return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[index]));
    };
    first = at(0) << 16 | at(size / 2) << 8 | at(size - 1);
  }
  return multiply_fold(hash_factor_1 ^ size, multiply_fold(first ^ hash_factor_1, last ^ state));
}

template <class K>
concept StringLike = std::is_convertible_v<const K&, std::string_view>;

/// A span of characters that owns or holds them, such as OwnedSlice<char>.
template <class K>
concept CharacterRange = !StringLike<K> && requires(const K& key) {
  { key.data() } -> std::convertible_to<const char*>;
  { key.size() } -> std::convertible_to<std::size_t>;
};

/// Every kind of string as a view.
struct AsView {
  template <StringLike S>
  static std::string_view of(const S& text) noexcept {
    return text;
  }
  template <CharacterRange S>
  static std::string_view of(const S& text) noexcept {
    return {text.data(), text.size()};
  }
};

template <class K>
concept AnyString = StringLike<K> || CharacterRange<K>;

}  // namespace detail

/// Specialise it for your key type: `std::uint64_t operator()(const K&) const noexcept`, and `using is_avalanching =
/// void` if every bit of the result depends on every bit of the key (otherwise HashMap mixes it once more).
template <class K>
struct Hash {
  static_assert(std::is_integral_v<K> || std::is_enum_v<K> || std::is_pointer_v<K>,
                "specialise allot::Hash for this key type, or give HashMap a hash of yours");
  using is_avalanching = void;

  [[nodiscard]] std::uint64_t operator()(K key) const noexcept {
    if constexpr (std::is_pointer_v<K>) {
      return detail::multiply_fold(reinterpret_cast<std::uintptr_t>(key), detail::hash_factor_1);
    } else {
      return detail::multiply_fold(static_cast<std::uint64_t>(key), detail::hash_factor_1);
    }
  }
};

/// Every kind of string hashes alike, so a map of owned strings is searched with a view.
template <detail::AnyString K>
struct Hash<K> {
  using is_avalanching = void;
  using is_transparent = void;

  template <detail::AnyString Q>
  [[nodiscard]] std::uint64_t operator()(const Q& text) const noexcept {
    const std::string_view view = detail::AsView::of(text);
    return detail::hash_bytes(view.data(), view.size());
  }
};

/// Equality by ==.
template <class K>
struct EqualTo {
  [[nodiscard]] bool operator()(const K& left, const K& right) const { return static_cast<bool>(left == right); }
};

template <detail::AnyString K>
struct EqualTo<K> {
  using is_transparent = void;

  template <detail::AnyString Left, detail::AnyString Right>
  [[nodiscard]] bool operator()(const Left& left, const Right& right) const noexcept {
    return detail::AsView::of(left) == detail::AsView::of(right);
  }
};

}  // namespace allot::inline v0_1
