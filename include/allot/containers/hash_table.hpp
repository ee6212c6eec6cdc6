/// HashTable: the storage of HashMap and HashMapUnmanaged: groups of 15 slots in one block, searched 15 at a time. The
/// calls that may allocate take the allocator's handle first. Contracts stand in hash_map.hpp.
///
/// The block holds the groups' metadata (hash_group.hpp) and then the slots; the number of groups is a power of two. An
/// element lives in the first group with a free slot on its path (steps 1, 2, 3, ... from where its hash says), and
/// every full group passed remembers that. Erasing clears one byte; where the group had overflowed, the table also
/// lowers the load at which it rehashes, so searches cannot get slower and slower.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "allot/base/alignment.hpp"
#include "allot/base/alloc_error.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/poison.hpp"
#include "allot/base/result.hpp"
#include "allot/base/traits.hpp"
#include "allot/base/try.hpp"
#include "allot/containers/hash.hpp"
#include "allot/containers/hash_group.hpp"
#include "allot/core/fill.hpp"
#include "allot/core/raw_allocator.hpp"

namespace allot::inline v0_1::detail {

/// One element in its slot.
template <class K, class V>
struct HashSlot {
  template <class Q, class... Args>
  explicit HashSlot(Q&& from, Args&&... args) : key(std::forward<Q>(from)), value(std::forward<Args>(args)...) {}

  K key;
  [[no_unique_address]] V value;  // nothing beside the key in a set
};

template <class K, class V>
struct HashEntryRef {
  const K& key;
  V& value;
};

/// What a HashIterator's -> points at.
template <class Ref>
struct HashArrow {
  Ref entry;
  const Ref* operator->() const noexcept { return __builtin_addressof(entry); }
};

/// Visits the used slots group by group. Forward iterator; dereferences to {key, value} by reference.
template <class K, class V, class Group, bool Const>
class HashIterator {
  using Slot = HashSlot<K, V>;

 public:
  using value_type = HashEntryRef<K, std::conditional_t<Const, const V, V>>;
  using reference = value_type;
  using difference_type = std::ptrdiff_t;

  HashIterator() noexcept = default;
  /// The first element at or after `group`.
  HashIterator(const Group* group, const Group* end, Slot* slots) noexcept : group_(group), end_(end), slots_(slots) {
    if (group_ != end_) used_ = group_->match_used();
    skip_empty_groups();
  }
  operator HashIterator<K, V, Group, true>() const noexcept {
    HashIterator<K, V, Group, true> other;
    other.group_ = group_;
    other.end_ = end_;
    other.slots_ = slots_;
    other.used_ = used_;
    return other;
  }

  [[nodiscard]] reference operator*() const noexcept {
    Slot& slot = slots_[__builtin_ctz(used_)];
    return {slot.key, slot.value};
  }
  [[nodiscard]] HashArrow<reference> operator->() const noexcept { return {**this}; }
  /// The group is asked again: elements may have been removed since.
  HashIterator& operator++() noexcept {
    used_ &= used_ - 1;
    used_ &= group_->match_used();
    skip_empty_groups();
    return *this;
  }
  HashIterator operator++(int) noexcept {
    HashIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const HashIterator& left, const HashIterator& right) noexcept {
    return left.group_ == right.group_ && lowest(left.used_) == lowest(right.used_);
  }

 private:
  template <class, class, class, bool>
  friend class HashIterator;

  [[nodiscard]] static unsigned lowest(unsigned used) noexcept { return used & -used; }
  void skip_empty_groups() noexcept {
    while (used_ == 0 && group_ != end_) {
      if (++group_ == end_) return;
      slots_ += GroupBytes::slots;
      used_ = group_->match_used();
    }
  }

  const Group* group_ = nullptr;
  const Group* end_ = nullptr;
  Slot* slots_ = nullptr;
  unsigned used_ = 0;  ///< the slots of the group not yet passed, the lowest the one pointed at
};

template <class K, class V, class H, class E, class Group>
class HashTable {
  static_assert(std::is_object_v<K> && !std::is_const_v<K> && std::is_object_v<V> && !std::is_const_v<V>,
                "keys and values are objects and not const");

