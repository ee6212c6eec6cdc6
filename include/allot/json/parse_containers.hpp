/// Containers over an Allocator read from text: ArrayList, HashMap, OwnedSlice, Box, and what has their interface. They
/// take their memory from the parser's allocator and give it back themselves, also after an error. Internal.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/value_kinds.hpp"
#include "allot/containers/array_list.hpp"
#include "allot/json/blank.hpp"
#include "allot/json/parser.hpp"

namespace allot::inline v0_1::json::detail {

template <class T>
concept OverAllocator = std::is_class_v<T> && std::is_constructible_v<T, Allocator>;

template <class T>
concept OwningMap =
    OverAllocator<T> && MapLike<T> && requires(T& map, typename T::key_type&& key, typename T::mapped_type&& value) {
      { map.put(std::move(key), std::move(value)) } -> std::same_as<Result<void>>;
    };
template <class T>
concept OwningList = OverAllocator<T> && RangeLike<T> && !MapLike<T> && requires(T& list, RangeElement<T>&& element) {
  { list.append(std::move(element)) } -> std::same_as<Result<void>>;
};
template <class T>
concept OwningSlice = OverAllocator<T> && RangeLike<T> && requires(ArrayList<RangeElement<T>>&& list) {
  { T::from_list(std::move(list)) } -> std::same_as<Result<T>>;
};
template <class T>
concept OwningPointer = OverAllocator<T> && SmartPointerLike<T> &&
                        requires(Allocator allocator, std::remove_cv_t<typename T::element_type>&& object) {
                          { T::init(allocator, std::move(object)) } -> std::same_as<Result<T>>;
                        };
template <class T>
concept OwningContainer = OwningMap<T> || OwningList<T> || OwningSlice<T> || OwningPointer<T>;

/// What a call that allocates returned, or the error.
template <class T>
bool took_memory(Parser& in, const Result<T>& result) noexcept {
  return result.has_value() || in.fail(ParseErrorKind::out_of_memory);
}

template <class List>
bool parse_text_into(Parser& in, List& list) {
  std::string_view text;
  if (!in.short_lived_string(text)) return false;
  if constexpr (requires { list.append_slice(std::span<const char>(text)); }) {
    return took_memory(in, list.append_slice(std::span<const char>(text)));
  } else {
    for (const char c : text) {
      if (!took_memory(in, list.append(static_cast<RangeElement<List>>(c)))) return false;
    }
    return true;
  }
}

template <class List>
bool parse_elements_into(Parser& in, List& list) {
  using Element = RangeElement<List>;
  if (!in.open('[')) return false;
  bool more = !in.close_if(']');
  while (more) {
    Element element = blank<Element>(in.allocator());
    if (!parse_value(in, element) || !took_memory(in, list.append(std::move(element))) || !in.next(']', more)) {
      return false;
    }
  }
  return true;
}

template <OwningList List>
bool parse_owning_list(Parser& in, List& value) {
  List list(in.allocator());
  if constexpr (TextLike<List>) {
    if (!parse_text_into(in, list)) return false;
  } else {
    if (!parse_elements_into(in, list)) return false;
  }
  value = std::move(list);
  return true;
}

template <OwningSlice Slice>
bool parse_owning_slice(Parser& in, Slice& value) {
  ArrayList<RangeElement<Slice>> list(in.allocator());
  if (!parse_owning_list(in, list)) return false;
  Result<Slice> slice = Slice::from_list(std::move(list));
  if (!took_memory(in, slice)) return false;
  value = std::move(*slice);
  return true;
}

template <OwningMap Map>
bool parse_entry_into(Parser& in, Map& map) {
  using Key = typename Map::key_type;
  using Mapped = typename Map::mapped_type;
  if (in.peek() != '"') return in.fail_unexpected();
  const char* const place = in.place();
  Key key = blank<Key>(in.allocator());
  if (!parse_value(in, key) || !in.colon()) return false;
  if (map.contains(key)) {
    if (in.options().duplicate_fields == DuplicateFields::error) {
      return in.fail_at(ParseErrorKind::duplicate_field, place);
    }
    if (in.options().duplicate_fields == DuplicateFields::use_first) return in.skip();
  }
  Mapped mapped = blank<Mapped>(in.allocator());
  return parse_value(in, mapped) && took_memory(in, map.put(std::move(key), std::move(mapped)));
}

template <OwningMap Map>
bool parse_owning_map(Parser& in, Map& value) {
  Map map(in.allocator());
  if (!in.open('{')) return false;
  bool more = !in.close_if('}');
  while (more) {
    if (!parse_entry_into(in, map) || !in.next('}', more)) return false;
  }
  value = std::move(map);
  return true;
}

template <OwningPointer Pointer>
bool parse_owning_pointer(Parser& in, Pointer& value) {
  using Object = std::remove_cv_t<typename Pointer::element_type>;
  if (in.peek() == 'n') {
    value = Pointer(in.allocator());
    return in.null_if();
  }
  Object object = blank<Object>(in.allocator());
  if (!parse_value(in, object)) return false;
  Result<Pointer> pointer = Pointer::init(in.allocator(), std::move(object));
  if (!took_memory(in, pointer)) return false;
  value = std::move(*pointer);
  return true;
}

template <OwningContainer T>
bool parse_container(Parser& in, T& value) {
  if constexpr (OwningMap<T>) {
    return parse_owning_map(in, value);
  } else if constexpr (OwningList<T>) {
    return parse_owning_list(in, value);
  } else if constexpr (OwningSlice<T>) {
    return parse_owning_slice(in, value);
  } else {
    return parse_owning_pointer(in, value);
  }
}

}  // namespace allot::inline v0_1::json::detail
