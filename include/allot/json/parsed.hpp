/// Parsed<T>: what `parse` read, with the arena everything in it lives in.
///
///     auto config = ALLOT_TRY_EXPR(json::parse<Config>(allocator, text));
///     use(config->name);
///
/// Moves, does not copy. Destroying it destroys the value and frees everything at once; nothing of it may be used after
/// that. Threads: as a plain value.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/heap/arena_allocator.hpp"

namespace allot::inline v0_1::json {

namespace detail {

/// An arena, and in the same block room for what a short text needs: small values cost a single allocation.
class ParsedArena {
 public:
  /// For a text of `text_size` bytes. Null when out of memory.
  [[nodiscard]] static ParsedArena* create(Allocator allocator, std::size_t text_size) noexcept;
  /// Frees everything at once. `allocator` is the one it was created in.
  void destroy(Allocator allocator) noexcept;

  [[nodiscard]] ArenaAllocator& arena() noexcept { return arena_; }
  /// The room behind this object.
  [[nodiscard]] std::span<char> room() noexcept { return {reinterpret_cast<char*>(this + 1), room_bytes_}; }

 private:
  ParsedArena(Allocator allocator, std::size_t room_bytes) noexcept : arena_(allocator), room_bytes_(room_bytes) {}
  ~ParsedArena() = default;

  ArenaAllocator arena_;
  std::size_t room_bytes_;
};

}  // namespace detail

template <class T>
class [[nodiscard]] Parsed {
 public:
  /// For `parse`: takes over an arena that was created in `allocator`, and the value in it.
  Parsed(Allocator allocator, detail::ParsedArena* arena, T&& its_value) noexcept
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
  [[nodiscard]] ArenaAllocator& arena() const noexcept { return arena_->arena(); }

  T value;

 private:
  void release() noexcept {
    if (arena_ != nullptr) std::exchange(arena_, nullptr)->destroy(allocator_);
  }

  Allocator allocator_;
  detail::ParsedArena* arena_;
};

}  // namespace allot::inline v0_1::json
