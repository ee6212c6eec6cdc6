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
/// variants (the first alternative that fits). Types of your own read themselves with a member, or a function found by
/// argument-dependent look-up:
///     bool json_parse(json::Parser& in);
///     bool json_parse(json::Parser& in, Type& value);
/// Types that allocate behind your back (std::string, std::vector, std::map) do not compile.
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
#include "allot/base/enum_names.hpp"
#include "allot/base/try.hpp"
#include "allot/base/value_kinds.hpp"
#include "allot/core/slices.hpp"
#include "allot/json/fields.hpp"
#include "allot/json/key_order.hpp"
#include "allot/json/map.hpp"
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

/// Fields that may be missing from the text.
template <class T>
inline constexpr bool may_be_missing_v = OptionalLike<T> || std::is_pointer_v<T>;

template <class T>
bool parse_value(Parser& in, T& value);

template <class T>
bool integer_from(Parser& in, const Number& number, const char* place, T& value) noexcept {
  Unsigned128 magnitude = 0;
  if constexpr (sizeof(T) <= 8) {
    if (number.integer && number.all_digits) [[likely]] {
      magnitude = number.magnitude;
    } else if (!to_magnitude(number, magnitude)) {
      return in.fail_at(ParseErrorKind::number_out_of_range, place);
    }
  } else if (!to_magnitude(number, magnitude)) {
    return in.fail_at(ParseErrorKind::number_out_of_range, place);
  }
  constexpr bool is_signed = static_cast<T>(-1) < T{0};
  constexpr auto most = static_cast<Unsigned128>(static_cast<T>(
      is_signed ? (T{1} << (sizeof(T) * 8 - 2)) - 1 + (T{1} << (sizeof(T) * 8 - 2)) : static_cast<T>(-1)));
  const Unsigned128 limit = number.negative ? (is_signed ? most + 1 : 0) : most;
  if (magnitude > limit) return in.fail_at(ParseErrorKind::number_out_of_range, place);
  value = static_cast<T>(number.negative ? 0 - magnitude : magnitude);
  return true;
}

template <class T>
bool parse_number(Parser& in, T& value) noexcept {
  if constexpr (std::is_same_v<T, double>) {
    return in.floating(value);
  } else {
    (void)in.peek();
    const char* const place = in.place();
    Number number;
    if (!in.number_or_text(number)) return false;
    if constexpr (!std::is_floating_point_v<T>) {
      return integer_from(in, number, place, value);
    } else {
      value = std::is_same_v<T, float> ? to_float(number) : static_cast<T>(to_double(number));
      return __builtin_isfinite(value) ? true : in.fail_at(ParseErrorKind::number_out_of_range, place);
    }
  }
}

template <class E>
bool parse_enum(Parser& in, E& value) noexcept {
  const char c = in.peek();
  const char* const place = in.place();
  if (c == '"') {
    std::string_view name;
    if (!in.short_lived_string(name)) return false;
    if constexpr (NamedEnum<E>) {
      if (const std::optional<E> found = enum_value<E>(name)) {
        value = *found;
        return true;
      }
    }
    return in.fail_at(ParseErrorKind::unknown_enumerator, place);
  }
  std::underlying_type_t<E> number{};
  if constexpr (std::is_same_v<decltype(number), bool>) {
    if (!in.boolean(number)) return false;
  } else if (!parse_number(in, number)) {
    return false;
  }
  value = static_cast<E>(number);
  return true;
}

inline bool parse_char(Parser& in, char& value) noexcept {
  (void)in.peek();
  const char* const place = in.place();
  std::string_view text;
  if (!in.short_lived_string(text)) return false;
  if (text.size() != 1) return in.fail_at(ParseErrorKind::wrong_length, place);
  value = text[0];
  return true;
}

template <std::size_t Size>
bool parse_char_array(Parser& in, char (&value)[Size]) noexcept {
  (void)in.peek();
  const char* const place = in.place();
  std::string_view text;
  if (!in.short_lived_string(text)) return false;
  if (text.size() >= Size) return in.fail_at(ParseErrorKind::wrong_length, place);
  for (std::size_t i = 0; i < Size; ++i) value[i] = i < text.size() ? text[i] : '\0';
  return true;
}

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

/// Collects items on the scratch stack and moves them into memory of their own.
template <class T>
class Collector {
  static_assert(std::is_trivially_copyable_v<T>, "elements of parsed lists are copied as bytes");
  static_assert(alignof(T) <= alignof(std::max_align_t), "elements of parsed lists are not over-aligned");

