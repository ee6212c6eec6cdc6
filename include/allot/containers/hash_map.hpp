/// HashMap<K, V>: an open-addressing hash table whose memory comes from an allocator you name.
///
///     HashMap<std::uint64_t, Player> players(allocator);
///     ALLOT_TRY_VOID(players.put(7, Player("Ann")));
///     if (Player* player = players.get(7)) greet(*player);
///     for (auto [key, value] : players) use(key, value);
///
/// Look-ups compare 15 slots at once; memory is one block, at most 7/8 full, of 16 bytes and 15 elements a group (about
/// one byte an element beside the elements). Every call that may allocate returns a Result; when it fails, or when a
/// constructor throws, the map and the arguments are unchanged. Arguments may refer to elements of the map.
/// Pointers and iterators stay valid until the map grows or is cleared; removing invalidates those to the removed
/// element only (an iterator to it may still be advanced), so any element may be removed while iterating. The order
/// is unspecified and changes when the map grows.
/// Keys and values must be nothrow movable. Hash and equality must not throw (a throw ends the program), and equal keys
/// must hash alike. Keys that an attacker chooses can make it slow: see hash.hpp.
/// Move-only; a moved-from map is empty and keeps its allocator.
/// When not to use it: a handful of keys (search an ArrayList), ordered iteration, stable addresses.
/// Threads: as std::unordered_map; const calls may run together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/result.hpp"
#include "allot/base/try.hpp"
#include "allot/containers/hash.hpp"
#include "allot/containers/hash_map_operations.hpp"
#include "allot/containers/relocation.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1 {

template <class K, class V, class H = Hash<K>, class E = EqualTo<K>, class A = Allocator,
          class Group = detail::DefaultGroup>
class [[nodiscard]] HashMap : public detail::HashMapOperations<K, V, H, E, Group> {
  using Operations = detail::HashMapOperations<K, V, H, E, Group>;

 public:
  using Handle = HandleOf<A>;
  using typename Operations::Entry;

  /// An empty map. Allocates nothing. The allocator is held, not owned.
  explicit HashMap(Handle allocator) noexcept : handle_(allocator) {}
  HashMap(Handle allocator, const H& hash, const E& equal = E()) noexcept
      : Operations(hash, equal), handle_(allocator) {}

  /// An empty map with room for `capacity` elements. Error: out_of_memory.
  static Result<HashMap> init_capacity(Handle allocator, std::size_t capacity) {
    HashMap map(allocator);
    ALLOT_TRY_VOID(map.ensure_total_capacity(capacity));
    return map;
  }

  HashMap(HashMap&& other) noexcept : Operations(other.hash_, other.equal_), handle_(other.handle_) {
    this->steal(other);
  }
  /// Frees what this map held; takes the other's elements and allocator.
  HashMap& operator=(HashMap&& other) noexcept {
    if (this == &other) return *this;
    const HashMap old(std::move(*this));  // lives on while the other, which may be in it, is taken
    this->steal(other);
    handle_ = other.handle_;
    return *this;
  }
  ~HashMap() { clear_and_free(); }

  [[nodiscard]] const Handle& allocator() const noexcept { return handle_; }

  /// Makes `value` the value of `key`: adds an element or assigns to the one that is there (whose key stays).
  template <class Key = K, class Value = V>
  Result<void> put(Key&& key, Value&& value) {
    return Operations::put(handle_, std::forward<Key>(key), std::forward<Value>(value));
  }
  /// As `put`; the value that was replaced, or empty.
  template <class Key = K, class Value = V>
  Result<std::optional<V>> fetch_put(Key&& key, Value&& value) {
    return Operations::fetch_put(handle_, std::forward<Key>(key), std::forward<Value>(value));
  }
  /// The element with this key. When there is none it is made, its value `V(args...)` (none: zero); `found_existing`
  /// says which. With one search where `get` and `put` need two.
  template <class Key = K, class... Args>
  Result<Entry> get_or_put(Key&& key, Args&&... args) {
    return Operations::get_or_put(handle_, std::forward<Key>(key), std::forward<Args>(args)...);
  }

