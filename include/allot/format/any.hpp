/// any(value): prints values {fmt} has no formatter for, as Zig's {any} does.
///
///     print(out, "{}", any(numbers));       // { 1, 2, 3 }
///     print(out, "{}", any(player));        // .{ .id = 1, .name = "Leto" }
///
/// Ranges `{ 1, 2 }`, maps `{ .{ key, value } }`, aggregates by field name `.{ .a = 1 }`, tuples `.{ 1, "x" }`,
/// enumerators `.red`, optionals and pointers to one value by what they hold or `null`, variants by what they hold,
/// text in quotes. Everything else as {fmt} prints it. Nothing is allocated. Nesting deeper than eight levels is
/// printed as "...".
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/enum_names.hpp"
#include "allot/base/reflection.hpp"
#include "allot/base/value_kinds.hpp"
#include "allot/format/fmt.hpp"

namespace allot::inline v0_1 {

/// Refers to a value to be printed; made by `any`.
template <class T>
struct Any {
  const T& value;
};

/// `value` is held, not owned: use the result in the same expression.
template <class T>
[[nodiscard]] constexpr Any<T> any(const T& value) noexcept {
  return {value};
}

namespace detail {

/// Prints into an output iterator of {fmt}, piece by piece.
template <class Out>
class AnyPrinter {
 public:
  explicit AnyPrinter(Out out) : out_(out) {}
  [[nodiscard]] Out out() const { return out_; }

  template <class T>
  void print(const T& value, int depth) {
    if (depth > deepest) return text("...");
    if constexpr (NullLike<T>) {
      text("null");
    } else if constexpr (std::is_same_v<T, bool>) {
      text(value ? "true" : "false");
    } else if constexpr (TextLike<const T>) {
      quote(text_of(value));
    } else if constexpr (std::is_convertible_v<const T&, const char*>) {
      print_c_string(value);
    } else if constexpr (std::is_enum_v<T>) {
      print_enum(value);
    } else if constexpr (VariantLike<T>) {
      visit([&](const auto& held) { print(held, depth); }, value);
    } else if constexpr (OptionalLike<T>) {
      value.has_value() ? print(*value, depth) : text("null");
    } else if constexpr (SmartPointerLike<T>) {
      value.get() != nullptr ? print(*value, depth + 1) : text("null");
    } else if constexpr (MapLike<const T>) {
      print_range(value, [&](const auto& entry) { print_entry(entry, depth + 1); });
    } else if constexpr (RangeLike<const T> || std::is_array_v<T>) {
      print_range(value, [&](const auto& element) { print(element, depth + 1); });
    } else if constexpr (TupleLike<T>) {
      print_tuple(value, depth, std::make_index_sequence<std::tuple_size<T>::value>());
    } else if constexpr (std::is_pointer_v<T>) {
      out_ = fmt::format_to(out_, "{}", static_cast<const void*>(value));
    } else if constexpr (fmt::is_formattable<T>::value) {
      out_ = fmt::format_to(out_, "{}", value);
    } else {
      static_assert(Reflectable<T>, "any() cannot look into this type: give it an fmt::formatter");
      print_fields(value, depth, std::make_index_sequence<field_count<T>>());
    }
  }

 private:
  static constexpr int deepest = 8;

  void text(std::string_view piece) { out_ = fmt::format_to(out_, "{}", piece); }

  void quote(std::string_view piece) { out_ = fmt::format_to(out_, "\"{}\"", piece); }

  void print_c_string(const char* string) { string != nullptr ? quote(string) : text("null"); }

  template <class E>
  void print_enum(E value) {
    if constexpr (NamedEnum<E>) {
      if (const std::string_view name = enum_name(value); !name.empty()) {
        out_ = fmt::format_to(out_, ".{}", name);
        return;
      }
    }
    out_ = fmt::format_to(out_, "{}", static_cast<long long>(value));
  }

  template <class Range, class PrintElement>
  void print_range(const Range& range, PrintElement print_element) {
    const char* before = "{ ";
    for (const auto& element : range) {
      text(before);
      print_element(element);
      before = ", ";
    }
    text(before[0] == '{' ? "{ }" : " }");
  }

  template <class Entry>
  void print_entry(const Entry& entry, int depth) {
    if (depth > deepest) return text("...");
    text(".{ ");
    print(key_of(entry), depth + 1);
    text(", ");
    print(value_of(entry), depth + 1);
    text(" }");
  }

  template <class Tuple, std::size_t... Index>
  void print_tuple(const Tuple& tuple, int depth, std::index_sequence<Index...>) {
    using std::get;
    text(sizeof...(Index) == 0 ? ".{" : ".{ ");
    ((text(Index == 0 ? "" : ", "), print(get<Index>(tuple), depth + 1)), ...);
    text(sizeof...(Index) == 0 ? "}" : " }");
  }

  template <class T, std::size_t... Index>
  void print_fields(const T& value, int depth, std::index_sequence<Index...>) {
    text(sizeof...(Index) == 0 ? ".{" : ".{ ");
    with_fields(value, [&](const auto&... field) {
      ((out_ = fmt::format_to(out_, "{}.{} = ", Index == 0 ? "" : ", ", field_name<T, Index>), print(field, depth + 1)),
       ...);
    });
    text(sizeof...(Index) == 0 ? "}" : " }");
  }

  Out out_;
};

}  // namespace detail
}  // namespace allot::inline v0_1

template <class T>
struct fmt::formatter<allot::Any<T>> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

  template <class Context>
  auto format(const allot::Any<T>& any, Context& context) const {
    allot::detail::AnyPrinter printer(context.out());
    printer.print(any.value, 0);
    return printer.out();
  }
};