 public:
  explicit Collector(Parser& in) noexcept : in_(in), base_(in.scratch().size()) {
    padding_ = (alignof(std::max_align_t) - base_ % alignof(std::max_align_t)) % alignof(std::max_align_t);
    ok_ = in.scratch().push(padding_) != nullptr;
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  ~Collector() { in_.scratch().shrink_to(base_); }

  [[nodiscard]] bool add(const T& item) noexcept {
    char* const to = ok_ ? in_.scratch().push(sizeof(T)) : nullptr;
    if (to == nullptr) return in_.fail(ParseErrorKind::out_of_memory);
    __builtin_memcpy(to, &item, sizeof(T));
    return true;
  }
  /// How many items there are; only while no other collector is alive above this one.
  [[nodiscard]] std::size_t count() const noexcept { return (in_.scratch().size() - base_ - padding_) / sizeof(T); }
  /// The first `count` items; invalidated by the next one anyone adds.
  [[nodiscard]] std::span<T> items(std::size_t count) noexcept {
    return {reinterpret_cast<T*>(in_.scratch().at(base_ + padding_)), count};
  }
  /// Drops all items but the first `count`.
  void keep_first(std::size_t count) noexcept { in_.scratch().shrink_to(base_ + padding_ + count * sizeof(T)); }
  [[nodiscard]] bool take(std::span<T>& taken) noexcept {
    const std::span<T> all = items(count());
    taken = {};
    if (all.empty()) return true;
    auto* const memory = static_cast<T*>(in_.allocate(all.size_bytes(), Alignment::of<T>()));
    if (memory == nullptr) return false;
    __builtin_memcpy(static_cast<void*>(memory), all.data(), all.size_bytes());
    taken = std::span<T>(memory, all.size());
    return true;
  }

 private:
  Parser& in_;
  std::size_t base_;
  std::size_t padding_;
  bool ok_;
};

template <class T>
bool parse_span(Parser& in, std::span<T>& value) {
  using Element = std::remove_const_t<T>;
  if (!in.open('[')) return false;
  Collector<Element> elements(in);
  bool more = !in.close_if(']');
  while (more) {
    Element element{};
    if (!parse_value(in, element) || !elements.add(element) || !in.next(']', more)) return false;
  }
  std::span<Element> taken;
  if (!elements.take(taken)) return false;
  value = taken;
  return true;
}

/// Marks entries whose key stood before as to be dropped, or refuses them, as the options say.
template <class T>
bool mark_duplicates(Parser& in, Collector<Entry<T>>& entries) noexcept {
  const std::size_t count = entries.count();
  Collector<std::uint32_t> order(in);
  for (std::size_t i = 0; i < count; ++i) {
    if (!order.add(0)) return false;
  }
  const std::span<Entry<T>> all = entries.items(count);
  const std::span<std::uint32_t> ordered = order.items(count);
  order_keys(ordered, &all[0].first, sizeof(Entry<T>));
  for (std::size_t first = 0, next = 1; next < count; ++next) {
    Entry<T>& kept = all[ordered[first]];
    Entry<T>& same = all[ordered[next]];
    if (kept.first != same.first) {
      first = next;
      continue;
    }
    if (in.options().duplicate_fields == DuplicateFields::error) return in.fail(ParseErrorKind::duplicate_field);
    if (in.options().duplicate_fields == DuplicateFields::use_last) kept.second = same.second;
    same.first = removed_key;
  }
  return true;
}

/// Deals with keys that stand twice; of equal ones an entry is kept in the place of the first.
template <class T>
bool settle_duplicates(Parser& in, Collector<Entry<T>>& entries) noexcept {
  if (entries.count() < 2) return true;
  if (!mark_duplicates(in, entries)) return false;
  const std::span<Entry<T>> all = entries.items(entries.count());
  std::size_t kept = 0;
  for (const Entry<T>& entry : all) {
    if (entry.first.data() != removed_key.data()) all[kept++] = entry;
  }
  entries.keep_first(kept);
  return true;
}

template <class T>
bool parse_map(Parser& in, Map<T>& value) {
  if (!in.open('{')) return false;
  Collector<Entry<T>> entries(in);
  bool more = !in.close_if('}');
  while (more) {
    Entry<T> entry{};
    if (in.peek() != '"') return in.fail_unexpected();
    if (!in.string(entry.first) || !in.colon() || !parse_value(in, entry.second)) return false;
    if (!entries.add(entry) || !in.next('}', more)) return false;
  }
  std::span<Entry<T>> taken;
  if (!settle_duplicates(in, entries) || !entries.take(taken)) return false;
  value = Map<T>(taken);
  return true;
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
  auto* const pointee = ::new (memory) Pointee();
  value = pointee;
  return parse_value(in, *pointee);
}

/// The fields of T while an object is read into one.
template <class T>
class FieldReader {
  static constexpr std::size_t count = FieldsOf<T>::count;

 public:
  FieldReader(Parser& in, T& value) noexcept : in_(in), value_(value) {}

