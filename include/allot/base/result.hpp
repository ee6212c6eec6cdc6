/// Result<T, E>: a value or the error that took its place. Ignoring one is a warning; nothing here throws or allocates.
///
/// The interface is std::expected's, with three differences: the class itself is [[nodiscard]], `T` may be a reference,
/// and `value()` on an error stops the program with the error's name and the caller's line instead of throwing.
/// Results convert to and from std::expected (or any type of its shape) of the same value and error types.
/// Threads: a plain value; const calls may run together.
#pragma once

#include <concepts>
#include <optional>  // std::construct_at, without the weight of <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include "allot/base/alloc_error.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/unexpected.hpp"

namespace allot::inline v0_1 {

template <class T, class E = AllocError>
class Result;

namespace detail {

template <class T, class E>
inline constexpr bool is_result_v<Result<T, E>> = true;

/// What a Result<void> holds.
struct Unit {
  friend constexpr bool operator==(Unit, Unit) noexcept = default;
};

/// What a Result<T&> holds: assigning it rebinds. Made from lvalues of T or of what derives from it only: everything
/// else would bind to a temporary that is gone when the Result is read.
template <class T>
struct Reference {
  template <class U>
    requires(std::is_lvalue_reference_v<U> && std::is_convertible_v<std::remove_reference_t<U>*, T*>)
  constexpr Reference(U&& target) noexcept : pointer(__builtin_addressof(target)) {}
  T* pointer;
};

template <class T>
struct StoredAs {
  using Type = std::remove_cv_t<T>;
};
template <>
struct StoredAs<void> {
  using Type = Unit;
};
template <class T>
struct StoredAs<T&> {
  using Type = Reference<T>;
};

/// Calls `f`, which may be a pointer to a member, on a value (std::invoke without <functional>'s compile time).
template <class F, class... Args>
constexpr decltype(auto) call(F&& f, Args&&... args) {
  if constexpr (std::is_member_function_pointer_v<std::remove_cvref_t<F>>) {
    return [&]<class Object, class... Rest>(Object&& object, Rest&&... rest) -> decltype(auto) {
      return (std::forward<Object>(object).*f)(std::forward<Rest>(rest)...);
    }(std::forward<Args>(args)...);
  } else if constexpr (std::is_member_object_pointer_v<std::remove_cvref_t<F>>) {
    return [&]<class Object>(Object&& object) -> decltype(auto) {
      return (std::forward<Object>(object).*f);
    }(std::forward<Args>(args)...);
  } else {
    return std::forward<F>(f)(std::forward<Args>(args)...);
  }
}

/// Name of an error for a message, where its type has an `error_name` function.
template <class E>
constexpr const char* name_of_error(const E& error) noexcept {
  if constexpr (requires {
                  { error_name(error) } -> std::convertible_to<const char*>;
                }) {
    return error_name(error);
  } else {
    return "an error without a name";
  }
}

}  // namespace detail

template <class T, class E>
class [[nodiscard]] Result {
  using Stored = typename detail::StoredAs<T>::Type;
  static constexpr bool holds_void = std::is_void_v<T>;
  static constexpr bool holds_reference = std::is_reference_v<T>;
  static constexpr bool trivially_copy_assignable =
      std::is_trivially_copy_constructible_v<Stored> && std::is_trivially_copy_constructible_v<E> &&
      std::is_trivially_copy_assignable_v<Stored> && std::is_trivially_copy_assignable_v<E>;
  static constexpr bool trivially_move_assignable =
      std::is_trivially_move_constructible_v<Stored> && std::is_trivially_move_constructible_v<E> &&
      std::is_trivially_move_assignable_v<Stored> && std::is_trivially_move_assignable_v<E>;
  /// A value whose move may throw is replaced by assignment only: destroying it first could leave neither.
  static constexpr bool replaceable =
      std::is_move_constructible_v<Stored> &&
      (std::is_nothrow_move_constructible_v<Stored> || std::is_move_assignable_v<Stored>);
  static_assert(!std::is_rvalue_reference_v<T> && !std::is_array_v<T> && !std::is_function_v<T>,
                "a Result holds an object, a reference to one, or nothing");
  static_assert(!detail::is_unexpected_v<Stored>, "an Unexpected is no value");
  static_assert(std::is_object_v<E> && !std::is_const_v<E> && !std::is_volatile_v<E> && !std::is_array_v<E>,
                "an error type is a plain object type");
  static_assert(std::is_nothrow_move_constructible_v<E>, "an error that can throw when moved would get lost");

