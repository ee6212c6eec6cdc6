/// JSON text as values of your types.
///
///     auto config = ALLOT_TRY_EXPR(json::parse<Config>(allocator, text));       // Parsed<Config>, owns one arena
///     Config config = ALLOT_TRY_EXPR(json::parse_leaky<Config>(arena.allocator(), text));
///
/// What can be read: bool; integers to 128 bits (1.0 and 1e3 are integers; numbers in quotes too); floating-point
/// numbers, correctly rounded; enumerations by name or number; a `char` from text of one byte; text into string_view,
/// span<char>, span<const char>, ZString, const char* and arrays of char (with a zero); optionals and pointers to one
/// object (null, or a value in the allocator's memory); spans, std::array, C arrays (of exactly that length), tuples
/// and pairs from arrays; aggregates and classes with a list of fields (json/fields.hpp), json::Map<T> and json::Value;
/// variants (the first alternative that fits; text before numbers in quotes). Types of your own read themselves with a
/// member, or a function found by argument-dependent look-up:
///     bool json_parse(json::Parser& in);
///     bool json_parse(json::Parser& in, Type& value);
/// Containers over an Allocator: ArrayList, OwnedSlice (of `char`: text), HashMap with keys of text, integers or
/// enumerators, Box (or null). They own their memory and may hold one another; what they hold that does not own (spans,
/// views, StringHashMap's keys) lives in the allocator's memory like everything else.
/// Types that allocate behind your back (std::string, std::vector, std::map, std::unique_ptr) do not compile.
///
/// Memory: only `allocator` is asked; temporary memory goes back to it. Errors say what, line and column.
/// Time: O(text), for objects with duplicate keys to be found O(n log n). Threads: safe.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/try.hpp"
#include "allot/base/value_kinds.hpp"
#include "allot/core/slices.hpp"
#include "allot/json/blank.hpp"
#include "allot/json/fields.hpp"
#include "allot/json/parse_containers.hpp"
#include "allot/json/parse_fields.hpp"
#include "allot/json/parse_lists.hpp"
#include "allot/json/parse_scalars.hpp"
#include "allot/json/parsed.hpp"
#include "allot/json/parser.hpp"
#include "allot/json/value.hpp"

