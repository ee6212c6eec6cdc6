/// Map<T>: an object whose keys are not known when compiled, as parsed: entries in the order of the text.
///
/// Refers to its entries (held, not owned; they live in the arena they were parsed into). Looking up is O(entries).
/// Trivially copyable. Threads: a plain value.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::json {

/// A key and its value.
template <class T>
struct Entry {
  std::string_view first;
  T second;
};

template <class T>
class Map {
 public:
  using value_type = Entry<T>;
  using mapped_type = T;
  using iterator = const Entry<T>*;

  constexpr Map() noexcept = default;
  constexpr Map(std::span<const Entry<T>> entries) noexcept : entries_(entries) {}

  [[nodiscard]] constexpr std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] constexpr bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] constexpr iterator begin() const noexcept { return entries_.data(); }
  [[nodiscard]] constexpr iterator end() const noexcept { return entries_.data() + entries_.size(); }

  /// The value of a key, or null.
  [[nodiscard]] constexpr const T* find(std::string_view key) const noexcept {
    for (const Entry<T>& entry : entries_) {
      if (entry.first == key) return &entry.second;
    }
    return nullptr;
  }

 private:
  std::span<const Entry<T>> entries_;
};

}  // namespace allot::inline v0_1::json