  /// Results and expecteds are converted part by part, never taken as the value, unless they are exactly the value.
  template <class G>
  static constexpr bool takes_value_from =
      std::is_same_v<std::remove_cvref_t<G>, Stored> ||
      (!std::is_same_v<std::remove_cvref_t<G>, Result> && !detail::is_unexpected_v<std::remove_cvref_t<G>> &&
       !detail::is_result_v<std::remove_cvref_t<G>> && !detail::ExpectedLike<std::remove_cvref_t<G>> &&
       !std::is_same_v<std::remove_cvref_t<G>, std::in_place_t> &&
       !std::is_same_v<std::remove_cvref_t<G>, UnexpectTag>);

  /// A Result or std::expected of value `U` and error `G` becomes this Result part by part.
  template <class U, class G>
  static constexpr bool converts_from = [] {
    if constexpr (std::is_void_v<U> || holds_void) {
      return std::is_void_v<U> && holds_void && std::is_constructible_v<E, G>;
    } else {
      return std::is_constructible_v<E, G> && std::is_constructible_v<Stored, U>;
    }
  }();
  template <class U, class G>
  static constexpr bool converts_implicitly_from = [] {
    if constexpr (holds_void) {
      return std::is_convertible_v<G, E>;
    } else {
      return std::is_convertible_v<G, E> && std::is_convertible_v<U, Stored>;
    }
  }();

 public:
  using value_type = T;
  using error_type = E;
  using unexpected_type = Unexpected<E>;
  template <class U>
  using rebind = Result<U, E>;

  using LvalueReference = std::add_lvalue_reference_t<T>;
  using ConstReference = std::conditional_t<holds_reference, T, std::add_lvalue_reference_t<std::add_const_t<T>>>;
  using RvalueReference = std::conditional_t<holds_reference, T, std::add_rvalue_reference_t<T>>;

  /// Success with a default value (`Result<void>`: plain success).
  constexpr Result() noexcept(std::is_nothrow_default_constructible_v<Stored>)
    requires std::is_default_constructible_v<Stored>
      : value_(), has_value_(true) {}

  /// Success with a value made from `value`.
  template <class G = std::remove_cv_t<T>>
    requires(takes_value_from<G> && std::is_constructible_v<Stored, G>)
  constexpr explicit(!std::is_convertible_v<G, Stored>)
      Result(G&& value) noexcept(std::is_nothrow_constructible_v<Stored, G>)
      : value_(std::forward<G>(value)), has_value_(true) {}

  /// Success with a value constructed in place.
  template <class... Args>
    requires std::is_constructible_v<Stored, Args...>
  constexpr explicit Result(std::in_place_t, Args&&... args) noexcept(std::is_nothrow_constructible_v<Stored, Args...>)
      : value_(std::forward<Args>(args)...), has_value_(true) {}

  /// Failure with an error made from `unexpected`'s.
  template <class G>
    requires std::is_constructible_v<E, G>
  constexpr explicit(!std::is_convertible_v<G, E>)
      Result(Unexpected<G> unexpected) noexcept(std::is_nothrow_constructible_v<E, G>)
      : error_(std::move(unexpected).error()), has_value_(false) {}

  /// Failure with an error constructed in place.
  template <class... Args>
    requires std::is_constructible_v<E, Args...>
  constexpr explicit Result(UnexpectTag, Args&&... args) noexcept(std::is_nothrow_constructible_v<E, Args...>)
      : error_(std::forward<Args>(args)...), has_value_(false) {}

