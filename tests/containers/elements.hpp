/// Element types for the container tests. The counted ones know how many of them live, and notice use after the end.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <utility>

#include "allot/base/traits.hpp"

namespace allot::test {

/// Counts live objects in `Tag`'s counter; a value of -1 is one that was moved from.
template <class Tag>
class Counted {
 public:
  static inline int live = 0;

  Counted() noexcept : Counted(0) {}
  Counted(int value) noexcept : value_(value), state_(alive) { ++live; }
  Counted(const Counted& other) noexcept : value_(other.value()), state_(alive) { ++live; }
  Counted(Counted&& other) noexcept : value_(std::exchange(other.value_, -1)), state_(alive) {
    other.check();
    ++live;
  }
  Counted& operator=(const Counted& other) noexcept {
    check();
    value_ = other.value();
    return *this;
  }
  Counted& operator=(Counted&& other) noexcept {
    check();
    other.check();
    value_ = std::exchange(other.value_, -1);
    return *this;
  }
  ~Counted() {
    check();
    state_ = dead;
    --live;
  }

  [[nodiscard]] int value() const noexcept {
    check();
    return value_;
  }
  friend bool operator==(const Counted& left, const Counted& right) noexcept { return left.value() == right.value(); }

 private:
  static constexpr std::uint32_t alive = 0xA11FE;
  static constexpr std::uint32_t dead = 0xDEAD;
  void check() const noexcept {
    if (state_ != alive) ADD_FAILURE() << "an element was used that is not alive";
  }

  int value_;
  std::uint32_t state_;
};

using Movable = Counted<struct MovableTag>;
/// The same, but its bytes may be copied to move it.
using Relocatable = Counted<struct RelocatableTag>;

/// Move-only, moved one by one.
class MoveOnly : public Counted<struct MoveOnlyTag> {
 public:
  using Counted::Counted;
  MoveOnly(MoveOnly&&) noexcept = default;
  MoveOnly& operator=(MoveOnly&&) noexcept = default;
};

/// Throws from constructors when told to; its moves are not noexcept.
class Throwing : public Counted<struct ThrowingTag> {
  using Base = Counted<struct ThrowingTag>;

 public:
  static constexpr int never = -1;
  /// Copies and moves until one throws.
  static inline int budget = never;

  Throwing(int value = 0) : Base(value) {}
  Throwing(const Throwing& other) : Base((spend(), static_cast<const Base&>(other))) {}
  Throwing(Throwing&& other) : Base((spend(), static_cast<Base&&>(other))) {}
  Throwing& operator=(const Throwing&) = default;
  Throwing& operator=(Throwing&& other) {
    spend();
    Base::operator=(static_cast<Base&&>(other));
    return *this;
  }

 private:
  static void spend() {
    if (budget == never) return;
    if (budget-- == 0) {
      budget = never;
      throw std::runtime_error("an element could not be copied");
    }
  }
};

/// The same without copies.
class ThrowingMoveOnly : public Throwing {
 public:
  using Throwing::Throwing;
  ThrowingMoveOnly(ThrowingMoveOnly&&) = default;
  ThrowingMoveOnly& operator=(ThrowingMoveOnly&&) = default;
};

struct alignas(64) OverAligned {
  int number = 0;
  OverAligned() = default;
  OverAligned(int value) noexcept : number(value) {}
  [[nodiscard]] int value() const noexcept { return number; }
  friend bool operator==(const OverAligned&, const OverAligned&) noexcept = default;
};

struct Empty {
  Empty() = default;
  explicit Empty(int) noexcept {}
  friend bool operator==(const Empty&, const Empty&) noexcept { return true; }
};

}  // namespace allot::test

template <>
struct allot::is_trivially_relocatable<allot::test::Relocatable> : std::true_type {};
