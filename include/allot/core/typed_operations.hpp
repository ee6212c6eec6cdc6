/// The operations users call on an allocator handle: typed, sized, aligned, overflow-checked.
///
/// They own what no allocator should have to think of: counts that overflow are out of memory; zero lengths and empty
/// types never reach the allocator; new bytes are filled in checked builds; a block of objects that cannot be moved by
/// copying their bytes is never moved. Complexity is the allocator's, plus the fill or copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/alignment.hpp"
#include "allot/base/alloc_error.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/result.hpp"
#include "allot/base/traits.hpp"
#include "allot/core/fill.hpp"
#include "allot/core/slices.hpp"

namespace allot::inline v0_1 {

namespace detail {

/// The address every object of an empty type is given: real, aligned storage that no one writes.
template <class T>
struct EmptyStorage {
  alignas(T) static inline std::byte bytes[sizeof(T)] = {};
};

/// A pointer for slices of no bytes: never null, aligned, never dereferenced (objects of empty types aside, which have
/// nothing to read).
template <class T>
T* dangling(Alignment alignment) noexcept {
  if constexpr (is_zero_size_v<T>) {
    if (alignment <= Alignment::of<T>()) return reinterpret_cast<T*>(EmptyStorage<std::remove_cv_t<T>>::bytes);
  }
  return reinterpret_cast<T*>(alignment.bytes());
}

/// Bytes of one element as far as allocators are concerned.
template <class T>
inline constexpr std::size_t item_bytes = is_zero_size_v<T> ? 0 : sizeof(T);

/// Gives a block back unless told that it is in use; covers a constructor that throws.
template <class Handle>
struct FreeUnlessKept {
  const Handle& handle;
  void* memory;
  std::size_t size;
  Alignment alignment;
  bool kept = false;
  ~FreeUnlessKept() {
    if (!kept && size != 0) handle.raw_free(memory, size, alignment);
  }
};

}  // namespace detail

/// Adds the typed operations to a handle. `Handle` has const `raw_*` operations (see AllocatorHandle) and inherits from
/// TypedOperations<Handle>. Threads: as the allocator behind the handle.
template <class Handle>
class TypedOperations {
 public:
  /// Allocates a `T` and constructs it from `args`. The caller owns the result and gives it back with `destroy`.
  /// Error: out_of_memory. If the constructor throws, the memory is given back first.
  template <class T, class... Args>
  [[nodiscard]] Result<T*> create(Args&&... args) const noexcept(std::is_nothrow_constructible_v<T, Args...>) {
    static_assert(std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>,
                  "create makes single objects that are not const; alloc makes arrays");
    static_assert(std::is_constructible_v<T, Args...> || (std::is_aggregate_v<T> && requires {
                    T{std::declval<Args>()...};
                  }), "T cannot be constructed from these arguments");
    void* memory = allocate<T>(1, Alignment::of<T>());
    if (memory == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    detail::FreeUnlessKept<Handle> block{self(), memory, detail::item_bytes<T>, Alignment::of<T>()};
    T* object = construct<T>(memory, std::forward<Args>(args)...);
    block.kept = true;
    return object;
  }

  /// Destroys `*object` and gives its memory back. Null is ignored. `object` came from `create<T>` of this allocator:
  /// a polymorphic type that is not final does not compile, because the object may be larger than `T` (use Box).
  template <class T>
  void destroy(T* object) const noexcept {
    static_assert(!std::is_polymorphic_v<T> || std::is_final_v<T>,
                  "destroy through a polymorphic base would free the wrong size: keep the object in a Box<Base>, or "
                  "make its type final");
    static_assert(sizeof(T) != 0 && std::is_destructible_v<T>, "destroy needs a complete, destructible type");
    if (object == nullptr) return;
    object->~T();
    release(object, detail::item_bytes<T>, Alignment::of<T>());
  }

  /// `count` elements of an implicit-lifetime type, contents undefined (0xAA in checked builds). The caller owns the
  /// result and gives it back with `free`. Error: out_of_memory, also when `count * sizeof(T)` is no possible size.
  template <class T>
  [[nodiscard]] Result<std::span<T>> alloc(std::size_t count) const noexcept {
    static_assert(is_implicit_lifetime_v<T>,
                  "alloc hands out objects without constructing them: use alloc_uninit for this type, or ArrayList");
    return alloc_uninit<T>(count);
  }

  /// As `alloc`, every byte zero.
  template <class T>
  [[nodiscard]] Result<std::span<T>> alloc_zeroed(std::size_t count) const noexcept {
    Result<std::span<T>> slice = alloc<T>(count);
    if (slice.has_value() && detail::item_bytes<T> != 0) {
      std::memset(static_cast<void*>(slice->data()), 0, slice->size_bytes());
    }
    return slice;
  }

  /// Storage for `count` elements of any type, none constructed. Give it back with `free_uninit` after destroying what
  /// was constructed in it. Error: out_of_memory.
  template <class T>
  [[nodiscard]] Result<std::span<T>> alloc_uninit(std::size_t count) const noexcept {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>, "elements are objects and not const");
    T* memory = allocate<T>(count, Alignment::of<T>());
    if (memory == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    return std::span<T>(memory, count);
  }

  /// As `alloc`, the first element on a multiple of `AlignBytes` (a power of two >= alignof(T)). The alignment is part
  /// of the result's type, so `free` knows it.
  template <class T, std::size_t AlignBytes>
  [[nodiscard]] Result<AlignedSpan<T, AlignBytes>> alloc_aligned(std::size_t count) const noexcept {
    static_assert(is_implicit_lifetime_v<T>, "alloc_aligned hands out objects without constructing them");
    T* memory = allocate<T>(count, Alignment::from_bytes(AlignBytes));
    if (memory == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    return AlignedSpan<T, AlignBytes>(memory, count);
  }

  /// As `alloc`, `alignment` known at run time only. Give it back with `free_aligned` and the same alignment.
  template <class T>
  [[nodiscard]] Result<std::span<T>> alloc_aligned(std::size_t count, Alignment alignment) const noexcept {
    static_assert(is_implicit_lifetime_v<T>, "alloc_aligned hands out objects without constructing them");
    T* memory = allocate<T>(count, Alignment::max(alignment, Alignment::of<T>()));
    if (memory == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    return std::span<T>(memory, count);
  }

  /// `count` elements and after them one more, equal to `Sentinel`. Error: out_of_memory.
  template <class T, auto Sentinel = T{}>
  [[nodiscard]] Result<SentinelSpan<T, Sentinel>> alloc_sentinel(std::size_t count) const noexcept {
    static_assert(is_implicit_lifetime_v<T> && !is_zero_size_v<T>, "a sentinel needs bytes of its own");
    T* memory = count == SIZE_MAX ? nullptr : allocate<T>(count + 1, Alignment::of<T>());
    if (memory == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    memory[count] = Sentinel;
    return SentinelSpan<T, Sentinel>(memory, count);
  }

  /// Gives a slice back: exactly the slice this allocator gave out (its last resize or realloc counted); const elements
  /// and string views are welcome. Empty slices are ignored. Elements need no destructor.
  template <Slice S>
  void free(const S& slice) const noexcept {
    using Traits = detail::SliceTraits<S>;
    static_assert(std::is_trivially_destructible_v<typename Traits::Element>,
                  "free destroys nothing: destroy the elements, then call free_uninit");
    release(slice.data(), block_bytes(slice), Traits::alignment);
  }

  /// Gives back what `alloc_uninit` gave out. The caller has destroyed what he had constructed in it.
  template <class T>
  void free_uninit(std::span<T> slice) const noexcept {
    release(slice.data(), block_bytes(slice), Alignment::of<T>());
  }

  /// Gives back what `alloc_aligned(count, alignment)` gave out.
  template <Slice S>
  void free_aligned(const S& slice, Alignment alignment) const noexcept {
    release(slice.data(), block_bytes(slice), Alignment::max(alignment, detail::SliceTraits<S>::alignment));
  }

  /// Makes the block of `slice` hold `count` elements without moving it. True: the caller's slice now has `count`
  /// elements (new ones undefined, at the same address); false: nothing changed. `count` 0 frees it and is true (a
  /// sentinel's block stays, for the sentinel); an empty slice cannot grow. Constructs and destroys nothing.
  template <MutableSlice S>
  [[nodiscard]] bool resize(const S& slice, std::size_t count) const noexcept {
    const std::size_t old_bytes = block_bytes(slice);
    std::size_t new_bytes = 0;
    if (!wanted_bytes<S>(count, new_bytes)) return false;
    if (new_bytes == old_bytes) return count == 0 || slice.data() != nullptr;
    if (old_bytes == 0) return false;
    if (new_bytes == 0) {
      free_storage(slice);
      return true;
    }
    if (!self().raw_resize(slice.data(), old_bytes, detail::SliceTraits<S>::alignment, new_bytes)) return false;
    (void)adopt<S>(slice.data(), count, old_bytes, new_bytes);
    return true;
  }

  /// As `resize`, but the block may move where that is cheaper than copying it. Empty: nothing changed, the caller may
  /// alloc, copy and free. `count` 0 frees it and gives an empty slice (a sentinel's block stays, for the sentinel).
  template <MutableSlice S>
  [[nodiscard]] auto remap(const S& slice, std::size_t count) const noexcept
      -> std::optional<typename detail::SliceTraits<S>::Made> {
    using Traits = detail::SliceTraits<S>;
    assert_relocatable<S>();
    const std::size_t old_bytes = block_bytes(slice);
    std::size_t new_bytes = 0;
    if (!wanted_bytes<S>(count, new_bytes)) return std::nullopt;
    if (new_bytes == old_bytes) return same_block(slice, count);
    if (old_bytes == 0) return std::nullopt;
    if (new_bytes == 0) {
      free_storage(slice);
      return empty_slice<S>();
    }
    void* memory = self().raw_remap(slice.data(), old_bytes, Traits::alignment, new_bytes);
    if (memory == nullptr) return std::nullopt;
    return adopt<S>(memory, count, old_bytes, new_bytes);
  }

  /// The slice with `count` elements, in place or moved; old elements are kept up to the smaller count. `slice` is
  /// invalid afterwards. On error (out_of_memory, also when shrinking needs a new block that there is no memory for) it
  /// is untouched and still the caller's. `count` 0 frees it (a sentinel's block stays, for the sentinel).
  template <MutableSlice S>
  [[nodiscard]] auto realloc(const S& slice, std::size_t count) const noexcept
      -> Result<typename detail::SliceTraits<S>::Made> {
    using Traits = detail::SliceTraits<S>;
    const std::size_t old_bytes = block_bytes(slice);
    std::size_t new_bytes = 0;
    if (!wanted_bytes<S>(count, new_bytes)) return Unexpected(AllocError::out_of_memory);
    if (auto remapped = remap(slice, count)) return *remapped;
    void* memory = self().raw_alloc(new_bytes, Traits::alignment);
    if (memory == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    if (old_bytes != 0) {
      std::memcpy(memory, slice.data(), old_bytes < new_bytes ? old_bytes : new_bytes);
      self().raw_free(slice.data(), old_bytes, Traits::alignment);
    }
    return adopt<S>(memory, count, old_bytes, new_bytes);
  }

  /// A copy of `items` in a block of its own. Error: out_of_memory.
  template <class T, std::size_t Extent>
  [[nodiscard]] Result<std::span<std::remove_const_t<T>>> dupe(std::span<T, Extent> items) const noexcept {
    using Item = std::remove_const_t<T>;
    static_assert(std::is_trivially_copyable_v<Item>, "dupe copies bytes: clone containers of other types");
    Result<std::span<Item>> copy = alloc_uninit<Item>(items.size());
    if (copy.has_value()) copy_bytes(copy->data(), items.data(), items.size());
    return copy;
  }
  [[nodiscard]] Result<std::span<char>> dupe(std::string_view text) const noexcept {
    return dupe(std::span<const char>(text.data(), text.size()));
  }

  /// A copy of `items` followed by `Sentinel`. Error: out_of_memory.
  template <auto Sentinel, class T, std::size_t Extent>
  [[nodiscard]] auto dupe_sentinel(std::span<T, Extent> items) const noexcept
      -> Result<SentinelSpan<std::remove_const_t<T>, Sentinel>> {
    auto copy = alloc_sentinel<std::remove_const_t<T>, Sentinel>(items.size());
    if (copy.has_value()) copy_bytes(copy->data(), items.data(), items.size());
    return copy;
  }

  /// A copy of `text` that ends with a zero, for C interfaces. Error: out_of_memory.
  [[nodiscard]] Result<ZString> dupe_z(std::string_view text) const noexcept {
    return dupe_sentinel<'\0'>(std::span<const char>(text.data(), text.size()));
  }

 private:
  [[nodiscard]] const Handle& self() const noexcept { return static_cast<const Handle&>(*this); }

  /// Storage for `count` elements, filled in checked builds; null when out of memory.
  template <class T>
  [[nodiscard]] T* allocate(std::size_t count, Alignment alignment) const noexcept {
    if constexpr (detail::item_bytes<T> == 0) {
      return count <= max_block_size / sizeof(T) ? detail::dangling<T>(alignment) : nullptr;
    } else {
      if (count - 1 >= max_block_size / sizeof(T)) [[unlikely]]  // one comparison for none and for too many
        return count == 0 ? detail::dangling<T>(alignment) : nullptr;
      void* memory = self().raw_alloc(count * sizeof(T), alignment);
      if (memory == nullptr) [[unlikely]]
        return nullptr;
      detail::fill_new(memory, count * sizeof(T));
      return static_cast<T*>(memory);
    }
  }

  void release(const volatile void* memory, std::size_t bytes, Alignment alignment) const noexcept {
    if (bytes == 0) return;
    self().raw_free(const_cast<void*>(memory), bytes, alignment);
  }

  template <class T, class... Args>
  static T* construct(void* memory, Args&&... args) {
    if constexpr (std::is_constructible_v<T, Args...>) {
      return ::new (memory) T(std::forward<Args>(args)...);
    } else {
      return ::new (memory) T{std::forward<Args>(args)...};
    }
  }

  template <class T>
  static void copy_bytes(T* to, const T* from, std::size_t count) noexcept {
    if (detail::item_bytes<T> != 0 && count != 0) std::memcpy(static_cast<void*>(to), from, count * sizeof(T));
  }

  /// Bytes of `count` elements; false when no array of them can exist. Empty types need none, but are counted as if
  /// they did: the slice's end must be a pointer.
  template <class T>
  static bool array_bytes(std::size_t count, std::size_t& bytes) noexcept {
    const bool possible = checked_array_size(count, sizeof(T), bytes);
    if constexpr (is_zero_size_v<T>) bytes = 0;
    return possible;
  }

  /// Bytes of the block behind a slice; no overflow, since the block exists. A null slice has none.
  template <class S>
  static std::size_t block_bytes(const S& slice) noexcept {
    using Traits = detail::SliceTraits<S>;
    if (Traits::extra != 0 && slice.data() == nullptr) return 0;
    return (slice.size() + Traits::extra) * detail::item_bytes<typename Traits::Element>;
  }

  /// Bytes of a block for `count` elements of S's kind; false when there can be none.
  template <class S>
  static bool wanted_bytes(std::size_t count, std::size_t& bytes) noexcept {
    using Traits = detail::SliceTraits<S>;
    return checked_add(count, Traits::extra, count) && array_bytes<typename Traits::Element>(count, bytes);
  }

  template <class S>
  static void assert_relocatable() noexcept {
    static_assert(is_trivially_relocatable_v<typename detail::SliceTraits<S>::Element>,
                  "moving this block would copy the bytes of objects that must be moved one by one: use ArrayList, or "
                  "specialise allot::is_trivially_relocatable if copying bytes is right for this type");
  }

  template <class S>
  void free_storage(const S& slice) const noexcept {
    release(slice.data(), block_bytes(slice), detail::SliceTraits<S>::alignment);
  }

  template <class S>
  static auto empty_slice() noexcept {
    using Traits = detail::SliceTraits<S>;
    return typename Traits::Made(detail::dangling<typename Traits::Element>(Traits::alignment), 0);
  }

  /// The slice with `count` elements in as many bytes as before. Empty types alone get elements out of a null slice.
  template <class S>
  static auto same_block(const S& slice, std::size_t count) noexcept {
    using Traits = detail::SliceTraits<S>;
    if (slice.data() != nullptr || count == 0) return typename Traits::Made(slice.data(), count);
    return typename Traits::Made(detail::dangling<typename Traits::Element>(Traits::alignment), count);
  }

  /// The slice over a resized block: grown bytes filled, sentinel written again.
  template <class S>
  static auto adopt(void* memory, std::size_t count, std::size_t old_bytes, std::size_t new_bytes) noexcept {
    using Traits = detail::SliceTraits<S>;
    using Element = typename Traits::Element;
    if (new_bytes > old_bytes) detail::fill_new(static_cast<std::byte*>(memory) + old_bytes, new_bytes - old_bytes);
    Element* elements = static_cast<Element*>(memory);
    if constexpr (Traits::extra != 0) elements[count] = Traits::Made::sentinel();
    return typename Traits::Made(elements, count);
  }
};

}  // namespace allot::inline v0_1