namespace allot::inline v0_1::json {

namespace detail {

template <class T>
concept ParsesItself = requires(T& value, Parser& in) {
  { value.json_parse(in) } -> std::same_as<bool>;
};
template <class T>
concept ParsedByFunction = requires(T& value, Parser& in) {
  { json_parse(in, value) } -> std::same_as<bool>;
};

template <class T>
inline constexpr bool is_number_v =
    std::is_arithmetic_v<T> || std::is_same_v<T, Int128> || std::is_same_v<T, Unsigned128>;

template <class T>
inline constexpr bool is_span_v = false;
template <class T>
inline constexpr bool is_span_v<std::span<T>> = true;

template <class T>
inline constexpr bool is_map_v = false;
template <class T>
inline constexpr bool is_map_v<Map<T>> = true;

template <class T>
inline constexpr bool is_fixed_array_v =
    std::is_array_v<T> || (RangeLike<T> && requires { std::tuple_size<T>::value; });

template <class Array>
bool parse_fixed_array(Parser& in, Array& array) {
  const char* const place = (void(in.peek()), in.place());
  if (!in.open('[')) return false;
  bool more = !in.close_if(']');
  for (auto& element : array) {
    if (!more) return in.fail_at(ParseErrorKind::wrong_length, place);
    if (!parse_value(in, element) || !in.next(']', more)) return false;
  }
  return more ? in.fail_at(ParseErrorKind::wrong_length, place) : true;
}

template <class Tuple, std::size_t... Index>
bool parse_tuple(Parser& in, Tuple& tuple, std::index_sequence<Index...>) {
  using std::get;
  const char* const place = (void(in.peek()), in.place());
  if (!in.open('[')) return false;
  bool more = !in.close_if(']');
  const auto element = [&](auto& value) {
    if (!more) return in.fail_at(ParseErrorKind::wrong_length, place);
    return parse_value(in, value) && in.next(']', more);
  };
  if (!(element(get<Index>(tuple)) && ...)) return false;
  return more ? in.fail_at(ParseErrorKind::wrong_length, place) : true;
}

template <class T>
bool parse_pointer(Parser& in, T*& value) {
  if (in.peek() == 'n') {
    value = nullptr;
    return in.null_if();
  }
  using Pointee = std::remove_const_t<T>;
  void* const memory = in.allocate(sizeof(Pointee), Alignment::of<Pointee>());
  if (memory == nullptr) return false;
  auto* const pointee = ::new (memory) Pointee(blank<Pointee>(in.allocator()));
  value = pointee;
  return parse_value(in, *pointee);
}

/// Reads an alternative of a variant. True: no other need be tried, because it fitted (`read`) or memory is out.
template <std::size_t Index, class Alternative, class Variant>
bool try_alternative(Parser& in, Variant& value, bool& read) {
  const Parser::Place before = in.remember();
  if constexpr (NullLike<Alternative>) {
    read = in.peek() == 'n' && in.null_if();
    if (read) value.template emplace<Index>();
  } else {
    Alternative alternative = blank<Alternative>(in.allocator());
    read = parse_value(in, alternative);
    if (read) value.template emplace<Index>(std::move(alternative));
  }
  return read || !in.return_to(before);
}

/// Text in quotes is a number only when no alternative takes it as it is.
template <template <class...> class Variant, class... Alternative>
bool parse_variant(Parser& in, Variant<Alternative...>& value) {
  bool read = false;
  const auto try_all = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    return (try_alternative<Index, Alternative>(in, value, read) || ...);
  };
  const bool in_quotes = in.peek() == '"';
  const bool quoted_numbers = in.allow_quoted_numbers(false);
  in.allow_quoted_numbers(quoted_numbers && !in_quotes);
  bool settled = try_all(std::index_sequence_for<Alternative...>());
  in.allow_quoted_numbers(quoted_numbers);
  if (!settled && in_quotes && quoted_numbers) settled = try_all(std::index_sequence_for<Alternative...>());
  return settled ? read : in.fail_wrong_type();
}

template <class T>
bool parse_value(Parser& in, T& value) {
  if constexpr (ParsesItself<T>) {
    return value.json_parse(in);
  } else if constexpr (ParsedByFunction<T>) {
    return json_parse(in, value);
  } else if constexpr (std::is_same_v<T, Value>) {
    return in.value(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    return in.boolean(value);
  } else if constexpr (std::is_same_v<T, char>) {
    return parse_char(in, value);
  } else if constexpr (is_number_v<T>) {
    return parse_number(in, value);
  } else if constexpr (std::is_enum_v<T>) {
    return parse_enum(in, value);
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return in.string(value);
  } else if constexpr (std::is_same_v<T, std::span<char>>) {
    return in.owned_string(value, 0);
  } else if constexpr (std::is_same_v<T, std::span<const char>>) {
    std::string_view text;
    const bool read = in.string(text);
    value = text;
    return read;
  } else if constexpr (std::is_same_v<T, ZString> || std::is_same_v<T, const char*>) {
    std::span<char> text;
    if (!in.owned_string(text, 1)) return false;
    if constexpr (std::is_pointer_v<T>) {
      value = text.data();
    } else {
      value = ZString(text.data(), text.size());
    }
    return true;
  } else if constexpr (std::is_array_v<T> && std::is_same_v<std::remove_extent_t<T>, char>) {
    return parse_char_array(in, value);
  } else if constexpr (OwningContainer<T>) {
    return parse_container(in, value);
  } else if constexpr (is_span_v<T>) {
    return parse_span(in, value);
  } else if constexpr (is_map_v<T>) {
    return parse_map(in, value);
  } else if constexpr (is_fixed_array_v<T>) {
    return parse_fixed_array(in, value);
  } else if constexpr (VariantLike<T>) {
    return parse_variant(in, value);
  } else if constexpr (OptionalLike<T>) {
    if (in.peek() == 'n') {
      value.reset();
      return in.null_if();
    }
    if constexpr (std::is_default_constructible_v<typename T::value_type>) {
      return parse_value(in, value.emplace());
    } else {
      return parse_value(in, value.emplace(blank<typename T::value_type>(in.allocator())));
    }
  } else if constexpr (std::is_pointer_v<T>) {
    return parse_pointer(in, value);
  } else if constexpr (TupleLike<T>) {
    return parse_tuple(in, value, std::make_index_sequence<std::tuple_size<T>::value>());
  } else {
    static_assert(!RangeLike<T> && !SmartPointerLike<T>,
                  "containers and smart pointers that allocate by themselves cannot be read into: use ArrayList, "
                  "HashMap, OwnedSlice or Box over an Allocator, or std::span, std::string_view, a pointer, json::Map");
    static_assert(HasFields<T>, "this type cannot be read: give it json_fields or a json_parse function");
    return FieldReader<T>(in, value).read();
  }
}

}  // namespace detail

template <class T>
bool Parser::parse(T& value) {
  return detail::parse_value(*this, value);
}

/// Reads `text` into a T whose parts live in `allocator`'s memory. For an arena, or a buffer, of the caller's: nobody
/// can free the parts one by one, neither after an error. Temporary memory is taken from `scratch` and goes back to it.
template <class T>
[[nodiscard]] ParseResult<T> parse_leaky(Allocator allocator, std::string_view text, const ParseOptions& options,
                                         Allocator scratch) {
  Parser parser(allocator, scratch, text, options);
  T value = detail::blank<T>(allocator);
  if (!parser.parse(value) || !parser.end()) ALLOT_FAIL(parser.error());
  return value;
}
template <class T>
[[nodiscard]] ParseResult<T> parse_leaky(Allocator allocator, std::string_view text, const ParseOptions& options = {}) {
  return parse_leaky<T>(allocator, text, options, allocator);
}

/// Reads `text` into a T together with an arena over `allocator` that its parts live in. On an error nothing is kept.
template <class T>
[[nodiscard]] ParseResult<Parsed<T>> parse(Allocator allocator, std::string_view text,
                                           const ParseOptions& options = {}) {
  detail::ParsedArena* const arena = detail::ParsedArena::create(allocator, text.size());
  if (arena == nullptr) ALLOT_FAIL(ParseErrorKind::out_of_memory);
  ALLOT_ERRDEFER { arena->destroy(allocator); };
  const Allocator memory = arena->arena().allocator();
  Parser parser(memory, allocator, text, options);
  parser.lend(arena->room());
  T value = detail::blank<T>(memory);
  if (!parser.parse(value) || !parser.end()) ALLOT_FAIL(parser.error());
  return ParseResult<Parsed<T>>(std::in_place, allocator, arena, std::move(value));
}

}  // namespace allot::inline v0_1::json
