/// Fields of plain aggregates, by number and by name, without macros. Compile-time only; costs nothing at run time.
///
///     struct User { std::uint64_t id; int power; };
///     field_count<User>                                    // 2
///     field_name<User, 1>                                  // "power"
///     with_fields(user, [](auto&... field) { ... });       // references to all of them, in order
///
/// Works for aggregates without base classes that have at most 128 fields, local and unnamed types too. It counts
/// initialisers, binds the fields to names (structured bindings), and reads a field's name in the compiler's spelling
/// of a pointer to it. Bit-fields and reference members have no such pointer and do not compile.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

namespace detail {

constexpr std::size_t max_fields = 128;

/// Converts to whatever a field is initialised with; never called.
struct AnyField {
  template <class T>
  constexpr operator T() const noexcept {
    __builtin_unreachable();
  }
};
template <std::size_t>
using AnyFieldAt = AnyField;

/// Converts to base classes of `T` only.
template <class T>
struct AnyBase {
  template <class Base>
    requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>)
  constexpr operator Base() const noexcept;
};

template <class T, class Indexes>
struct Initialisable;
template <class T, std::size_t... Index>
struct Initialisable<T, std::index_sequence<Index...>> {
  static constexpr bool value = requires { T{AnyFieldAt<Index>{}...}; };
};

template <class T, std::size_t Count>
inline constexpr bool takes_initialisers = Initialisable<T, std::make_index_sequence<Count>>::value;

template <class T, class Before, class Inside, class After>
struct InitialisableNested;
template <class T, std::size_t... Before, std::size_t... Inside, std::size_t... After>
struct InitialisableNested<T, std::index_sequence<Before...>, std::index_sequence<Inside...>,
                           std::index_sequence<After...>> {
  static constexpr bool value =
      requires { T{AnyFieldAt<Before>{}..., {AnyFieldAt<Inside>{}...}, AnyFieldAt<After>{}...}; };
};

template <class T, std::size_t Before, std::size_t Inside, std::size_t After>
inline constexpr bool takes_nested =
    InitialisableNested<T, std::make_index_sequence<Before>, std::make_index_sequence<Inside>,
                        std::make_index_sequence<After>>::value;

/// The fewest initialisers `T` takes; fields without a default need one each.
template <class T, std::size_t From = 0>
consteval std::size_t fewest_initialisers() {
  if constexpr (From > max_fields) {
    return From;
  } else if constexpr (takes_initialisers<T, From>) {
    return From;
  } else {
    return fewest_initialisers<T, From + 1>();
  }
}

/// The most initialisers `T` takes, where `Valid` is possible: doubling steps, then halving ones. A C array counts as
/// many as it has elements, since its braces may be left out.
template <class T, std::size_t Valid, std::size_t Step = 1, bool Doubling = true>
consteval std::size_t most_initialisers() {
  if constexpr (Step == 0) {
    return Valid;
  } else if constexpr (takes_initialisers<T, Valid + Step>) {
    return most_initialisers<T, Valid + Step, (Doubling ? Step * 2 : Step / 2), Doubling>();
  } else {
    return most_initialisers<T, Valid, Step / 2, false>();
  }
}

/// Whether the `Inside` initialisers from `At` on are those of one C array: in braces of their own they leave exactly
/// the others for the rest.
template <class T, std::size_t Most, std::size_t At, std::size_t Inside>
consteval bool fills_array() {
  if constexpr (takes_nested<T, At, Inside, Most - At - Inside>) {
    return !takes_nested<T, At, Inside, Most - At - Inside + 1>;
  } else {
    return false;
  }
}

/// The most initialisers in braces at `At`, with none after them: doubling steps, then halving ones.
template <class T, std::size_t Most, std::size_t At, std::size_t Valid, std::size_t Step = 1, bool Doubling = true>
consteval std::size_t most_nested() {
  if constexpr (Step == 0) {
    return Valid;
  } else if constexpr (At + Valid + Step <= Most && takes_nested<T, At, Valid + Step, 0>) {
    return most_nested<T, Most, At, Valid + Step, (Doubling ? Step * 2 : Step / 2), Doubling>();
  } else {
    return most_nested<T, Most, At, Valid, Step / 2, false>();
  }
}

/// Tries every length, for an array with fields without a default behind it.
template <class T, std::size_t Most, std::size_t At, std::size_t Length = 2>
consteval std::size_t search_array_length() {
  if constexpr (At + Length > Most) {
    return 1;
  } else if constexpr (fills_array<T, Most, At, Length>()) {
    return Length;
  } else {
    return search_array_length<T, Most, At, Length + 1>();
  }
}