  /// From a Result of types that convert.
  template <class U, class G>
    requires(!std::is_same_v<Result<U, G>, Result> && !std::is_same_v<Result<U, G>, Stored> && converts_from<U, G>)
  constexpr explicit(!converts_implicitly_from<U, G>) Result(Result<U, G> other) {
    take_from(std::move(other));
  }

  /// From a std::expected (or alike) of types that convert.
  template <detail::ExpectedLike X>
    requires(!std::is_same_v<X, Stored> && converts_from<typename X::value_type, typename X::error_type>)
  constexpr explicit(!converts_implicitly_from<typename X::value_type, typename X::error_type>) Result(X other) {
    take_from(std::move(other));
  }

  constexpr Result(const Result&)
    requires(std::is_trivially_copy_constructible_v<Stored> && std::is_trivially_copy_constructible_v<E>)
  = default;
  constexpr Result(const Result& other)
    requires(std::is_copy_constructible_v<Stored> && std::is_copy_constructible_v<E> &&
             !(std::is_trivially_copy_constructible_v<Stored> && std::is_trivially_copy_constructible_v<E>))
      : has_value_(other.has_value_) {
    construct_from(other);
  }

  constexpr Result(Result&&)
    requires(std::is_trivially_move_constructible_v<Stored> && std::is_trivially_move_constructible_v<E>)
  = default;
  constexpr Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<Stored>)
    requires(std::is_move_constructible_v<Stored> &&
             !(std::is_trivially_move_constructible_v<Stored> && std::is_trivially_move_constructible_v<E>))
      : has_value_(other.has_value_) {
    construct_from(std::move(other));
  }

