/// Parsed<T>: what `parse` read, with the arena everything in it lives in.
///
///     auto config = ALLOT_TRY_EXPR(json::parse<Config>(allocator, text));
///     use(config->name);
///
/// Moves, does not copy. Destroying it destroys the value and frees everything at once; nothing of it may be used after
/// that. Threads: as a plain value.
#pragma once

#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/heap/arena_allocator.hpp"

namespace allot::inline v0_1::json {

template <class T>
class [[nodiscard]] Parsed {
 public:
  /// For `parse`: takes over an arena that was created in `allocator`, and the value in it.
  Parsed(Allocator allocator, ArenaAllocator* arena, T&& its_value) noexcept
      : value(std::move(its_value)), allocator_(allocator), arena_(arena) {}
  Parsed(Parsed&& other) noexcept
      : value(std::move(other.value)), allocator_(other.allocator_), arena_(std::exchange(other.arena_, nullptr)) {}
  Parsed& operator=(Parsed&& other) noexcept {
    if (this != &other) {
      value = std::move(other.value);
      release();
      allocator_ = other.allocator_;
      arena_ = std::exchange(other.arena_, nullptr);
    }
    return *this;
  }
  ~Parsed() { deinit(); }

  /// Forgets the value and frees everything it refers to. Idempotent.
  void deinit() noexcept {
    if (arena_ == nullptr) return;
    if constexpr (std::is_default_constructible_v<T>) {
      value = T();
    } else {
      [[maybe_unused]] const T last(std::move(value));  // what it owns goes back before the arena does
    }
    release();
  }

  [[nodiscard]] T& operator*() noexcept { return value; }
  [[nodiscard]] const T& operator*() const noexcept { return value; }
  [[nodiscard]] T* operator->() noexcept { return &value; }
  [[nodiscard]] const T* operator->() const noexcept { return &value; }

  /// The arena, to put more beside the value.
  [[nodiscard]] ArenaAllocator& arena() const noexcept { return *arena_; }

  T value;

 private:
  void release() noexcept {
    if (arena_ != nullptr) allocator_.destroy(std::exchange(arena_, nullptr));
  }

  Allocator allocator_;
  ArenaAllocator* arena_;
};

}  // namespace allot::inline v0_1::json
