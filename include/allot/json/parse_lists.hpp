/// Arrays read into spans, objects into maps, both of trivially copyable parts: collected on the scratch stack, then
/// moved into a block of their exact size. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "allot/base/config.hpp"
#include "allot/json/key_order.hpp"
#include "allot/json/map.hpp"
#include "allot/json/parser.hpp"

namespace allot::inline v0_1::json::detail {

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

}  // namespace allot::inline v0_1::json::detail
