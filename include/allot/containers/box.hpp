/// Box<T, A>: owns one object and remembers its allocator and its layout.
///
///     ALLOT_TRY(auto circle, make_box<Circle>(allocator, 2.0));
///     Box<Shape> shape = std::move(circle);           // frees a Circle's bytes at a Circle's alignment
///
/// Box<Derived> converts to Box<Base> when Base has a virtual destructor; otherwise it does not compile. Move-only; 40
/// bytes (32 with a concrete `A`); a moved-from box is empty and keeps its allocator. `T` may be incomplete where a box
/// of it is declared, so a type may hold boxes of itself.
/// When not to use it: objects that all die with an arena need no box, and `allocator.create<T>` gives a plain pointer.
/// Threads: as std::unique_ptr.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/result.hpp"
#include "allot/base/traits.hpp"
#include "allot/base/try.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1 {

namespace detail {

/// What a box frees: the most derived object's bytes.
struct BoxLayout {
  std::size_t size;
  Alignment alignment;
};
template <class T>
inline constexpr BoxLayout box_layout_of = {item_bytes<T>, Alignment::of<T>()};

}  // namespace detail

template <class T, class A = Allocator>
class [[nodiscard]] Box {
 public:
  using element_type = T;
  using Handle = HandleOf<A>;

  /// An empty box. The allocator is held, not owned.
  explicit Box(Handle allocator) noexcept : handle_(allocator) {}

  /// A box with a new `T(args...)`. Error: out_of_memory. If the constructor throws, the memory is given back.
  template <class... Args>
  static Result<Box> init(Handle allocator, Args&&... args) {
    ALLOT_TRY(T* const object, allocator.template create<T>(std::forward<Args>(args)...));
    return adopt(allocator, object);
  }
  /// A box that owns `object`, which `allocator.create<T>` made: exactly a T, nothing derived from it. Null: empty.
  static Box adopt(Handle allocator, T* object) noexcept {
    Box box(allocator);
    box.object_ = object;
    box.block_ = const_cast<std::remove_cv_t<T>*>(object);
    box.layout_ = &detail::box_layout_of<T>;
    return box;
  }

  Box(Box&& other) noexcept : handle_(other.handle_) { take(other); }
  /// From a box of a derived type.
  template <class U>
    requires(!std::is_same_v<T, U> && std::is_convertible_v<U*, T*>)
  Box(Box<U, A>&& other) noexcept : handle_(other.handle_) {
    static_assert(std::is_same_v<std::remove_cv_t<T>, std::remove_cv_t<U>> || std::has_virtual_destructor_v<T>,
                  "a Box<Base> destroys through Base: give Base a virtual destructor");
    take(other);
  }
  /// Destroys what this box held; takes the other's object and allocator.
  Box& operator=(Box&& other) noexcept {
    if (this == &other) return *this;
    Box old(std::move(*this));
    handle_ = other.handle_;
    take(other);
    return *this;
  }
  ~Box() { reset(); }

  /// The object; the box must not be empty (checked in checked builds).
  [[nodiscard]] T& operator*() const noexcept {
    ALLOT_ASSERT(object_ != nullptr, "an empty Box was dereferenced");
    return *object_;
  }
  T* operator->() const noexcept { return &**this; }
  /// The object or null.
  [[nodiscard]] T* get() const noexcept { return object_; }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
  [[nodiscard]] const Handle& allocator() const noexcept { return handle_; }

  /// Destroys the object and frees its memory; the box is empty.
  void reset() noexcept {
    if (object_ == nullptr) return;
    T* const object = std::exchange(object_, nullptr);
    if constexpr (std::has_virtual_destructor_v<T>) {
      object->~T();
    } else {
      object->T::~T();
    }
    if (layout_->size != 0) handle_.raw_free(block_, layout_->size, layout_->alignment);
  }
  /// The object, which the caller owns now and gives back with `destroy`; the box is empty. Not for types with a
  /// virtual destructor, because the layout would be lost with the box.
  [[nodiscard]] T* release() noexcept {
    static_assert(!std::has_virtual_destructor_v<T> || std::is_final_v<T>,
                  "releasing a box of a polymorphic type would forget the size to free");
    return std::exchange(object_, nullptr);
  }

 private:
  template <class U, class B>
  friend class Box;

  template <class U>
  void take(Box<U, A>& other) noexcept {
    object_ = std::exchange(other.object_, nullptr);
    block_ = other.block_;
    layout_ = other.layout_;
  }

  T* object_ = nullptr;
  void* block_ = nullptr;
  const detail::BoxLayout* layout_ = nullptr;
  [[no_unique_address]] Handle handle_;
};

/// A box with a new `T(args...)` from `allocator`. Error: out_of_memory.
template <class T, class A = Allocator, class... Args>
[[nodiscard]] Result<Box<T, A>> make_box(std::type_identity_t<HandleOf<A>> allocator, Args&&... args) {
  return Box<T, A>::init(allocator, std::forward<Args>(args)...);
}

template <class T, class A>
struct is_trivially_relocatable<Box<T, A>> : is_trivially_relocatable<HandleOf<A>> {};

}  // namespace allot::inline v0_1