  /// Makes room for `capacity` elements in all, or for `count` more.
  Result<void> ensure_total_capacity(std::size_t capacity) {
    return Operations::ensure_total_capacity(handle_, capacity);
  }
  Result<void> ensure_unused_capacity(std::size_t count) { return Operations::ensure_unused_capacity(handle_, count); }
  /// Moves the elements into a block of the size they need: gives memory back, and undoes what many removals cost.
  Result<void> rehash() { return Operations::rehash(handle_); }
  /// Destroys the elements and frees the block.
  void clear_and_free() noexcept { Operations::Table::clear_and_free(handle_); }

  /// A copy of every element in a map over `allocator`. Error: out_of_memory.
  [[nodiscard]] Result<HashMap> clone(Handle allocator) const {
    HashMap copy(allocator, this->hash_, this->equal_);
    ALLOT_TRY_VOID(copy.copy_from(allocator, *this));
    return copy;
  }

 private:
  [[no_unique_address]] Handle handle_;
};

/// Keys are views: the map holds their characters, it does not own them, and they must outlive their element (an arena
/// for the keys is the usual answer). For a map that owns its keys use HashMap<OwnedSlice<char>, V>, which is searched
/// with a view just so.
template <class V, class A = Allocator>
using StringHashMap = HashMap<std::string_view, V, Hash<std::string_view>, EqualTo<std::string_view>, A>;

/// HashMap without the allocator, which every call that needs one is given; the same one each time. Nothing is freed by
/// itself: a map destroyed with a block stops a checked program with a message.
template <class K, class V, class H = Hash<K>, class E = EqualTo<K>>
class [[nodiscard]] HashMapUnmanaged : public detail::HashMapOperations<K, V, H, E, detail::DefaultGroup> {
  using Operations = detail::HashMapOperations<K, V, H, E, detail::DefaultGroup>;

 public:
  HashMapUnmanaged() noexcept = default;
  HashMapUnmanaged(HashMapUnmanaged&& other) noexcept : Operations(other.hash_, other.equal_) { this->steal(other); }
  /// This map must own no block (checked in checked builds).
  HashMapUnmanaged& operator=(HashMapUnmanaged&& other) noexcept {
    if (this == &other) return *this;
    check_without_block();
    this->steal(other);
    return *this;
  }
  ~HashMapUnmanaged() { check_without_block(); }

  /// Destroys the elements and frees the block. The map is empty and may be used again.
  template <AllocatorHandle Handle>
  void deinit(const Handle& allocator) noexcept {
    Operations::Table::clear_and_free(allocator);
  }

  using Operations::ensure_total_capacity;
  using Operations::ensure_unused_capacity;
  using Operations::fetch_put;
  using Operations::get_or_put;
  using Operations::put;
  using Operations::rehash;

  /// A copy of every element in a block from `allocator`. Error: out_of_memory.
  template <AllocatorHandle Handle>
  [[nodiscard]] Result<HashMapUnmanaged> clone(const Handle& allocator) const {
    HashMapUnmanaged copy;
    detail::DeinitUnlessKept<HashMapUnmanaged, Handle> guard{copy, allocator};
    ALLOT_TRY_VOID(copy.copy_from(allocator, *this));
    guard.kept = true;
    return copy;
  }

 private:
  void check_without_block() const noexcept {
    ALLOT_ASSERT(!this->has_block(), "a HashMapUnmanaged was dropped without deinit(allocator): its block is lost");
  }
};

template <class K, class V, class H, class E, class A, class Group>
struct is_trivially_relocatable<HashMap<K, V, H, E, A, Group>>
    : std::bool_constant<is_trivially_relocatable_v<HandleOf<A>> && std::is_empty_v<H> && std::is_empty_v<E>> {};

}  // namespace allot::inline v0_1
