/// Which fields of a type are written and read, and under which names.
///
/// Plain aggregates need nothing: their fields go by their own names. Classes with private members, and types whose
/// JSON names differ, list them:
///
///     class User {
///      public:
///       using json_fields = json::Fields<json::Field<"id", &User::id_>, json::Field<"full-name", &User::name_>>;
///      private:                                       // (the list stands behind the members it names)
///       ...
///     };
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/reflection.hpp"

namespace allot::inline v0_1::json {

/// A name as a template argument.
template <std::size_t Size>
struct FieldName {
  consteval FieldName(const char (&name)[Size]) noexcept {
    for (std::size_t i = 0; i < Size; ++i) text[i] = name[i];
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return {text, Size - 1}; }
  char text[Size];
};

/// One field: its name in JSON and a pointer to the member.
template <FieldName Name, auto Member>
struct Field {
  static_assert(std::is_member_object_pointer_v<decltype(Member)>, "a field is a data member");
  static constexpr std::string_view name = Name.view();
  static constexpr auto member = Member;
};

/// The fields of a type, in the order they are written.
template <class... F>
struct Fields {};

namespace detail {

template <class T>
concept ListsFields = requires { typename T::json_fields; };

/// The fields of T: how many, their names, and all of them at once.
template <class T>
struct FieldsOf {
  static constexpr std::size_t count = field_count<T>;
  template <std::size_t Index>
  static constexpr std::string_view name = field_name<T, Index>;
  template <class Value, class F>
  static constexpr decltype(auto) apply(Value& value, F&& f) {
    return with_fields(value, std::forward<F>(f));
  }
};

template <class List>
struct ListedFields;
template <class... F>
struct ListedFields<Fields<F...>> {
  static constexpr std::size_t count = sizeof...(F);
  static constexpr std::string_view names[count == 0 ? 1 : count] = {F::name...};
  template <std::size_t Index>
  static constexpr std::string_view name = names[Index];
  template <class Value, class Function>
  static constexpr decltype(auto) apply(Value& value, Function&& f) {
    return std::forward<Function>(f)((value.*F::member)...);
  }
};

template <ListsFields T>
struct FieldsOf<T> : ListedFields<typename T::json_fields> {};

/// Types written as objects field by field.
template <class T>
concept HasFields = ListsFields<T> || Reflectable<T>;

/// `name` as a JSON key with a comma before it: `,"name":`.
template <std::size_t Capacity>
struct KeyText {
  char text[Capacity] = {};
  std::size_t size = 0;

  consteval explicit KeyText(std::string_view name) noexcept {
    put(',');
    put('"');
    for (const char c : name) put_escaped(c);
    put('"');
    put(':');
  }
  consteval void put(char c) noexcept { text[size++] = c; }
  consteval void put_escaped(char c) noexcept {
    constexpr char digits[] = "0123456789abcdef";
    if (static_cast<unsigned char>(c) < 0x20) {
      for (const char unicode : {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}) put(unicode);
      return;
    }
    if (c == '"' || c == '\\') put('\\');
    put(c);
  }
};

template <class T, std::size_t Index>
inline constexpr KeyText<FieldsOf<T>::template name<Index>.size() * 6 + 4> key_text{FieldsOf<T>::template name<Index>};

}  // namespace detail
}  // namespace allot::inline v0_1::json
