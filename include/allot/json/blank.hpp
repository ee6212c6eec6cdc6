/// What a value is before it is read. Internal.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/reflection.hpp"
#include "allot/base/value_kinds.hpp"
#include "allot/core/allocator.hpp"

namespace allot::inline v0_1::json::detail {

template <class... T>
struct Types {};

template <class T>
using FieldTypes = decltype(with_fields(
    std::declval<T&>(), [](auto&... field) { return Types<std::remove_reference_t<decltype(field)>...>(); }));

template <class T>
T blank(Allocator allocator) noexcept;

template <class T, class... Part>
T blank_from(Allocator allocator, Types<Part...>) noexcept {
  static_assert((!std::is_array_v<Part> && ...),
                "beside fields that own memory a C array cannot be read: use std::array");
  if constexpr (std::is_aggregate_v<T>) {
    return T{blank<Part>(allocator)...};
  } else {
    return T(blank<Part>(allocator)...);
  }
}

template <class T, std::size_t... Index>
T blank_elements(Allocator allocator, std::index_sequence<Index...>) noexcept {
  return blank_from<T>(allocator, Types<typename std::tuple_element<Index, T>::type...>());
}

template <template <class...> class Variant, class First, class... Rest>
First blank_alternative(Allocator allocator, const Variant<First, Rest...>*) noexcept {
  return blank<First>(allocator);
}

/// T{}; over `allocator` where T, or a part of it, cannot be without one. Initialisers of such a type's other fields
/// are not looked at.
template <class T>
T blank(Allocator allocator) noexcept {
  if constexpr (std::is_default_constructible_v<T>) {
    return T{};
  } else if constexpr (std::is_constructible_v<T, Allocator>) {
    return T(allocator);
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    return blank_elements<T>(allocator, std::make_index_sequence<std::tuple_size<T>::value>());
  } else if constexpr (VariantLike<T>) {
    return T(blank_alternative(allocator, static_cast<const T*>(nullptr)));
  } else {
    static_assert(Reflectable<T>, "to be read, a type has a default constructor, or one from an Allocator");
    return blank_from<T>(allocator, FieldTypes<T>());
  }
}

}  // namespace allot::inline v0_1::json::detail
