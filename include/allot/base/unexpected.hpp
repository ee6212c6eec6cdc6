/// The error half of a Result on its way out: `return Unexpected(error);`
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

namespace detail {

template <class R>
inline constexpr bool is_result_v = false;

/// std::expected and whatever else has its shape, Results aside.
template <class X>
concept ExpectedLike = !is_result_v<X> && requires(const X& x) {
  typename X::value_type;
  typename X::error_type;
  typename X::unexpected_type;
  { x.has_value() } -> std::convertible_to<bool>;
  x.error();
};

}  // namespace detail

/// Holds an error; converts to every `Result` whose error type can be made from it, and to every std::expected of the
/// same error type (so that TRY and FAIL work in functions that return one). As `std::unexpected`.
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

  template <detail::ExpectedLike X>
    requires std::is_same_v<typename X::error_type, E>
  constexpr operator X() && {
    return X(typename X::unexpected_type(std::move(error_)));
  }

 private:
  E error_;
};

template <class E>
Unexpected(E) -> Unexpected<E>;

template <class E, class G>
[[nodiscard]] constexpr bool operator==(const Unexpected<E>& left, const Unexpected<G>& right) {
  return static_cast<bool>(left.error() == right.error());
}

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