 protected:
  using Slot = HashSlot<K, V>;

  HashTable() noexcept = default;
  HashTable(const H& hash, const E& equal) noexcept : hash_(hash), equal_(equal) {}
  /// Asks here, where V is complete even in a type that holds maps of itself.
  ~HashTable() {
    static_assert((is_trivially_relocatable_v<K> || std::is_nothrow_move_constructible_v<K>) &&
                      (is_trivially_relocatable_v<V> || std::is_nothrow_move_constructible_v<V>),
                  "rehashing moves keys and values: their moves must not throw");
  }

  void steal(HashTable& other) noexcept {
    groups_ = std::exchange(other.groups_, &empty_group<Group>);
    slots_ = std::exchange(other.slots_, nullptr);
    mask_ = std::exchange(other.mask_, 0);
    size_ = std::exchange(other.size_, 0);
    max_load_ = std::exchange(other.max_load_, 0);
    hash_ = other.hash_;
    equal_ = other.equal_;
  }

  [[nodiscard]] bool has_block() const noexcept { return slots_ != nullptr; }
  [[nodiscard]] std::size_t group_count() const noexcept { return mask_ + 1; }
  /// Elements a table of `groups` takes before it grows: all places of one group, 7/8 of more.
  [[nodiscard]] static constexpr std::size_t load_of(std::size_t groups) noexcept {
    return groups == 1 ? GroupBytes::slots
                       : groups * GroupBytes::slots / 8 * 7 + groups * GroupBytes::slots % 8 * 7 / 8;
  }

  template <class Q>
  [[nodiscard]] ALLOT_ALWAYS_INLINE std::uint64_t hash_of(const Q& key) const noexcept {
    const auto hash = static_cast<std::uint64_t>(hash_(key));
    if constexpr (requires { typename H::is_avalanching; }) {
      return hash;
    } else {
      return multiply_fold(hash, hash_factor_1);
    }
  }

  /// Where a hash's search begins and goes on; visits every group once.
  struct Path {
    Path(std::uint64_t hash, std::size_t mask) noexcept
        : group(static_cast<std::size_t>(hash >> 8) & mask), mask_(mask) {}
    /// False when every group was visited.
    bool advance() noexcept {
      ++step_;
      group = (group + step_) & mask_;
      return step_ <= mask_;
    }
    std::size_t group;

   private:
    std::size_t mask_;
    std::size_t step_ = 0;
  };

  /// A slot, and the group byte that describes it. `slot` is null when there is none.
  struct Place {
    Slot* slot = nullptr;
    std::size_t group = 0;
    unsigned index = 0;
  };

  template <class Q>
  [[nodiscard]] ALLOT_ALWAYS_INLINE Place find(const Q& key, std::uint64_t hash) const {
    Path path(hash, mask_);
    do {
      const Group& group = groups_[path.group];
      Slot* const slots = slots_ + path.group * GroupBytes::slots;
      for (unsigned found = group.match(hash); found != 0; found &= found - 1) {
        const auto index = static_cast<unsigned>(__builtin_ctz(found));
        if (equal_(static_cast<const K&>(slots[index].key), key)) [[likely]]
          return {slots + index, path.group, index};
      }
      if (!group.has_overflowed(hash)) [[likely]]
        return {};
    } while (path.advance());
    return {};
  }

  /// A raw slot for an element with this hash; there is a free one.
  [[nodiscard]] Place claim(std::uint64_t hash) noexcept {
    for (Path path(hash, mask_);; (void)path.advance()) {
      Group& group = groups_[path.group];
      if (const unsigned free_slots = group.match_free(); free_slots != 0) {
        const auto index = static_cast<unsigned>(__builtin_ctz(free_slots));
        return {slots_ + path.group * GroupBytes::slots + index, path.group, index};
      }
      group.mark_overflow(hash);
    }
  }

  /// Adds an element whose key is not there; there is room. When a constructor throws, nothing was added.
  template <class Q, class... Args>
  Slot* emplace(std::uint64_t hash, Q&& key, Args&&... args) {
    const Place place = claim(hash);
    unpoison_slot(place.slot);
    construct(place.slot, std::forward<Q>(key), std::forward<Args>(args)...);
    groups_[place.group].set(place.index, hash);
    ++size_;
    return place.slot;
  }

