/// Values as JSON: to a writer, into a block of their own, or into a caller's buffer.
///
///     ALLOT_TRY_VOID(json::stringify(value, {.whitespace = json::Whitespace::indent_2}, out.writer()));
///     std::span<char> text = ALLOT_TRY_EXPR(json::stringify_alloc(allocator, value));     // the caller frees it
///     std::span<char> text = ALLOT_TRY_EXPR(json::stringify_buf(buffer, value));          // in the caller's buffer
///
/// What can be written:
///   bool; integers to 128 bits; floating-point numbers (shortest text that reads back the same; infinities and NaN as
///   null); enumerators by name, other enumeration values as numbers; text of `char` or `char8_t` (string views,
///   strings, spans, lists, arrays up to their first zero, C strings; a lone `char`), as an array of bytes when it is
///   not valid UTF-8; optionals and pointers (what they hold, or null); variants (what they hold; monostate as null);
///   maps as objects (keys: text, integers, enumerators); other ranges and arrays, tuples and pairs as arrays;
///   aggregates as objects by field name, and classes with a list of fields (json/fields.hpp); json::Value.
/// Types of your own decide for themselves with a member, or a function found by argument-dependent look-up, that
/// writes exactly one value:
///     IoResult<void> json_stringify(json::WriteStream& out) const;
///     IoResult<void> json_stringify(const Type&, json::WriteStream& out);
///
/// No newline at the end. Nothing allocates but stringify_alloc. Pointers are followed: a cycle ends in the error
/// limit_exceeded. Errors: the writer's; limit_exceeded (nesting); what a json_stringify of yours returns.
/// Threads: safe, as far as the value and the writer are.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/enum_names.hpp"
#include "allot/base/try.hpp"
#include "allot/base/value_kinds.hpp"
#include "allot/io/allocating_writer.hpp"
#include "allot/io/fixed_writer.hpp"
#include "allot/json/emitter.hpp"
#include "allot/json/fields.hpp"
#include "allot/json/options.hpp"
#include "allot/json/value.hpp"
#include "allot/json/write_stream.hpp"

