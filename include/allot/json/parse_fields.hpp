/// Objects read into aggregates and classes with a list of fields. Internal.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/value_kinds.hpp"
#include "allot/json/fields.hpp"
#include "allot/json/parser.hpp"

namespace allot::inline v0_1::json::detail {

/// Fields that may be missing from the text.
template <class T>
inline constexpr bool may_be_missing_v = OptionalLike<T> || SmartPointerLike<T> || std::is_pointer_v<T>;

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

}  // namespace allot::inline v0_1::json::detail
