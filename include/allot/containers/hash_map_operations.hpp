/// HashMapOperations: what HashMap and HashMapUnmanaged share: looking up, removing, iterating, the assume_capacity
/// forms, and behind them the calls that may allocate, allocator's handle first. Contracts stand in hash_map.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/result.hpp"
#include "allot/base/try.hpp"
#include "allot/containers/hash_table.hpp"

namespace allot::inline v0_1 {

/// An element found or made: pointers into the map, valid until it grows, is cleared, or the element is removed.
template <class K, class V>
struct HashMapEntry {
  const K* key;
  V* value;
  bool found_existing;
};

/// An element taken out of a map.
template <class K, class V>
struct KeyValue {
  K key;
  V value;
};

namespace detail {

/// The parameter type of a look-up: anything the hash and the equality take when both are transparent, else K.
template <bool Transparent>
struct LookupKey {
  template <class K, class Q>
  using Type = Q;
};
template <>
struct LookupKey<false> {
  template <class K, class Q>
  using Type = K;
};

template <class F>
concept TransparentFunction = requires { typename F::is_transparent; };

template <class K, class V, class H, class E, class Group>
class HashMapOperations : protected HashTable<K, V, H, E, Group> {
 protected:
  using Table = HashTable<K, V, H, E, Group>;

 private:
  static constexpr bool is_transparent = TransparentFunction<H> && TransparentFunction<E>;

 protected:
  using Slot = typename Table::Slot;
  template <class Q>
  using Lookup = typename LookupKey<is_transparent>::template Type<K, Q>;

 public:
  using key_type = K;
  using mapped_type = V;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using iterator = HashIterator<K, V, Group, false>;
  using const_iterator = HashIterator<K, V, Group, true>;
  using value_type = typename iterator::value_type;
  using reference = value_type;
  using Entry = HashMapEntry<K, V>;

  [[nodiscard]] std::size_t size() const noexcept { return this->size_; }
  [[nodiscard]] bool empty() const noexcept { return this->size_ == 0; }
  /// Elements the map holds before it allocates again. Removing may lower it by one.
  [[nodiscard]] std::size_t capacity() const noexcept { return this->max_load_; }

  // --- looking up: O(1) on average ---------------------------------------------------------------------------------

  /// The value of `key`, or null.
  template <class Q = K>
  [[nodiscard]] V* get(const Lookup<Q>& key) noexcept {
    Slot* const slot = this->find(key, this->hash_of(key)).slot;
    return slot == nullptr ? nullptr : __builtin_addressof(slot->value);
  }
  template <class Q = K>
  [[nodiscard]] const V* get(const Lookup<Q>& key) const noexcept {
    const Slot* const slot = this->find(key, this->hash_of(key)).slot;
    return slot == nullptr ? nullptr : __builtin_addressof(slot->value);
  }
  /// The stored key that equals `key`, or null.
  template <class Q = K>
  [[nodiscard]] const K* get_key(const Lookup<Q>& key) const noexcept {
    const Slot* const slot = this->find(key, this->hash_of(key)).slot;
    return slot == nullptr ? nullptr : __builtin_addressof(slot->key);
  }
  template <class Q = K>
  [[nodiscard]] bool contains(const Lookup<Q>& key) const noexcept {
    return this->find(key, this->hash_of(key)).slot != nullptr;
  }

  /// Whether both hold the same keys with equal values, in any order. O(size()).
  friend bool operator==(const HashMapOperations& left, const HashMapOperations& right)
    requires requires(const V& value) {
      { value == value } -> std::convertible_to<bool>;
    }
  {
    if (left.size() != right.size()) return false;
    for (const auto [key, value] : left) {
      const V* const other = right.get(key);
      if (other == nullptr || !static_cast<bool>(value == *other)) return false;
    }
    return true;
  }

  [[nodiscard]] iterator begin() noexcept { return first<iterator>(); }
  [[nodiscard]] const_iterator begin() const noexcept { return first<const_iterator>(); }
  [[nodiscard]] iterator end() noexcept { return last<iterator>(); }
  [[nodiscard]] const_iterator end() const noexcept { return last<const_iterator>(); }

  // --- removing: never allocates, moves no other element
  // --------------------------------------------------------------

