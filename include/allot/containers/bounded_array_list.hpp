/// BoundedArrayList<T>: a list in the caller's storage. It never allocates; when the storage is full, the `_bounded`
/// calls of list_items.hpp return out_of_memory.
///
///     int storage[16];
///     BoundedArrayList<int> list(storage);
///     ALLOT_TRY_VOID(list.append_bounded(1));
///
/// Destroys its elements in its destructor; the storage is held, not owned. Move-only; a moved-from list has no
/// storage. Threads: as std::vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/containers/list_items.hpp"

namespace allot::inline v0_1 {

template <class T>
class [[nodiscard]] BoundedArrayList : public detail::ListItems<T, false> {
  using Items = detail::ListItems<T, false>;

 public:
  /// An empty list in `storage`, whose present elements are overwritten, not destroyed.
  explicit BoundedArrayList(std::span<T> storage) noexcept : Items(storage.data(), 0, storage.size()) {}
  /// An empty list in raw bytes, of which unaligned ends stay unused.
  static BoundedArrayList in_bytes(std::span<std::byte> storage) noexcept {
    const auto begin = reinterpret_cast<std::uintptr_t>(storage.data());
    const std::size_t skipped = Alignment::of<T>().forward(begin) - begin;
    if (storage.size() < skipped) return BoundedArrayList(std::span<T>());
    return BoundedArrayList(
        std::span<T>(reinterpret_cast<T*>(storage.data() + skipped), (storage.size() - skipped) / sizeof(T)));
  }

  BoundedArrayList(BoundedArrayList&& other) noexcept { this->steal(other); }
  BoundedArrayList& operator=(BoundedArrayList&& other) noexcept {
    if (this == &other) return *this;
    const BoundedArrayList old(std::move(*this));  // lives on while the other, which may be in it, is taken
    this->steal(other);
    return *this;
  }
  ~BoundedArrayList() { this->clear_retaining_capacity(); }
};

}  // namespace allot::inline v0_1