  /// The element with this key, made from `key` and `args` if there is none; `existed` says which.
  template <class Handle, class Q, class... Args>
  Result<Slot*> find_or_emplace(const Handle& handle, bool& existed, Q&& key, Args&&... args) {
    const std::uint64_t hash = hash_of(key);
    const Place place = find(key, hash);
    existed = place.slot != nullptr;
    if (existed) return place.slot;
    if (size_ >= max_load_) [[unlikely]]
      return grow_and_emplace(handle, hash, std::forward<Q>(key), std::forward<Args>(args)...);
    return emplace(hash, std::forward<Q>(key), std::forward<Args>(args)...);
  }

  /// Destroys an element, whose hash this is. Others stay where they are.
  void erase(const Place& place, std::uint64_t hash) noexcept {
    Group& group = groups_[place.group];
    if (group.has_overflowed(hash)) --max_load_;
    group.reset(place.index);
    destroy(place.slot);
    --size_;
  }

  /// Makes room for `capacity` elements in all.
  template <class Handle>
  Result<void> reserve(const Handle& handle, std::size_t capacity) {
    if (capacity <= max_load_) return {};
    return rebuild(handle, capacity);
  }

  /// Moves every element into a fresh block with room for `capacity`, at least size().
  template <class Handle>
  ALLOT_NOINLINE Result<void> rebuild(const Handle& handle, std::size_t capacity) {
    HashTable fresh(hash_, equal_);
    ALLOT_TRY_VOID(fresh.allocate(handle, capacity));
    take_elements_into(handle, fresh);
    return {};
  }

  void destroy_elements() noexcept {
    if constexpr (!std::is_trivially_destructible_v<Slot> || safety_enabled || poisoning_enabled) {
      for_each_used([&](Slot* slot) { destroy(slot); });
    }
  }

  void clear() noexcept {
    if (!has_block()) return;
    destroy_elements();
    for (std::size_t i = 0; i <= mask_; ++i) groups_[i] = Group{};
    size_ = 0;
    max_load_ = load_of(group_count());
  }

  template <class Handle>
  void clear_and_free(const Handle& handle) noexcept {
    if (!has_block()) return;
    destroy_elements();
    release_block(handle);
  }

  /// Copies every element of `other` into this table, which is empty and has room. When a copy throws, the elements
  /// copied so far stay.
  void copy_elements(const HashTable& other) {
    other.for_each_used([&](const Slot* slot) { (void)emplace(hash_of(slot->key), slot->key, slot->value); });
  }

  template <class F>
  void for_each_used(F f) const {
    if (!has_block()) return;
    for (std::size_t i = 0; i <= mask_; ++i) {
      for (unsigned used = groups_[i].match_used(); used != 0; used &= used - 1) {
        f(slots_ + i * GroupBytes::slots + static_cast<unsigned>(__builtin_ctz(used)));
      }
    }
  }

  /// The place of a slot of this table.
  [[nodiscard]] Place place_of(Slot* slot) const noexcept {
    const auto number = static_cast<std::size_t>(slot - slots_);
    return {slot, number / GroupBytes::slots, static_cast<unsigned>(number % GroupBytes::slots)};
  }

  Group* groups_ = &empty_group<Group>;
  Slot* slots_ = nullptr;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
  std::size_t max_load_ = 0;
  [[no_unique_address]] H hash_{};
  [[no_unique_address]] E equal_{};

 private:
  static constexpr Alignment block_alignment = Alignment::max(Alignment::of<Group>(), Alignment::of<Slot>());

  [[nodiscard]] static constexpr std::size_t slots_offset(std::size_t groups) noexcept {
    return Alignment::of<Slot>().forward(groups * sizeof(Group));
  }
  [[nodiscard]] static constexpr std::size_t bytes_of(std::size_t groups) noexcept {
    return slots_offset(groups) + groups * GroupBytes::slots * sizeof(Slot);
  }