/// How many initialisers from `At` on belong to one field: more than one for a C array only.
template <class T, std::size_t Most, std::size_t At>
consteval std::size_t initialisers_of_field() {
  if constexpr (takes_nested<T, At, 1, Most - At - 1>) {
    return 1;
  } else {
    constexpr std::size_t length = most_nested<T, Most, At, 1>();
    if constexpr (length > 1 && fills_array<T, Most, At, length>()) {
      return length;
    } else {
      return search_array_length<T, Most, At>();
    }
  }
}

template <class T, std::size_t Most, std::size_t At = 0, std::size_t Fields = 0>
consteval std::size_t count_fields() {
  if constexpr (At == Most) {
    return Fields;
  } else {
    return count_fields<T, Most, At + initialisers_of_field<T, Most, At>(), Fields + 1>();
  }
}

template <class T>
consteval std::size_t field_count_of() {
  constexpr std::size_t fewest = fewest_initialisers<T>();
  if constexpr (fewest > max_fields) {
    return fewest;
  } else {
    return count_fields<T, most_initialisers<T, fewest>()>();
  }
}

template <class T>
inline constexpr bool has_base_class = requires { T{AnyBase<T>{}}; };

}  // namespace detail

/// Types whose fields this header finds.
template <class T>
concept Reflectable = std::is_class_v<T> && std::is_aggregate_v<T> && !detail::has_base_class<T>;

/// The number of fields of an aggregate. An array is one field.
template <Reflectable T>
inline constexpr std::size_t field_count = detail::field_count_of<T>();

// clang-format off
// Names for up to 128 fields, in groups of sixteen.
#define ALLOT_FIELDS_1(p) p##0
#define ALLOT_FIELDS_2(p) ALLOT_FIELDS_1(p), p##1
#define ALLOT_FIELDS_3(p) ALLOT_FIELDS_2(p), p##2
#define ALLOT_FIELDS_4(p) ALLOT_FIELDS_3(p), p##3
#define ALLOT_FIELDS_5(p) ALLOT_FIELDS_4(p), p##4
#define ALLOT_FIELDS_6(p) ALLOT_FIELDS_5(p), p##5
#define ALLOT_FIELDS_7(p) ALLOT_FIELDS_6(p), p##6
#define ALLOT_FIELDS_8(p) ALLOT_FIELDS_7(p), p##7
#define ALLOT_FIELDS_9(p) ALLOT_FIELDS_8(p), p##8
#define ALLOT_FIELDS_10(p) ALLOT_FIELDS_9(p), p##9
#define ALLOT_FIELDS_11(p) ALLOT_FIELDS_10(p), p##a
#define ALLOT_FIELDS_12(p) ALLOT_FIELDS_11(p), p##b
#define ALLOT_FIELDS_13(p) ALLOT_FIELDS_12(p), p##c
#define ALLOT_FIELDS_14(p) ALLOT_FIELDS_13(p), p##d
#define ALLOT_FIELDS_15(p) ALLOT_FIELDS_14(p), p##e
#define ALLOT_FIELDS_16(p) ALLOT_FIELDS_15(p), p##f
#define ALLOT_BIND(count, ...)              \
  if constexpr (field_count<Plain> == count) { \
    auto& [__VA_ARGS__] = value;              \
    return std::forward<F>(f)(__VA_ARGS__);    \
  } else
// Sixteen cases: the groups before, then one to sixteen names of the group `p`.
#define ALLOT_BIND_GROUP(base, p, ...) \
  ALLOT_BIND(base + 1, __VA_ARGS__ ALLOT_FIELDS_1(p)) \
  ALLOT_BIND(base + 2, __VA_ARGS__ ALLOT_FIELDS_2(p)) \
  ALLOT_BIND(base + 3, __VA_ARGS__ ALLOT_FIELDS_3(p)) \
  ALLOT_BIND(base + 4, __VA_ARGS__ ALLOT_FIELDS_4(p)) \
  ALLOT_BIND(base + 5, __VA_ARGS__ ALLOT_FIELDS_5(p)) \
  ALLOT_BIND(base + 6, __VA_ARGS__ ALLOT_FIELDS_6(p)) \
  ALLOT_BIND(base + 7, __VA_ARGS__ ALLOT_FIELDS_7(p)) \
  ALLOT_BIND(base + 8, __VA_ARGS__ ALLOT_FIELDS_8(p)) \
  ALLOT_BIND(base + 9, __VA_ARGS__ ALLOT_FIELDS_9(p)) \
  ALLOT_BIND(base + 10, __VA_ARGS__ ALLOT_FIELDS_10(p)) \
  ALLOT_BIND(base + 11, __VA_ARGS__ ALLOT_FIELDS_11(p)) \
  ALLOT_BIND(base + 12, __VA_ARGS__ ALLOT_FIELDS_12(p)) \
  ALLOT_BIND(base + 13, __VA_ARGS__ ALLOT_FIELDS_13(p)) \
  ALLOT_BIND(base + 14, __VA_ARGS__ ALLOT_FIELDS_14(p)) \
  ALLOT_BIND(base + 15, __VA_ARGS__ ALLOT_FIELDS_15(p)) \
  ALLOT_BIND(base + 16, __VA_ARGS__ ALLOT_FIELDS_16(p))

