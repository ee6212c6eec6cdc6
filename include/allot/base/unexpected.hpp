/// The error half of a Result on its way out: `return Unexpected(error);`
#pragma once

#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// Holds an error; converts to every `Result` whose error type can be made from it. As `std::unexpected`.
template <class E>
class Unexpected {
  static_assert(std::is_object_v<E> && !std::is_const_v<E> && !std::is_volatile_v<E> && !std::is_array_v<E>,
                "an error type is a plain object type");

 public:
  template <class G = E>
    requires(!std::is_same_v<std::remove_cvref_t<G>, Unexpected> && std::is_constructible_v<E, G>)
  constexpr explicit Unexpected(G&& error) noexcept(std::is_nothrow_constructible_v<E, G>)
      : error_(std::forward<G>(error)) {}

  template <class... Args>
    requires std::is_constructible_v<E, Args...>
  constexpr explicit Unexpected(std::in_place_t, Args&&... args) noexcept(std::is_nothrow_constructible_v<E, Args...>)
      : error_(std::forward<Args>(args)...) {}

  [[nodiscard]] constexpr E& error() & noexcept { return error_; }
  [[nodiscard]] constexpr const E& error() const& noexcept { return error_; }
  [[nodiscard]] constexpr E&& error() && noexcept { return std::move(error_); }

  template <class G>
  friend constexpr bool operator==(const Unexpected& left, const Unexpected<G>& right) {
    return left.error() == right.error();
  }

 private:
  E error_;
};

template <class E>
Unexpected(E) -> Unexpected<E>;

/// Tag of the in-place error constructor of `Result`, as `std::unexpect`.
struct UnexpectTag {
  explicit UnexpectTag() = default;
};
inline constexpr UnexpectTag unexpect{};

namespace detail {

template <class T>
inline constexpr bool is_unexpected_v = false;
template <class E>
inline constexpr bool is_unexpected_v<Unexpected<E>> = true;

}  // namespace detail
}  // namespace allot::inline v0_1