  /// Groups for `capacity` elements; 0 when no block can hold them.
  [[nodiscard]] static std::size_t groups_for(std::size_t capacity) noexcept {
    constexpr std::size_t most_groups = max_block_size / 4 / (sizeof(Group) + GroupBytes::slots * sizeof(Slot));
    std::size_t groups = 1;
    while (groups <= most_groups && load_of(groups) < capacity) groups *= 2;
    return groups <= most_groups ? groups : 0;
  }

  /// Gives this table, which has none, a block.
  template <class Handle>
  Result<void> allocate(const Handle& handle, std::size_t capacity) noexcept {
    const std::size_t groups = groups_for(capacity);
    if (groups == 0) return Unexpected(AllocError::out_of_memory);
    void* const block = handle.raw_alloc(bytes_of(groups), block_alignment);
    if (block == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    fill_new(block, bytes_of(groups));
    groups_ = static_cast<Group*>(block);
    slots_ = reinterpret_cast<Slot*>(static_cast<std::byte*>(block) + slots_offset(groups));
    for (std::size_t i = 0; i < groups; ++i) ::new (static_cast<void*>(groups_ + i)) Group();
    poison(slots_, groups * GroupBytes::slots * sizeof(Slot));
    mask_ = groups - 1;
    max_load_ = load_of(groups);
    return {};
  }

  /// Frees the block without destroying elements.
  template <class Handle>
  void release_block(const Handle& handle) noexcept {
    const std::size_t groups = group_count();
    unpoison(slots_, groups * GroupBytes::slots * sizeof(Slot));
    Group* const block = std::exchange(groups_, &empty_group<Group>);
    slots_ = nullptr;
    mask_ = 0;
    size_ = 0;
    max_load_ = 0;
    handle.raw_free(block, bytes_of(groups), block_alignment);
  }

  /// Frees a block that was never adopted when building its first element throws.
  template <class Handle>
  struct FreshTable {
    HashTable table;
    const Handle& handle;
    ~FreshTable() {
      if (table.has_block()) table.release_block(handle);
    }
  };

  /// The new element is built before the others move: its arguments may refer to them. The slack keeps a table that is
  /// erased from and added to at one size from rehashing every few calls.
  template <class Handle, class Q, class... Args>
  ALLOT_NOINLINE Result<Slot*> grow_and_emplace(const Handle& handle, std::uint64_t hash, Q&& key, Args&&... args) {
    FreshTable<Handle> fresh{HashTable(hash_, equal_), handle};
    ALLOT_TRY_VOID(fresh.table.allocate(handle, size_ + size_ / 32 + 1));
    Slot* const slot = fresh.table.emplace(hash, std::forward<Q>(key), std::forward<Args>(args)...);
    take_elements_into(handle, fresh.table);
    return slot;
  }

  /// Relocates every element into `fresh`, frees this block and takes the fresh one.
  template <class Handle>
  void take_elements_into(const Handle& handle, HashTable& fresh) noexcept {
    for_each_used([&](Slot* slot) {
      const std::uint64_t hash = hash_of(slot->key);
      const Place place = fresh.claim(hash);
      unpoison_slot(place.slot);
      relocate(place.slot, slot);
      fresh.groups_[place.group].set(place.index, hash);
    });
    fresh.size_ += size_;
    if (has_block()) release_block(handle);
    steal(fresh);
  }

  static void relocate(Slot* to, Slot* from) noexcept {
    if constexpr (is_trivially_relocatable_v<K> && is_trivially_relocatable_v<V>) {
      std::memcpy(static_cast<void*>(to), static_cast<const void*>(from), sizeof(Slot));
    } else {
      ::new (static_cast<void*>(to)) Slot(std::move(from->key), std::move(from->value));
      from->~Slot();
    }
  }

  template <class Q, class... Args>
  static void construct(Slot* slot, Q&& key, Args&&... args) {
    ::new (static_cast<void*>(slot)) Slot(std::forward<Q>(key), std::forward<Args>(args)...);
  }

  static void destroy(Slot* slot) noexcept {
    slot->~Slot();
    fill_freed(slot, sizeof(Slot));
    poison(slot, sizeof(Slot));
  }
  static void unpoison_slot(Slot* slot) noexcept {
    if constexpr (poisoning_enabled) unpoison(slot, sizeof(Slot));
  }
};

}  // namespace allot::inline v0_1::detail
