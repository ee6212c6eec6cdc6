/// MemoryPool<T>: objects of one type that come and go in any order.
///
///     MemoryPool<Enemy> enemies(page_allocator());
///     Enemy* enemy = TRY(enemies.create(position));
///     enemies.destroy(enemy);                                 // the next create gets its memory, still in the cache
///
/// Cost: create and destroy are a few instructions around a list of free slots; slots are as large as a `T`, at least a
/// pointer. Chunks of slots come from the child allocator, half of what the pool has already, 4 KiB to 1 MiB, and go
/// back to it only in `reset` and `deinit`.
/// Checked pools (the default in checked builds) find an object destroyed twice, foreign pointers and pointers into
/// the middle, and stop the program; that costs a bit a slot and a walk over the chunks.
/// When not to use it: for objects of many sizes, or objects that all die together (an arena).
/// Threads: not safe.
///
/// It is an allocator too, for blocks of at most a slot: what node-based containers need. AddressSanitizer and Valgrind
/// are told which slots are in use.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "allot/base/alignment.hpp"
#include "allot/base/alloc_error.hpp"
#include "allot/base/config.hpp"
#include "allot/base/result.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/fill.hpp"
#include "allot/heap/memory_pool_core.hpp"
#include "allot/heap/reset_mode.hpp"

namespace allot::inline v0_1 {

/// The structure of a pool.
struct MemoryPoolConfig {
  bool is_checked = safety_enabled;  ///< finds double destroys and foreign pointers
  bool growable = true;              ///< false: out of memory once what `preheat` provided is in use
};

template <class T, MemoryPoolConfig Config = MemoryPoolConfig{}>
class MemoryPool : public PinnedAllocator<MemoryPool<T, Config>> {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a pool holds objects that are not const");

 public:
  static constexpr Alignment slot_alignment = Alignment::max(Alignment::of<T>(), Alignment::of<void*>());
  static constexpr std::size_t slot_size =
      slot_alignment.forward(sizeof(T) < sizeof(void*) ? sizeof(void*) : sizeof(T));

  /// Takes chunks from `child` (held; it outlives the pool), the first time when the first object is created.
  explicit MemoryPool(Allocator child) noexcept : core_(child) {}
  ~MemoryPool() { deinit(); }

  /// Gives all memory back to the child, without destroying objects that are left. Idempotent. O(chunks).
  void deinit() noexcept { reset(ResetMode::free_all); }

  /// Takes every slot back, without destroying the objects, and keeps chunks as `mode` says. O(chunks).
  void reset(ResetMode mode) noexcept { core_.reset(layout, mode); }

  /// Makes sure that `count` more objects can be created without asking the child. Error: out_of_memory, and nothing
  /// changed. O(slots given back and not taken again).
  [[nodiscard]] Result<void> preheat(std::size_t count) noexcept {
    if (!core_.reserve(layout, count)) return Unexpected(AllocError::out_of_memory);
    return {};
  }

  /// Constructs a `T` from `args`. The caller gives it back with `destroy`. Error: out_of_memory.
  template <class... Args>
  [[nodiscard]] ALLOT_ALWAYS_INLINE Result<T*> create(Args&&... args) {
    T* slot = take();
    if (slot == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    if constexpr (std::is_nothrow_constructible_v<T, Args...> || !exceptions_enabled) {
      return construct(slot, std::forward<Args>(args)...);
    } else {
      GiveBack unless_constructed{this, slot};
      T* object = construct(slot, std::forward<Args>(args)...);
      unless_constructed.slot = nullptr;
      return object;
    }
  }

  /// Destroys `*object`, which is from this pool (not null; checked pools stop the program otherwise), and takes its
  /// slot back.
  ALLOT_ALWAYS_INLINE void destroy(T* object) noexcept {
    if constexpr (Config.is_checked) core_.mark_given(layout, object);
    object->~T();
    give(object);
  }

  /// A slot without an object in it. Error: out_of_memory.
  [[nodiscard]] Result<T*> create_uninit() noexcept {
    T* slot = take();
    if (slot == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    return slot;
  }

  /// Takes a slot back, which is from this pool; the caller has destroyed what was in it.
  void destroy_uninit(T* slot) noexcept {
    if constexpr (Config.is_checked) core_.mark_given(layout, slot);
    give(slot);
  }

  /// Bytes held from the child.
  [[nodiscard]] std::size_t query_capacity() const noexcept { return core_.capacity_bytes(); }

  // The raw operations (core/raw_allocator.hpp): a larger or stricter request is out of memory.

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    return size <= slot_size && alignment <= slot_alignment ? take() : nullptr;
  }
  [[nodiscard]] bool raw_resize(void*, std::size_t, Alignment, std::size_t new_size) noexcept {
    return new_size <= slot_size;
  }
  [[nodiscard]] void* raw_remap(void* memory, std::size_t, Alignment, std::size_t new_size) noexcept {
    return new_size <= slot_size ? memory : nullptr;
  }
  void raw_free(void* memory, std::size_t, Alignment) noexcept { destroy_uninit(static_cast<T*>(memory)); }

 private:
  static constexpr detail::PoolLayout layout{slot_size, slot_alignment, Config.is_checked};

  struct GiveBack {
    MemoryPool* pool;
    T* slot;
    ~GiveBack() {
      if (slot != nullptr) pool->destroy_uninit(slot);
    }
  };

  template <class... Args>
  static T* construct(void* slot, Args&&... args) {
    if constexpr (std::is_constructible_v<T, Args...>) {
      return ::new (slot) T(std::forward<Args>(args)...);
    } else {
      return ::new (slot) T{std::forward<Args>(args)...};
    }
  }

  ALLOT_ALWAYS_INLINE T* take() noexcept {
    void* slot = core_.take_given(slot_size);
    if (slot == nullptr) [[unlikely]]
      return take_fresh();
    return ready(slot);
  }

  ALLOT_NOINLINE T* take_fresh() noexcept {
    void* slot = core_.take_fresh(layout, Config.growable);
    return slot == nullptr ? nullptr : ready(slot);
  }

  ALLOT_ALWAYS_INLINE T* ready(void* slot) noexcept {
    if constexpr (Config.is_checked) core_.mark_taken(layout, slot);
    detail::fill_new(slot, slot_size);
    return static_cast<T*>(slot);
  }

  ALLOT_ALWAYS_INLINE void give(void* slot) noexcept {
    detail::fill_freed(slot, slot_size);
    core_.give(slot, slot_size);
  }

  detail::PoolCore core_;
};

}  // namespace allot::inline v0_1
