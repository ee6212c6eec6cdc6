/// Value: any JSON value, as a tree.
///
///     auto parsed = ALLOT_TRY_EXPR(json::parse<json::Value>(allocator, text));
///     const json::Value& user = parsed->at("users").at(0);
///     user.at("name").as_string()                  // optional<string_view>, empty when it is no string
///
/// Sixteen bytes, trivially copyable. Refers to its text, elements and members (held, not owned: they live in the arena
/// it was parsed into, or wherever you put them). Looking for a member is O(members). Numbers keep their type: integers
/// of 64 bits, otherwise doubles; integers of more bits, and numbers too large for a double, keep their text.
/// Threads: a plain value; const calls may run together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"

namespace allot::inline v0_1::json {

struct Member;
namespace detail {
class Emitter;
}

enum class Kind : std::uint8_t {
  null,
  boolean,
  integer,           ///< fits std::int64_t
  unsigned_integer,  ///< fits std::uint64_t only
  floating,          ///< a number with fraction or exponent
  number_text,       ///< a number too large for those
  string,
  array,
  object,
};

class Value {
 public:
  constexpr Value() noexcept : integer_(0) {}
  constexpr Value(std::nullptr_t) noexcept : Value() {}
  constexpr Value(bool value) noexcept : boolean_(value), kind_(Kind::boolean) {}
  constexpr Value(int value) noexcept : Value(std::int64_t{value}) {}
  constexpr Value(std::int64_t value) noexcept : integer_(value), kind_(Kind::integer) {}
  constexpr Value(std::uint64_t value) noexcept
      : unsigned_(value), kind_(value > INT64_MAX ? Kind::unsigned_integer : Kind::integer) {}
  constexpr Value(double value) noexcept : floating_(value), kind_(Kind::floating) {}
  /// Text, elements and members are held, not owned; at most 2^32 - 1 of them (checked).
  constexpr Value(std::string_view text) noexcept
      : text_(text.data()), size_(size_of(text.size())), kind_(Kind::string) {}
  constexpr Value(const char* text) noexcept : Value(std::string_view(text)) {}
  constexpr Value(std::span<const Value> elements) noexcept
      : elements_(elements.data()), size_(size_of(elements.size())), kind_(Kind::array) {}
  constexpr Value(std::span<const Member> members) noexcept
      : members_(members.data()), size_(size_of(members.size())), kind_(Kind::object) {}
  /// A number of any size, as its text (not checked).
  static constexpr Value number_text(std::string_view text) noexcept {
    Value value(text);
    value.kind_ = Kind::number_text;
    return value;
  }

  [[nodiscard]] constexpr Kind kind() const noexcept { return kind_; }
  [[nodiscard]] constexpr bool is_null() const noexcept { return kind_ == Kind::null; }

  [[nodiscard]] constexpr std::optional<bool> as_bool() const noexcept {
    return kind_ == Kind::boolean ? std::optional(boolean_) : std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<std::int64_t> as_int() const noexcept {
    return kind_ == Kind::integer ? std::optional(integer_) : std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<std::uint64_t> as_unsigned() const noexcept {
    const bool fits = kind_ == Kind::unsigned_integer || (kind_ == Kind::integer && integer_ >= 0);
    return fits ? std::optional(unsigned_) : std::nullopt;
  }
  /// Any number, rounded where a double cannot hold it; infinite when it is too large.
  [[nodiscard]] std::optional<double> as_double() const noexcept;
  [[nodiscard]] constexpr std::optional<std::string_view> as_string() const noexcept {
    return kind_ == Kind::string ? std::optional(std::string_view(text_, size_)) : std::nullopt;
  }
  /// The text of a number that fits no type; empty otherwise.
  [[nodiscard]] constexpr std::string_view as_number_text() const noexcept {
    return kind_ == Kind::number_text ? std::string_view(text_, size_) : std::string_view();
  }
  /// The elements of an array; none for other kinds.
  [[nodiscard]] constexpr std::span<const Value> elements() const noexcept {
    return kind_ == Kind::array ? std::span<const Value>(elements_, size_) : std::span<const Value>();
  }
  /// The members of an object in the order of the text; none for other kinds.
  [[nodiscard]] constexpr std::span<const Member> members() const noexcept;
  /// Elements, members or bytes of text; 0 for the rest.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return kind_ >= Kind::string ? size_ : 0; }

  /// The member's value, or null when this is no object or has no such member.
  [[nodiscard]] const Value* find(std::string_view name) const noexcept;
  /// The member's value, or a null value: chains of `at` end in null wherever they leave the tree.
  [[nodiscard]] const Value& at(std::string_view name) const noexcept;
  [[nodiscard]] const Value& at(std::size_t index) const noexcept;

 private:
  static constexpr std::uint32_t size_of(std::size_t size) noexcept {
    ALLOT_CHECK(size <= UINT32_MAX, "a json::Value of more than 2^32 - 1 parts");
    return static_cast<std::uint32_t>(size);
  }

  union {
    bool boolean_;
    std::int64_t integer_;
    std::uint64_t unsigned_;
    double floating_;
    const char* text_;
    const Value* elements_;
    const Member* members_;
  };
  std::uint32_t size_ = 0;
  Kind kind_ = Kind::null;
};

static_assert(sizeof(Value) == 16);

/// A key and its value.
struct Member {
  std::string_view name;
  Value value;
};

constexpr std::span<const Member> Value::members() const noexcept {
  return kind_ == Kind::object ? std::span<const Member>(members_, size_) : std::span<const Member>();
}

namespace detail {

/// Writes a tree. The emitter's depth limit bounds the recursion.
void write_tree(Emitter& out, const Value& value) noexcept;

}  // namespace detail
}  // namespace allot::inline v0_1::json
