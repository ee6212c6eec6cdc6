/// HashSet<K>: a HashMap of keys alone.
///
///     HashSet<std::uint64_t> seen(allocator);
///     if (ALLOT_TRY_EXPR(seen.insert(id))) first_visit(id);
///     for (std::uint64_t id : seen) use(id);
///
/// Everything HashMap says of its speed, memory, failures, iterators and keys (hash_map.hpp) holds here; an element
/// takes the bytes of its key, and one. Keys are const in place: to change one, remove it and put another. Move-only; a
/// moved-from set is empty and keeps its allocator. When not to use it: a handful of keys (search an ArrayList),
/// ordered iteration. Threads: as std::unordered_set; const calls may run together.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/result.hpp"
#include "allot/base/try.hpp"
#include "allot/containers/hash_map.hpp"

namespace allot::inline v0_1 {

/// A key found or put: a pointer into the set, valid until it grows, is cleared, or the key is removed.
template <class K>
struct HashSetEntry {
  const K* key;
  bool found_existing;
};

namespace detail {

/// The value of every key of a set. Its constructor is its own so that making one writes nothing.
struct NoValue {
  constexpr NoValue() noexcept {}
  friend constexpr bool operator==(NoValue, NoValue) noexcept { return true; }
};

/// A map's iterator that shows the keys only.
template <class K, class MapIterator>
class KeyIterator {
 public:
  using value_type = K;
  using reference = const K&;
  using difference_type = std::ptrdiff_t;

  KeyIterator() noexcept = default;
  explicit KeyIterator(MapIterator place) noexcept : place_(place) {}

  [[nodiscard]] const K& operator*() const noexcept { return (*place_).key; }
  [[nodiscard]] const K* operator->() const noexcept { return __builtin_addressof(**this); }
  KeyIterator& operator++() noexcept {
    ++place_;
    return *this;
  }
  KeyIterator operator++(int) noexcept { return KeyIterator(place_++); }
  friend bool operator==(const KeyIterator&, const KeyIterator&) noexcept = default;

 private:
  MapIterator place_{};
};

/// What HashSet and HashSetUnmanaged share: the calls that need no allocator.
template <class K, class H, class E, class Map>
class SetOperations {
  static constexpr bool is_transparent = TransparentFunction<H> && TransparentFunction<E>;
  template <class Q>
  using Lookup = typename LookupKey<is_transparent>::template Type<K, Q>;

 public:
  using key_type = K;
  using value_type = K;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = const K&;
  using const_iterator = KeyIterator<K, typename Map::const_iterator>;
  using iterator = const_iterator;
  using Entry = HashSetEntry<K>;

  [[nodiscard]] std::size_t size() const noexcept { return map_.size(); }
  [[nodiscard]] bool empty() const noexcept { return map_.empty(); }
  /// Keys the set holds before it allocates again. Removing may lower it by one.
  [[nodiscard]] std::size_t capacity() const noexcept { return map_.capacity(); }
  [[nodiscard]] const_iterator begin() const noexcept { return const_iterator(map_.begin()); }
  [[nodiscard]] const_iterator end() const noexcept { return const_iterator(map_.end()); }

  /// Whether an equal key is there. O(1) on average, as all look-ups.
  template <class Q = K>
  [[nodiscard]] bool contains(const Lookup<Q>& key) const noexcept {
    return map_.template contains<Q>(key);
  }
  /// The stored key that equals `key`, or null.
  template <class Q = K>
  [[nodiscard]] const K* get(const Lookup<Q>& key) const noexcept {
    return map_.template get_key<Q>(key);
  }
  /// Whether every key of this set is in `other`. O(size()).
  template <class Other>
  [[nodiscard]] bool is_subset_of(const Other& other) const noexcept {
    if (size() > other.size()) return false;
    for (const K& key : *this) {
      if (!other.contains(key)) return false;
    }
    return true;
  }

  /// Destroys the key that equals `key`; false when there is none.
  template <class Q = K>
  bool remove(const Lookup<Q>& key) noexcept {
    return map_.template remove<Q>(key);
  }
  /// Takes the key that equals `key` out; empty when there is none.
  template <class Q = K>
  std::optional<K> fetch_remove(const Lookup<Q>& key) noexcept {
    auto taken = map_.template fetch_remove<Q>(key);
    if (!taken) return std::nullopt;
    return std::move(taken->key);
  }
  /// Removes every key for which `f(key)` is true; returns how many. O(capacity).
  template <class F>
  std::size_t remove_if(F f) {
    return map_.remove_if([&](const K& key, NoValue) { return f(key); });
  }
  /// Destroys the keys and keeps the block.
  void clear_retaining_capacity() noexcept { map_.clear_retaining_capacity(); }

  /// Adds `key` unless it is there, where there is room (checked in checked builds); true when it was added.
  template <class Key = K>
  bool insert_assume_capacity(Key&& key) {
    return !map_.get_or_put_assume_capacity(std::forward<Key>(key)).found_existing;
  }

 protected:
  SetOperations() noexcept = default;
  explicit SetOperations(Map&& map) noexcept : map_(std::move(map)) {}
  SetOperations(SetOperations&&) noexcept = default;
  SetOperations& operator=(SetOperations&&) noexcept = default;
  ~SetOperations() = default;

  template <class MapEntry>
  [[nodiscard]] static Entry entry_of(const MapEntry& entry) noexcept {
    return {entry.key, entry.found_existing};
  }

  Map map_;
};

}  // namespace detail

template <class K, class H = Hash<K>, class E = EqualTo<K>, class A = Allocator>
class [[nodiscard]] HashSet : public detail::SetOperations<K, H, E, HashMap<K, detail::NoValue, H, E, A>> {
  using Map = HashMap<K, detail::NoValue, H, E, A>;
  using Operations = detail::SetOperations<K, H, E, Map>;