  /// Destroys the element with this key; false when there is none. O(1) on average.
  template <class Q = K>
  bool remove(const Lookup<Q>& key) noexcept {
    const std::uint64_t hash = this->hash_of(key);
    const auto place = this->find(key, hash);
    if (place.slot == nullptr) return false;
    this->erase(place, hash);
    return true;
  }
  /// Takes the element with this key out; empty when there is none.
  template <class Q = K>
  std::optional<KeyValue<K, V>> fetch_remove(const Lookup<Q>& key) noexcept {
    const std::uint64_t hash = this->hash_of(key);
    const auto place = this->find(key, hash);
    if (place.slot == nullptr) return std::nullopt;
    std::optional<KeyValue<K, V>> taken(KeyValue<K, V>{std::move(place.slot->key), std::move(place.slot->value)});
    this->erase(place, hash);
    return taken;
  }
  /// Removes every element for which `f(key, value)` is true; returns how many. O(capacity).
  template <class F>
  std::size_t remove_if(F f) {
    const std::size_t before = this->size_;
    this->for_each_used([&](Slot* slot) {
      if (f(static_cast<const K&>(slot->key), slot->value)) this->erase(this->place_of(slot), this->hash_of(slot->key));
    });
    return before - this->size_;
  }
  /// Destroys the elements and keeps the block.
  void clear_retaining_capacity() noexcept { this->clear(); }

  // --- adding where there is room (checked in checked builds)
  // ---------------------------------------------------------

  template <class Key = K, class Value = V>
  void put_assume_capacity(Key&& key, Value&& value) {
    check_room();
    (void)put(NoGrowth{}, std::forward<Key>(key), std::forward<Value>(value));
  }
  template <class Key = K>
  Entry get_or_put_assume_capacity(Key&& key) {
    check_room();
    return *get_or_put(NoGrowth{}, std::forward<Key>(key));
  }

 protected:
  HashMapOperations() noexcept = default;
  HashMapOperations(const H& hash, const E& equal) noexcept : Table(hash, equal) {}
  ~HashMapOperations() = default;

  /// Stands for an allocator where nothing may be allocated.
  struct NoGrowth {
    void* raw_alloc(std::size_t, Alignment) const noexcept { return nullptr; }
    void raw_free(void*, std::size_t, Alignment) const noexcept {}
  };

  template <class Handle, class Key, class Value>
  Result<void> put(const Handle& handle, Key&& key, Value&& value) {
    bool existed = false;
    ALLOT_TRY(Slot* const slot, find_or_make(handle, existed, std::forward<Key>(key), std::forward<Value>(value)));
    if (existed) slot->value = std::forward<Value>(value);
    return {};
  }
  template <class Handle, class Key, class... Args>
  Result<Entry> get_or_put(const Handle& handle, Key&& key, Args&&... args) {
    bool existed = false;
    ALLOT_TRY(Slot* const slot, find_or_make(handle, existed, std::forward<Key>(key), std::forward<Args>(args)...));
    return Entry{__builtin_addressof(slot->key), __builtin_addressof(slot->value), existed};
  }
  template <class Handle, class Key, class Value>
  Result<std::optional<V>> fetch_put(const Handle& handle, Key&& key, Value&& value) {
    bool existed = false;
    ALLOT_TRY(Slot* const slot, find_or_make(handle, existed, std::forward<Key>(key), std::forward<Value>(value)));
    if (!existed) return Result<std::optional<V>>(std::in_place);
    std::optional<V> old(std::move(slot->value));
    slot->value = std::forward<Value>(value);
    return old;
  }
  template <class Handle>
  Result<void> ensure_total_capacity(const Handle& handle, std::size_t capacity) {
    return this->reserve(handle, capacity);
  }
  template <class Handle>
  Result<void> ensure_unused_capacity(const Handle& handle, std::size_t count) {
    std::size_t capacity = 0;
    if (!checked_add(this->size_, count, capacity)) return Unexpected(AllocError::out_of_memory);
    return this->reserve(handle, capacity);
  }
  template <class Handle>
  Result<void> rehash(const Handle& handle) {
    if (this->size_ != 0) return this->rebuild(handle, this->size_);
    Table::clear_and_free(handle);
    return {};
  }
  template <class Handle>
  Result<void> copy_from(const Handle& handle, const HashMapOperations& other) {
    ALLOT_TRY_VOID(this->reserve(handle, other.size_));
    this->copy_elements(other);
    return {};
  }

 private:
  /// Keys of another type than look-ups take are converted first.
  template <class Handle, class Key, class... Args>
  Result<Slot*> find_or_make(const Handle& handle, bool& existed, Key&& key, Args&&... args) {
    if constexpr (is_transparent || std::is_same_v<std::remove_cvref_t<Key>, K>) {
      return this->find_or_emplace(handle, existed, std::forward<Key>(key), std::forward<Args>(args)...);
    } else {
      return this->find_or_emplace(handle, existed, static_cast<K>(std::forward<Key>(key)),
                                   std::forward<Args>(args)...);
    }
  }

  void check_room() const noexcept {
    ALLOT_ASSERT(this->size_ < this->max_load_, "the map has no room for this: ensure the capacity first");
  }

  template <class Iterator>
  Iterator first() const noexcept {
    return Iterator(this->groups_, this->groups_ + this->group_count(), this->slots_);
  }
  template <class Iterator>
  Iterator last() const noexcept {
    const Group* const end = this->groups_ + this->group_count();
    return Iterator(end, end, nullptr);
  }
};

}  // namespace detail
}  // namespace allot::inline v0_1