  bool read() {
    if (!in_.open('{')) return false;
    bool more = !in_.close_if('}');
    while (more) {
      if (!read_one() || !in_.next('}', more)) return false;
    }
    return check_missing(std::make_index_sequence<count>());
  }

 private:
  bool read_one() {
    if (in_.peek() != '"') return in_.fail_unexpected();
    const char* const place = in_.place();
    std::size_t index = expected_known(std::make_index_sequence<count>());
    if (index == count) {
      std::string_view key;
      if (!in_.key(key)) return false;
      index = find(key, std::make_index_sequence<count>());
    }
    if (index == count) {
      return in_.options().ignore_unknown_fields ? in_.skip() : in_.fail_at(ParseErrorKind::unknown_field, place);
    }
    expected_ = index + 1;
    if (seen_[index]) {
      if (in_.options().duplicate_fields == DuplicateFields::error) {
        return in_.fail_at(ParseErrorKind::duplicate_field, place);
      }
      if (in_.options().duplicate_fields == DuplicateFields::use_first) return in_.skip();
    }
    seen_[index] = true;
    return read_field(index, std::make_index_sequence<count>());
  }

  /// The next field in the type's order, if its key stands here just as we write it; else `count`.
  template <std::size_t... Index>
  std::size_t expected_known(std::index_sequence<Index...>) noexcept {
    static constexpr std::string_view keys[] = {
        std::string_view(key_text<T, Index>.text + 1, key_text<T, Index>.size - 1)..., std::string_view()};
    return expected_ < count && in_.key_if(keys[expected_]) ? expected_ : count;
  }

  template <std::size_t... Index>
  static std::size_t find(std::string_view key, std::index_sequence<Index...>) noexcept {
    static constexpr std::string_view names[] = {FieldsOf<T>::template name<Index>..., std::string_view()};
    std::size_t index = 0;
    while (index != count && names[index] != key) ++index;
    return index;
  }

  template <std::size_t... Index>
  bool read_field(std::size_t index, std::index_sequence<Index...>) {
    static constexpr bool (*readers[])(Parser&, T&) = {
        [](Parser& in, T& value) {
          return FieldsOf<T>::apply(
              value, [&](auto&... field) { return parse_value(in, ::allot::detail::field_at<Index>(field...)); });
        }...,
        nullptr};
    return readers[index](in_, value_);
  }

  template <std::size_t... Index>
  bool check_missing(std::index_sequence<Index...>) noexcept {
    if (in_.options().allow_missing_fields) return true;
    return FieldsOf<T>::apply(value_, [&](auto&... field) {
      const bool complete = ((seen_[Index] || may_be_missing_v<std::remove_cvref_t<decltype(field)>>) && ...);
      return complete ? true : in_.fail_at(ParseErrorKind::missing_field, in_.place() - 1);
    });
  }

  Parser& in_;
  T& value_;
  std::size_t expected_ = 0;
  bool seen_[count == 0 ? 1 : count] = {};
};

/// Reads an alternative of a variant. True: no other need be tried, because it fitted (`read`) or memory is out.
template <std::size_t Index, class Alternative, class Variant>
bool try_alternative(Parser& in, Variant& value, bool& read) {
  const Parser::Place before = in.remember();
  if constexpr (NullLike<Alternative>) {
    read = in.peek() == 'n' && in.null_if();
    if (read) value.template emplace<Index>();
  } else {
    Alternative alternative{};
    read = parse_value(in, alternative);
    if (read) value.template emplace<Index>(alternative);
  }
  return read || !in.return_to(before);
}

template <template <class...> class Variant, class... Alternative>
bool parse_variant(Parser& in, Variant<Alternative...>& value) {
  bool read = false;
  const bool settled = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    return (try_alternative<Index, Alternative>(in, value, read) || ...);
  }(std::index_sequence_for<Alternative...>());
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
    return parse_value(in, value.emplace());
  } else if constexpr (std::is_pointer_v<T>) {
    return parse_pointer(in, value);
  } else if constexpr (TupleLike<T>) {
    return parse_tuple(in, value, std::make_index_sequence<std::tuple_size<T>::value>());
  } else {
    static_assert(!RangeLike<T> && !SmartPointerLike<T>,
                  "containers and smart pointers that allocate by themselves cannot be read into: use std::span, "
                  "std::string_view, a pointer, json::Map or json::Value");
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
  T value{};
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
  ArenaAllocator* const arena = ALLOT_TRY_EXPR(allocator.create<ArenaAllocator>(allocator));
  ALLOT_ERRDEFER {
    allocator.destroy(arena);
  };
  T value = ALLOT_TRY_EXPR(parse_leaky<T>(arena->allocator(), text, options, allocator));
  return ParseResult<Parsed<T>>(std::in_place, allocator, arena, std::move(value));
}

}  // namespace allot::inline v0_1::json