/// Calls `f` with references to all fields of `value`, in order, and returns what it returns.
template <class T, class F>
  requires Reflectable<std::remove_const_t<T>>
constexpr decltype(auto) with_fields(T& value, F&& f) {
  using Plain = std::remove_const_t<T>;
  static_assert(field_count<Plain> <= detail::max_fields,
                "the fields of this aggregate cannot be counted: there are more than 128, or one of them is a reference");
  if constexpr (field_count<Plain> == 0) {
    return std::forward<F>(f)();
  } else
    ALLOT_BIND_GROUP(0, a, )
    ALLOT_BIND_GROUP(16, b, ALLOT_FIELDS_16(a),)
    ALLOT_BIND_GROUP(32, c, ALLOT_FIELDS_16(a), ALLOT_FIELDS_16(b),)
    ALLOT_BIND_GROUP(48, d, ALLOT_FIELDS_16(a), ALLOT_FIELDS_16(b), ALLOT_FIELDS_16(c),)
    ALLOT_BIND_GROUP(64, e, ALLOT_FIELDS_16(a), ALLOT_FIELDS_16(b), ALLOT_FIELDS_16(c), ALLOT_FIELDS_16(d),)
    ALLOT_BIND_GROUP(80, f, ALLOT_FIELDS_16(a), ALLOT_FIELDS_16(b), ALLOT_FIELDS_16(c), ALLOT_FIELDS_16(d), ALLOT_FIELDS_16(e),)
    ALLOT_BIND_GROUP(96, g, ALLOT_FIELDS_16(a), ALLOT_FIELDS_16(b), ALLOT_FIELDS_16(c), ALLOT_FIELDS_16(d), ALLOT_FIELDS_16(e), ALLOT_FIELDS_16(f),)
    ALLOT_BIND_GROUP(112, h, ALLOT_FIELDS_16(a), ALLOT_FIELDS_16(b), ALLOT_FIELDS_16(c), ALLOT_FIELDS_16(d), ALLOT_FIELDS_16(e), ALLOT_FIELDS_16(f), ALLOT_FIELDS_16(g),)
  {
    static_assert(field_count<Plain> == 0, "the fields of this type cannot be bound");
  }
}

#undef ALLOT_BIND_GROUP
#undef ALLOT_BIND
#undef ALLOT_FIELDS_16
#undef ALLOT_FIELDS_15
#undef ALLOT_FIELDS_14
#undef ALLOT_FIELDS_13
#undef ALLOT_FIELDS_12
#undef ALLOT_FIELDS_11
#undef ALLOT_FIELDS_10
#undef ALLOT_FIELDS_9
#undef ALLOT_FIELDS_8
#undef ALLOT_FIELDS_7
#undef ALLOT_FIELDS_6
#undef ALLOT_FIELDS_5
#undef ALLOT_FIELDS_4
#undef ALLOT_FIELDS_3
#undef ALLOT_FIELDS_2
#undef ALLOT_FIELDS_1
// clang-format on

namespace detail {

/// An object of any type that is never constructed: its fields have addresses, and those have names.
template <class T>
union Ghost {
  constexpr Ghost() noexcept : nothing() {}
  constexpr ~Ghost() {}
  char nothing;
  T value;
};
template <class T>
inline constexpr Ghost<T> ghost{};

/// The field of a number among references to all of them.
template <std::size_t Index, class First, class... Rest>
constexpr auto& field_at(First& first, Rest&... rest) noexcept {
  if constexpr (Index == 0) {
    return first;
  } else {
    return field_at<Index - 1>(rest...);
  }
}

template <auto* Field>
consteval const char* spelling_of_field() {
  return __PRETTY_FUNCTION__;
}

constexpr bool is_name_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The last name in a spelling: "[with auto* P = (& ghost<User>.Ghost<User>::value.User::power)]" gives "power".
consteval std::string_view last_name(std::string_view spelling) {
  while (!is_name_character(spelling.back())) spelling.remove_suffix(1);
  std::size_t begin = spelling.size();
  while (begin > 0 && is_name_character(spelling[begin - 1])) --begin;
  return spelling.substr(begin);
}

template <class T, std::size_t Index>
consteval std::string_view field_name_of() {
  constexpr auto* field =
      with_fields(ghost<T>.value, [](auto&... fields) { return __builtin_addressof(field_at<Index>(fields...)); });
  return last_name(spelling_of_field<field>());
}

}  // namespace detail

/// The name of field `Index` of an aggregate, as its source spells it.
template <Reflectable T, std::size_t Index>
inline constexpr std::string_view field_name = detail::field_name_of<T, Index>();

}  // namespace allot::inline v0_1