namespace allot::inline v0_1::json {

namespace detail {

template <class T>
concept StringifiesItself = requires(const T& value, WriteStream& out) { value.json_stringify(out); };
template <class T>
concept StringifiedByFunction = requires(const T& value, WriteStream& out) { json_stringify(value, out); };

template <class T>
inline constexpr bool is_integer_v =
    std::is_integral_v<T> || std::is_same_v<T, Int128> || std::is_same_v<T, Unsigned128>;

/// Types that may stand for nothing: as fields they can be left out.
template <class T>
inline constexpr bool is_nullable_v = OptionalLike<T> || SmartPointerLike<T> || std::is_pointer_v<T> || NullLike<T>;

template <class T>
constexpr bool is_null(const T& value) noexcept {
  if constexpr (NullLike<T>) {
    return true;
  } else if constexpr (OptionalLike<T>) {
    return !value.has_value();
  } else {
    return !static_cast<bool>(value);
  }
}

template <class T>
void write_value(Emitter& out, const T& value);

/// Lets a type of the user's write itself, one level of checking around it.
template <class T>
void write_by_hook(Emitter& out, const T& value) {
  WriteStream stream(out.out(), out.options(), out.depth());
  IoResult<void> written;
  if constexpr (StringifiesItself<T>) {
    written = value.json_stringify(stream);
  } else {
    written = json_stringify(value, stream);
  }
  if (written.has_value()) written = stream.finish();
  if (!written.has_value()) out.fail(written.error());
}

template <class E>
void write_enum(Emitter& out, E value) noexcept {
  if constexpr (NamedEnum<E>) {
    if (const std::string_view name = enum_name(value); !name.empty()) return out.string(name);
  }
  out.integer(static_cast<std::underlying_type_t<E>>(value));
}

template <class Char>
void write_c_string(Emitter& out, const Char* text) noexcept {
  text != nullptr ? out.string(reinterpret_cast<const char*>(text)) : out.null();
}

/// An array of characters ends at its first zero, like the C string it usually holds.
template <class Char, std::size_t Size>
void write_char_array(Emitter& out, const Char (&text)[Size]) noexcept {
  const std::string_view all(reinterpret_cast<const char*>(text), Size);
  out.string(all.substr(0, all.find('\0')));
}

/// A key made from text, an integer or an enumerator.
template <class Key>
void write_key(Emitter& out, const Key& key) noexcept {
  if constexpr (TextLike<const Key>) {
    out.key(text_of(key));
  } else if constexpr (std::is_convertible_v<const Key&, const char*>) {
    out.key(key);
  } else if constexpr (std::is_enum_v<Key>) {
    if constexpr (NamedEnum<Key>) {
      if (const std::string_view name = enum_name(key); !name.empty()) return out.key(name);
    }
    out.integer_key(static_cast<std::underlying_type_t<Key>>(key));
  } else {
    static_assert(is_integer_v<Key>, "a key of a JSON object is made from text, an integer or an enumerator");
    out.integer_key(key);
  }
}

template <class Map>
void write_map(Emitter& out, const Map& map) {
  out.open('{');
  bool first = true;
  for (const auto& entry : map) {
    if (out.failed()) [[unlikely]]
      return;
    out.separate(first);
    write_key(out, key_of(entry));
    out.colon();
    write_value(out, value_of(entry));
    first = false;
  }
  out.close('}', first);
}

template <class Range>
void write_range(Emitter& out, const Range& range) {
  out.open('[');
  bool first = true;
  for (const auto& element : range) {
    if (out.failed()) [[unlikely]]
      return;
    out.separate(first);
    write_value(out, element);
    first = false;
  }
  out.close(']', first);
}

template <class Tuple, std::size_t... Index>
void write_tuple(Emitter& out, const Tuple& tuple, std::index_sequence<Index...>) {
  using std::get;
  out.open('[');
  ((out.separate(Index == 0), write_value(out, get<Index>(tuple))), ...);
  out.close(']', sizeof...(Index) == 0);
}

template <class T, std::size_t Index, class Field>
ALLOT_ALWAYS_INLINE void write_field(Emitter& out, const Field& field, bool& first) {
  if constexpr (is_nullable_v<Field>) {
    if (!out.options().emit_null_optional_fields && is_null(field)) return;
  }
  out.known_key(key_text<T, Index>, first);
  first = false;
  write_value(out, field);
}

template <class T, std::size_t... Index>
void write_fields(Emitter& out, const T& value, std::index_sequence<Index...>) {
  out.open('{');
  bool first = true;
  if (!out.failed()) [[likely]] {
    FieldsOf<T>::apply(value, [&](const auto&... field) { (write_field<T, Index>(out, field, first), ...); });
  }
  out.close('}', first);
}

template <class Pointer>
void write_pointee(Emitter& out, const Pointer& pointer) {
  static_assert(!std::is_void_v<std::remove_pointer_t<Pointer>>, "a void pointer cannot be written as JSON");
  if (!pointer) return out.null();
  if (out.depth() >= out.options().max_depth) return out.fail(IoErrorKind::limit_exceeded);
  write_value(out, *pointer);
}

template <class T>
void write_value(Emitter& out, const T& value) {
  if constexpr (StringifiesItself<T> || StringifiedByFunction<T>) {
    write_by_hook(out, value);
  } else if constexpr (std::is_same_v<T, Value>) {
    write_tree(out, value);
  } else if constexpr (NullLike<T>) {
    out.null();
  } else if constexpr (std::is_same_v<T, bool>) {
    out.boolean(value);
  } else if constexpr (::allot::detail::is_char_like_v<T>) {
    const char text = static_cast<char>(value);
    out.string(std::string_view(&text, 1));
  } else if constexpr (is_integer_v<T>) {
    out.integer(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    out.floating(value);
  } else if constexpr (std::is_enum_v<T>) {
    write_enum(out, value);
  } else if constexpr (std::is_array_v<T> && ::allot::detail::is_char_like_v<std::remove_extent_t<T>>) {
    write_char_array(out, value);
  } else if constexpr (std::is_pointer_v<T> &&
                       ::allot::detail::is_char_like_v<std::remove_cv_t<std::remove_pointer_t<T>>>) {
    write_c_string(out, value);
  } else if constexpr (TextLike<const T>) {
    out.string(text_of(value));
  } else if constexpr (VariantLike<T>) {
    visit([&](const auto& held) { write_value(out, held); }, value);
  } else if constexpr (OptionalLike<T>) {
    value.has_value() ? write_value(out, *value) : out.null();
  } else if constexpr (SmartPointerLike<T> || std::is_pointer_v<T>) {
    write_pointee(out, value);
  } else if constexpr (ListsFields<T>) {
    write_fields(out, value, std::make_index_sequence<FieldsOf<T>::count>());
  } else if constexpr (MapLike<const T>) {
    write_map(out, value);
  } else if constexpr (RangeLike<const T> || std::is_array_v<T>) {
    write_range(out, value);
  } else if constexpr (TupleLike<T>) {
    write_tuple(out, value, std::make_index_sequence<std::tuple_size<T>::value>());
  } else {
    static_assert(HasFields<T>,
                  "this type has no JSON form: give it json_fields (json/fields.hpp) or a json_stringify function");
    write_fields(out, value, std::make_index_sequence<FieldsOf<T>::count>());
  }
}

}  // namespace detail

/// Writes `value` to `out`. Does not flush. On an error a part may have been written.
template <class T>
IoResult<void> stringify(const T& value, const StringifyOptions& options, io::Writer out) {
  detail::Emitter emitter(out, options);
  detail::write_value(emitter, value);
  return emitter.status();
}

/// The JSON of `value` in a block of its exact size, which the caller owns and gives back with `free`. Text of up to
/// about 1 KB costs one allocation; longer text grows a block and shrinks it once. Errors: out_of_memory and those of
/// `stringify`.
template <class T>
[[nodiscard]] IoResult<std::span<char>> stringify_alloc(Allocator allocator, const T& value,
                                                        const StringifyOptions& options = {}) {
  char first[1024];
  io::AllocatingWriter out(allocator, first);
  ALLOT_TRY_VOID(stringify(value, options, out.writer()));
  return out.to_owned_slice();
}

/// The JSON of `value` at the front of `buffer`, which may be filled to its last byte. Error: no_space_left when it
/// does not fit (the buffer then holds as much of it as fits), and those of `stringify`.
template <class T>
[[nodiscard]] IoResult<std::span<char>> stringify_buf(std::span<char> buffer, const T& value,
                                                      const StringifyOptions& options = {}) {
  io::FixedWriter out(buffer);
  ALLOT_TRY_VOID(stringify(value, options, out.writer()));
  return out.written();
}

template <class T>
IoResult<void> WriteStream::write(const T& value) {
  if (emitter_.failed()) return emitter_.status();
  before_value();
  detail::write_value(emitter_, value);
  after_value();
  return emitter_.status();
}

template <class T>
IoResult<void> WriteStream::field(std::string_view name, const T& value) {
  ALLOT_TRY_VOID(object_field(name));
  return write(value);
}

}  // namespace allot::inline v0_1::json