 public:
  using Handle = HandleOf<A>;
  using typename Operations::Entry;

  /// An empty set. Allocates nothing. The allocator is held, not owned.
  explicit HashSet(Handle allocator) noexcept : Operations(Map(allocator)) {}
  HashSet(Handle allocator, const H& hash, const E& equal = E()) noexcept : Operations(Map(allocator, hash, equal)) {}

  /// An empty set with room for `capacity` keys. Error: out_of_memory.
  static Result<HashSet> init_capacity(Handle allocator, std::size_t capacity) {
    HashSet set(allocator);
    ALLOT_TRY_VOID(set.ensure_total_capacity(capacity));
    return set;
  }

  [[nodiscard]] const Handle& allocator() const noexcept { return this->map_.allocator(); }

  /// Adds `key` unless an equal one is there, which stays; true when it was added. Error: out_of_memory.
  template <class Key = K>
  Result<bool> insert(Key&& key) {
    ALLOT_TRY(const auto entry, this->map_.get_or_put(std::forward<Key>(key)));
    return !entry.found_existing;
  }
  /// The same; returns the key that is in the set now.
  template <class Key = K>
  Result<Entry> get_or_insert(Key&& key) {
    ALLOT_TRY(const auto entry, this->map_.get_or_put(std::forward<Key>(key)));
    return this->entry_of(entry);
  }

  /// Makes room for `capacity` keys in all, or for `count` more.
  Result<void> ensure_total_capacity(std::size_t capacity) { return this->map_.ensure_total_capacity(capacity); }
  Result<void> ensure_unused_capacity(std::size_t count) { return this->map_.ensure_unused_capacity(count); }
  /// Moves the keys into a block of the size they need.
  Result<void> rehash() { return this->map_.rehash(); }
  /// Destroys the keys and frees the block.
  void clear_and_free() noexcept { this->map_.clear_and_free(); }

  /// A copy of every key in a set over `allocator`. Error: out_of_memory.
  [[nodiscard]] Result<HashSet> clone(Handle allocator) const {
    ALLOT_TRY(Map copy, this->map_.clone(allocator));
    return HashSet(std::move(copy));
  }

  /// Whether both hold the same keys. O(size()).
  friend bool operator==(const HashSet& left, const HashSet& right) noexcept {
    return left.size() == right.size() && left.is_subset_of(right);
  }

 private:
  explicit HashSet(Map&& map) noexcept : Operations(std::move(map)) {}
};

/// Keys are views, whose characters outlive their elements: see StringHashMap. HashSet<OwnedSlice<char>> owns its keys.
template <class A = Allocator>
using StringHashSet = HashSet<std::string_view, Hash<std::string_view>, EqualTo<std::string_view>, A>;

/// HashSet without the allocator, which every call that needs one is given; the same one each time. Nothing is freed by
/// itself: a set destroyed with a block stops a checked program with a message.
template <class K, class H = Hash<K>, class E = EqualTo<K>>
class [[nodiscard]] HashSetUnmanaged
    : public detail::SetOperations<K, H, E, HashMapUnmanaged<K, detail::NoValue, H, E>> {
  using Map = HashMapUnmanaged<K, detail::NoValue, H, E>;
  using Operations = detail::SetOperations<K, H, E, Map>;

 public:
  using typename Operations::Entry;

  HashSetUnmanaged() noexcept = default;

  /// Destroys the keys and frees the block. The set is empty and may be used again.
  template <AllocatorHandle Handle>
  void deinit(const Handle& allocator) noexcept {
    this->map_.deinit(allocator);
  }

  template <AllocatorHandle Handle, class Key = K>
  Result<bool> insert(const Handle& allocator, Key&& key) {
    ALLOT_TRY(const auto entry, this->map_.get_or_put(allocator, std::forward<Key>(key)));
    return !entry.found_existing;
  }
  template <AllocatorHandle Handle, class Key = K>
  Result<Entry> get_or_insert(const Handle& allocator, Key&& key) {
    ALLOT_TRY(const auto entry, this->map_.get_or_put(allocator, std::forward<Key>(key)));
    return this->entry_of(entry);
  }
  template <AllocatorHandle Handle>
  Result<void> ensure_total_capacity(const Handle& allocator, std::size_t capacity) {
    return this->map_.ensure_total_capacity(allocator, capacity);
  }
  template <AllocatorHandle Handle>
  Result<void> ensure_unused_capacity(const Handle& allocator, std::size_t count) {
    return this->map_.ensure_unused_capacity(allocator, count);
  }
  template <AllocatorHandle Handle>
  Result<void> rehash(const Handle& allocator) {
    return this->map_.rehash(allocator);
  }

  /// A copy of every key in a block from `allocator`. Error: out_of_memory.
  template <AllocatorHandle Handle>
  [[nodiscard]] Result<HashSetUnmanaged> clone(const Handle& allocator) const {
    ALLOT_TRY(Map copy, this->map_.clone(allocator));
    return HashSetUnmanaged(std::move(copy));
  }

  /// Whether both hold the same keys. O(size()).
  friend bool operator==(const HashSetUnmanaged& left, const HashSetUnmanaged& right) noexcept {
    return left.size() == right.size() && left.is_subset_of(right);
  }

 private:
  explicit HashSetUnmanaged(Map&& map) noexcept : Operations(std::move(map)) {}
};

template <class K, class H, class E, class A>
struct is_trivially_relocatable<HashSet<K, H, E, A>> : is_trivially_relocatable<HashMap<K, detail::NoValue, H, E, A>> {
};

}  // namespace allot::inline v0_1