  constexpr Result& operator=(const Result&)
    requires(trivially_copy_assignable)
  = default;
  /// If copying throws, the Result is unchanged.
  constexpr Result& operator=(const Result& other)
    requires(std::is_copy_constructible_v<Stored> && std::is_copy_constructible_v<E> && replaceable &&
             !trivially_copy_assignable)
  {
    if (this != &other) *this = Result(other);
    return *this;
  }
  constexpr Result& operator=(Result&&)
    requires(trivially_move_assignable)
  = default;
  /// If moving throws, the Result holds what it held (a value in the state its own assignment left it in).
  constexpr Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<Stored>)
    requires(replaceable && !trivially_move_assignable)
  {
    if (this == &other) return *this;
    if (other.has_value_) {
      replace_by_value(std::move(other.value_));
    } else {
      replace_by_error(std::move(other.error_));
    }
    return *this;
  }

  constexpr ~Result()
    requires(std::is_trivially_destructible_v<Stored> && std::is_trivially_destructible_v<E>)
  = default;
  constexpr ~Result()
    requires(!(std::is_trivially_destructible_v<Stored> && std::is_trivially_destructible_v<E>))
  {
    destroy();
  }

  /// Replaces whatever is held by a value made from `args`. If making it throws, the Result is unchanged.
  template <class... Args>
    requires(std::is_constructible_v<Stored, Args...> && replaceable)
  constexpr LvalueReference emplace(Args&&... args) {
    replace_by_value(Stored(std::forward<Args>(args)...));
    return unchecked();
  }

  [[nodiscard]] constexpr bool has_value() const noexcept { return has_value_; }
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value_; }

  /// The value. On an error: prints its name and the caller's line, and aborts.
  constexpr LvalueReference value(const std::source_location& caller = std::source_location::current()) & {
    require_value(caller);
    return unchecked();
  }
  constexpr ConstReference value(const std::source_location& caller = std::source_location::current()) const& {
    require_value(caller);
    return unchecked();
  }
  constexpr RvalueReference value(const std::source_location& caller = std::source_location::current()) && {
    require_value(caller);
    return std::move(*this).unchecked();
  }

  /// The value; there must be one (checked in checked builds).
  constexpr LvalueReference operator*() & noexcept {
    ALLOT_ASSERT(has_value_, "operator* of a Result that holds an error");
    return unchecked();
  }
  constexpr ConstReference operator*() const& noexcept {
    ALLOT_ASSERT(has_value_, "operator* of a Result that holds an error");
    return unchecked();
  }
  constexpr RvalueReference operator*() && noexcept {
    ALLOT_ASSERT(has_value_, "operator* of a Result that holds an error");
    return std::move(*this).unchecked();
  }
  constexpr auto operator->() noexcept
    requires(!holds_void)
  {
    return __builtin_addressof(**this);
  }
  constexpr auto operator->() const noexcept
    requires(!holds_void)
  {
    return __builtin_addressof(**this);
  }

  /// The error; there must be one (checked in checked builds).
  [[nodiscard]] constexpr E& error() & noexcept {
    ALLOT_ASSERT(!has_value_, "error() of a Result that holds a value");
    return error_;
  }
  [[nodiscard]] constexpr const E& error() const& noexcept {
    ALLOT_ASSERT(!has_value_, "error() of a Result that holds a value");
    return error_;
  }
  [[nodiscard]] constexpr E&& error() && noexcept {
    ALLOT_ASSERT(!has_value_, "error() of a Result that holds a value");
    return std::move(error_);
  }

  /// The value, or `fallback` in its place. A reference's fallback is an lvalue.
  template <class U = std::remove_cv_t<T>>
    requires(!holds_void && std::is_constructible_v<Stored, U>)
  [[nodiscard]] constexpr std::remove_cv_t<T> value_or(U&& fallback) const& {
    if (has_value_) return unchecked();
    return static_cast<std::remove_cv_t<T>>(std::forward<U>(fallback));
  }
  template <class U = std::remove_cv_t<T>>
    requires(!holds_void && std::is_constructible_v<Stored, U>)
  [[nodiscard]] constexpr std::remove_cv_t<T> value_or(U&& fallback) && {
    if (has_value_) return std::move(*this).unchecked();
    return static_cast<std::remove_cv_t<T>>(std::forward<U>(fallback));
  }

  /// The error, or `fallback` when there is none.
  template <class G = E>
  [[nodiscard]] constexpr E error_or(G&& fallback) const& {
    return has_value_ ? static_cast<E>(std::forward<G>(fallback)) : error_;
  }
  template <class G = E>
  [[nodiscard]] constexpr E error_or(G&& fallback) && {
    return has_value_ ? static_cast<E>(std::forward<G>(fallback)) : std::move(error_);
  }

  /// `f(value)`, a Result of the same error type; an error is handed on.
  template <class F>
  constexpr auto and_then(F&& f) & {
    return and_then_on(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto and_then(F&& f) const& {
    return and_then_on(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto and_then(F&& f) && {
    return and_then_on(std::move(*this), std::forward<F>(f));
  }

  /// `f(error)`, a Result of the same value type; a value is handed on.
  template <class F>
  constexpr auto or_else(F&& f) & {
    return or_else_on(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto or_else(F&& f) const& {
    return or_else_on(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto or_else(F&& f) && {
    return or_else_on(std::move(*this), std::forward<F>(f));
  }

  /// A Result of what `f(value)` returns; an error is handed on.
  template <class F>
  constexpr auto transform(F&& f) & {
    return transform_on(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto transform(F&& f) const& {
    return transform_on(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto transform(F&& f) && {
    return transform_on(std::move(*this), std::forward<F>(f));
  }

  /// A Result whose error is what `f(error)` returns; a value is handed on.
  template <class F>
  constexpr auto transform_error(F&& f) & {
    return transform_error_on(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto transform_error(F&& f) const& {
    return transform_error_on(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto transform_error(F&& f) && {
    return transform_error_on(std::move(*this), std::forward<F>(f));
  }

  /// To a std::expected (or alike) of the same value and error types.
  template <detail::ExpectedLike X>
    requires(std::is_same_v<typename X::value_type, T> && std::is_same_v<typename X::error_type, E>)
  constexpr operator X() && {
    if (!has_value_) return X(typename X::unexpected_type(std::move(error_)));
    if constexpr (holds_void) {
      return X();
    } else {
      return X(std::move(value_));
    }
  }
  template <detail::ExpectedLike X>
    requires(std::is_same_v<typename X::value_type, T> && std::is_same_v<typename X::error_type, E>)
  constexpr operator X() const& {
    return Result(*this).operator X();
  }

  /// Exchanges what two Results hold. If a move throws, both still hold something, moved-from values included.
  constexpr void swap(Result& other) noexcept(std::is_nothrow_move_constructible_v<Stored>)
    requires(replaceable)
  {
    Result kept(std::move(other));
    other = std::move(*this);
    *this = std::move(kept);
  }
  friend constexpr void swap(Result& left, Result& right) noexcept(noexcept(left.swap(right)))
    requires(replaceable)
  {
    left.swap(right);
  }

 private:
  constexpr LvalueReference unchecked() & noexcept {
    if constexpr (holds_reference) {
      return *value_.pointer;
    } else if constexpr (!holds_void) {
      return value_;
    }
  }
  constexpr ConstReference unchecked() const& noexcept {
    if constexpr (holds_reference) {
      return *value_.pointer;
    } else if constexpr (!holds_void) {
      return value_;
    }
  }
  constexpr RvalueReference unchecked() && noexcept {
    if constexpr (holds_reference) {
      return *value_.pointer;
    } else if constexpr (!holds_void) {
      return std::move(value_);
    }
  }

  constexpr void require_value(const std::source_location& caller) const noexcept {
    if (!has_value_) [[unlikely]] {
      contract_failed("Result::value() on an error", detail::name_of_error(error_), caller);
    }
  }

  constexpr void destroy() noexcept {
    if (has_value_) {
      value_.~Stored();
    } else {
      error_.~E();
    }
  }

  template <class Other>
  constexpr void construct_from(Other&& other) {
    if (other.has_value_) {
      std::construct_at(__builtin_addressof(value_), std::forward<Other>(other).value_);
    } else {
      std::construct_at(__builtin_addressof(error_), std::forward<Other>(other).error_);
    }
  }

  template <class Other>
  constexpr void take_from(Other&& other) {
    has_value_ = other.has_value();
    if (!has_value_) {
      std::construct_at(__builtin_addressof(error_), std::forward<Other>(other).error());
    } else if constexpr (holds_void) {
      std::construct_at(__builtin_addressof(value_));
    } else {
      std::construct_at(__builtin_addressof(value_), *std::forward<Other>(other));
    }
  }

  constexpr void replace_by_error(E&& error) noexcept {
    E kept(std::move(error));
    destroy();
    std::construct_at(__builtin_addressof(error_), std::move(kept));
    has_value_ = false;
  }

  constexpr void replace_by_value(Stored&& value) noexcept(std::is_nothrow_move_constructible_v<Stored>) {
    if constexpr (std::is_nothrow_move_constructible_v<Stored>) {
      Stored kept(std::move(value));
      destroy();
      std::construct_at(__builtin_addressof(value_), std::move(kept));
      has_value_ = true;
    } else if (has_value_) {
      value_ = std::move(value);
    } else {
      replace_error_by_throwing_value(std::move(value));
    }
  }

  /// The move of the value may throw: the error is kept aside and put back if it does.
  void replace_error_by_throwing_value(Stored&& value) {
    struct Restore {
      Result* target;
      E kept;
      ~Restore() {
        if (target != nullptr) std::construct_at(__builtin_addressof(target->error_), std::move(kept));
      }
    };
    Restore restore{this, std::move(error_)};
    error_.~E();
    std::construct_at(__builtin_addressof(value_), std::move(value));
    restore.target = nullptr;
    has_value_ = true;
  }

  template <class Self, class F>
  static constexpr decltype(auto) call_with_value(Self&& self, F&& f) {
    if constexpr (holds_void) {
      return detail::call(std::forward<F>(f));
    } else {
      return detail::call(std::forward<F>(f), std::forward<Self>(self).unchecked());
    }
  }

  /// Success carrying this Result's value, in another Result type.
  template <class R, class Self>
  static constexpr R succeed(Self&& self) {
    if constexpr (holds_void) {
      return R();
    } else {
      return R(std::in_place, std::forward<Self>(self).unchecked());
    }
  }

  template <class Self, class F>
  static constexpr auto and_then_on(Self&& self, F&& f) {
    using R = std::remove_cvref_t<decltype(call_with_value(std::forward<Self>(self), std::forward<F>(f)))>;
    static_assert(detail::is_result_v<R>, "and_then wants a function that returns a Result");
    static_assert(std::is_same_v<typename R::error_type, E>, "and_then keeps the error type");
    if (!self.has_value_) return R(unexpect, std::forward<Self>(self).error_);
    return R(call_with_value(std::forward<Self>(self), std::forward<F>(f)));
  }

  template <class Self, class F>
  static constexpr auto or_else_on(Self&& self, F&& f) {
    using R = std::remove_cvref_t<decltype(detail::call(std::forward<F>(f), std::forward<Self>(self).error_))>;
    static_assert(detail::is_result_v<R>, "or_else wants a function that returns a Result");
    static_assert(std::is_same_v<typename R::value_type, T>, "or_else keeps the value type");
    if (self.has_value_) return succeed<R>(std::forward<Self>(self));
    return R(detail::call(std::forward<F>(f), std::forward<Self>(self).error_));
  }

  template <class Self, class F>
  static constexpr auto transform_on(Self&& self, F&& f) {
    using U = std::remove_cv_t<decltype(call_with_value(std::forward<Self>(self), std::forward<F>(f)))>;
    using R = Result<U, E>;
    if (!self.has_value_) return R(unexpect, std::forward<Self>(self).error_);
    if constexpr (std::is_void_v<U>) {
      call_with_value(std::forward<Self>(self), std::forward<F>(f));
      return R();
    } else {
      return R(std::in_place, call_with_value(std::forward<Self>(self), std::forward<F>(f)));
    }
  }

  template <class Self, class F>
  static constexpr auto transform_error_on(Self&& self, F&& f) {
    using G = std::remove_cvref_t<decltype(detail::call(std::forward<F>(f), std::forward<Self>(self).error_))>;
    using R = Result<T, G>;
    if (self.has_value_) return succeed<R>(std::forward<Self>(self));
    return R(unexpect, detail::call(std::forward<F>(f), std::forward<Self>(self).error_));
  }

  union {
    Stored value_;
    E error_;
  };
  bool has_value_;
};

/// Equal when both hold equal values, or both equal errors. References compare what they refer to.
template <class T, class E, class U, class G>
  requires(std::is_void_v<T> == std::is_void_v<U>)
[[nodiscard]] constexpr bool operator==(const Result<T, E>& left, const Result<U, G>& right) {
  if (left.has_value() != right.has_value()) return false;
  if (!left.has_value()) return static_cast<bool>(left.error() == right.error());
  if constexpr (std::is_void_v<T>) {
    return true;
  } else {
    return static_cast<bool>(*left == *right);
  }
}

/// Whether `left` holds a value equal to `right`.
template <class T, class E, class U>
  requires(!std::is_void_v<T> && !detail::is_result_v<U> && !detail::is_unexpected_v<U> && !detail::ExpectedLike<U>)
[[nodiscard]] constexpr bool operator==(const Result<T, E>& left, const U& right) {
  return left.has_value() && static_cast<bool>(*left == right);
}

/// Whether `left` holds an error equal to `right`'s.
template <class T, class E, class G>
[[nodiscard]] constexpr bool operator==(const Result<T, E>& left, const Unexpected<G>& right) {
  return !left.has_value() && static_cast<bool>(left.error() == right.error());
}

}  // namespace allot::inline v0_1
