/// What the typed operations must know about a type before they may touch its bytes.
#pragma once

#include <type_traits>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// True when moving a `T` to another address and forgetting the old one is the same as copying its bytes.
/// Specialise it to true for a type of yours that holds no pointer into itself and registers its address nowhere.
template <class T>
struct is_trivially_relocatable
    : std::bool_constant<std::is_trivially_move_constructible_v<T> && std::is_trivially_destructible_v<T>> {};

template <class T>
inline constexpr bool is_trivially_relocatable_v = is_trivially_relocatable<std::remove_cv_t<T>>::value;

/// True for types whose lifetime may begin by giving them storage (the standard's implicit-lifetime types, less those
/// whose members need a destructor). C++23's own trait is not in libstdc++ 12.
template <class T>
inline constexpr bool is_implicit_lifetime_v =
    std::is_trivially_destructible_v<T> &&
    (std::is_scalar_v<T> || std::is_array_v<T> || std::is_aggregate_v<T> ||
     std::is_trivially_default_constructible_v<T> || std::is_trivially_copy_constructible_v<T> ||
     std::is_trivially_move_constructible_v<T>);

/// True for types whose objects need no bytes of their own; they never reach an allocator.
template <class T>
inline constexpr bool is_zero_size_v = std::is_empty_v<T>;

}  // namespace allot::inline v0_1
