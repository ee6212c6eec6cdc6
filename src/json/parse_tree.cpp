#include <cstring>
#include <new>

#include "allot/json/parser.hpp"
#include "allot/json/value.hpp"
#include "duplicate_members.hpp"
#include "nearest_double.hpp"
#include "number_scan.hpp"
#include "scan.hpp"

namespace allot::inline v0_1::json {

namespace detail {

/// Builds a tree without recursion. What is open is on the scratch stack, level by level: a marker that remembers the
/// level below, behind it the level's elements, or its members (names and values). A level that closes leaves its value
/// in the place of its marker. The place in the text and the top of the stack are locals of `build`, so that they stay
/// in registers; what is rare, or long, is handed to the parser's own functions.
class TreeBuilder {
 public:
  explicit TreeBuilder(Parser& in) noexcept
      : in_(in),
        stack_(in.scratch()),
        base_(stack_.size()),
        end_(in.end_),
        end_of_steps_(in.options().max_length >= longest_usual ? in.end_ : in.begin_),
        borrows_(in.options().strings == Strings::borrow) {}
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;
  ~TreeBuilder() { stack_.shrink_to(base_); }

  [[nodiscard]] bool build(Value& result) noexcept;

 private:
  /// What lies in a value's place while its level is open.
  struct Level {
    std::uint32_t below;  ///< the level around it, in units from the stack's begin
    char closing;
  };
  static constexpr std::size_t unit = sizeof(Value);
  static_assert(sizeof(Level) <= unit && sizeof(std::string_view) == unit && sizeof(Member) == 2 * unit);
  static constexpr std::ptrdiff_t most_pushed = 4 * unit;  ///< between two looks at the room
  static constexpr std::size_t longest_usual = 64;         ///< no string or number the quick ways read is longer

  /// Passes white space; the next character, 0 at the end of the text.
  [[nodiscard]] ALLOT_ALWAYS_INLINE char peek(const char*& at) noexcept {
    if (at != end_ && static_cast<unsigned char>(*at) > ' ') [[likely]]
      return *at;
    in_.at_ = at;
    const char c = in_.peek();
    at = in_.at_;
    return c;
  }
  /// Whether a string at `at` can be read, and kept, in steps up to this many.
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool has_steps(const char* at, std::size_t count) const noexcept {
    const auto bytes = static_cast<std::ptrdiff_t>(count * scan_step);
    return end_of_steps_ - at >= bytes + 2 && (borrows_ || in_.pool_end_ - in_.pool_ >= bytes);
  }
  /// The string of `size` bytes at `at`, which is in the pool already if it does not stay in the text.
  [[nodiscard]] ALLOT_ALWAYS_INLINE std::string_view keep(const char* at, std::size_t size) noexcept {
    if (borrows_) return {at, size};
    const std::string_view kept(in_.pool_, size);
    in_.pool_ += size;
    return kept;
  }

  // Each returns the place behind what it read, or null after noting an error.
  // Those for strings may move the stack.
  [[nodiscard]] ALLOT_ALWAYS_INLINE const char* string(const char* at, char*& top, std::string_view& text) noexcept;
  [[nodiscard]] ALLOT_NOINLINE const char* string_of_some_steps(const char* at, std::string_view& text) noexcept;
  [[nodiscard]] ALLOT_NOINLINE const char* string_slowly(const char* at, char* top, std::string_view& text) noexcept;
  [[nodiscard]] ALLOT_ALWAYS_INLINE const char* key(const char* at, char*& top) noexcept;
  [[nodiscard]] ALLOT_ALWAYS_INLINE const char* number(const char* at, Value& value) noexcept;
  [[nodiscard]] ALLOT_NOINLINE const char* number_slowly(const char* at, Value& value) noexcept;
  [[nodiscard]] ALLOT_NOINLINE const char* literal(const char* at, char first, Value& value) noexcept;
  [[nodiscard]] ALLOT_ALWAYS_INLINE const char* scalar(const char* at, char first, char*& top) noexcept;
  [[nodiscard]] bool number_as_text(const Number& number, Value& value) noexcept;

  [[nodiscard]] std::size_t offset_of(const char* top) noexcept { return static_cast<std::size_t>(top - stack_.at(0)); }
  [[nodiscard]] ALLOT_NOINLINE char* make_room(char* top) noexcept;
  [[nodiscard]] ALLOT_ALWAYS_INLINE char* open_level(char bracket, char* top) noexcept;
  [[nodiscard]] ALLOT_NOINLINE char* close_level(const char* at, char* top) noexcept;
  [[nodiscard]] static std::span<const Member> members_in(const char* begin, std::size_t bytes) noexcept {
    return {reinterpret_cast<const Member*>(begin), bytes / sizeof(Member)};
  }
  [[nodiscard]] bool finish(const char* at, const char* top, Value& result) noexcept;
  template <class T>
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool take(char* from, std::size_t bytes) noexcept;

  ALLOT_COLD const char* fail_unexpected(const char* at) noexcept {
    in_.at_ = at;
    (void)in_.fail_unexpected();
    return nullptr;
  }

  Parser& in_;
  Scratch& stack_;
  std::size_t base_;
  const char* end_;
  const char* end_of_steps_;  ///< the text's begin when strings and numbers have a limit to check
  bool borrows_;
  std::uint32_t level_ = 0;  ///< begin of the innermost level, in units
  char closing_ = '\0';      ///< its closing bracket; 0 outside of all
};

const char* TreeBuilder::string(const char* at, char*& top, std::string_view& text) noexcept {
  if (has_steps(at, 1)) [[likely]] {
    const Step bytes = load_step(at + 1);
    const unsigned mask = special_bytes<true>(bytes);
    const auto size = static_cast<std::size_t>(std::countr_zero(mask));
    if (mask != 0 && at[1 + size] == '"') [[likely]] {
      if (!borrows_) store_step(in_.pool_, bytes);
      text = keep(at + 1, size);
      return at + size + 2;
    }
    if (mask == 0) {
      if (const char* const end = string_of_some_steps(at, text)) return end;
    }
  }
  at = string_slowly(at, top, text);
  top = stack_.at(stack_.size());
  return at;
}

/// The same for up to four steps of plain text; null, and nothing happened, when it is something else.
const char* TreeBuilder::string_of_some_steps(const char* at, std::string_view& text) noexcept {
  constexpr std::size_t most = longest_usual / scan_step;
  if (!has_steps(at, most)) return nullptr;
  const char* const begin = at + 1;
  for (std::size_t size = 0; size < longest_usual; size += scan_step) {
    const Step bytes = load_step(begin + size);
    if (!borrows_) store_step(in_.pool_ + size, bytes);
    const unsigned mask = special_bytes<true>(bytes);
    if (mask == 0) continue;
    size += static_cast<std::size_t>(std::countr_zero(mask));
    if (begin[size] != '"') return nullptr;
    text = keep(begin, size);
    return begin + size + 1;
  }
  return nullptr;
}

const char* TreeBuilder::string_slowly(const char* at, char* top, std::string_view& text) noexcept {
  in_.at_ = at;
  stack_.shrink_to(offset_of(top));
  if (!in_.string(text)) return nullptr;
  if (text.size() <= UINT32_MAX) return in_.at_;
  (void)in_.fail(ParseErrorKind::value_too_long);
  return nullptr;
}

/// Pushes the key at `at` and passes its colon.
const char* TreeBuilder::key(const char* at, char*& top) noexcept {
  if (peek(at) != '"') return fail_unexpected(at);
  std::string_view name;
  at = string(at, top, name);
  if (at == nullptr) return nullptr;
  ::new (top) std::string_view(name);
  top += unit;
  return peek(at) == ':' ? at + 1 : fail_unexpected(at);
}

const char* TreeBuilder::number(const char* at, Value& value) noexcept {
  Number number;
  const char* const end = scan_usual_number(at, end_of_steps_, number);
  if (end == nullptr) return number_slowly(at, value);
  if (number.integer) {
    const auto magnitude = static_cast<std::int64_t>(number.magnitude);  // fifteen digits
    if (magnitude == 0 && number.negative) return number_slowly(at, value);
    value = Value(number.negative ? -magnitude : magnitude);
    return end;
  }
  double floating = 0;
  if (!nearest_double(number.magnitude, number.exponent, number.negative, floating)) return number_slowly(at, value);
  value = Value(floating);
  return end;
}

const char* TreeBuilder::number_slowly(const char* at, Value& value) noexcept {
  in_.at_ = at;
  Number number;
  if (!in_.number(number)) return nullptr;
  const std::uint64_t most = number.negative ? std::uint64_t{1} << 63 : UINT64_MAX;
  const bool fits = number.all_digits && number.magnitude <= most;
  if (!number.integer || (number.negative && number.magnitude == 0)) {
    const double floating = to_double(number);
    value = Value(floating);
    if (!__builtin_isfinite(floating) && !number_as_text(number, value)) return nullptr;
  } else if (!fits) {
    if (!number_as_text(number, value)) return nullptr;
  } else {
    value = number.negative ? Value(static_cast<std::int64_t>(0 - number.magnitude)) : Value(number.magnitude);
  }
  return in_.at_;
}

/// Keeps a number that fits neither 64 bits nor a double.
bool TreeBuilder::number_as_text(const Number& number, Value& value) noexcept {
  std::string_view text(number.text, number.size);
  if (text.size() > UINT32_MAX) return in_.fail(ParseErrorKind::value_too_long);
  if (in_.options().strings == Strings::copy) {
    void* const memory = in_.allocate(text.size(), Alignment::of<char>());
    if (memory == nullptr) return false;
    std::memcpy(memory, text.data(), text.size());
    text = std::string_view(static_cast<const char*>(memory), text.size());
  }
  value = Value::number_text(text);
  return true;
}

const char* TreeBuilder::literal(const char* at, char first, Value& value) noexcept {
  in_.at_ = at;
  if (first == 'n') return in_.literal("null") ? in_.at_ : nullptr;
  if (first != 't' && first != 'f') return fail_unexpected(at);
  value = Value(first == 't');
  return (first == 't' ? in_.literal("true") : in_.literal("false")) ? in_.at_ : nullptr;
}

/// Pushes the value at `at`, which is neither array nor object.
const char* TreeBuilder::scalar(const char* at, char first, char*& top) noexcept {
  if (first == '"') {
    std::string_view text;
    at = string(at, top, text);
    ::new (top) Value(text);
  } else {
    Value& value = *::new (top) Value();
    at = is_digit(first) || first == '-' ? number(at, value) : literal(at, first, value);
  }
  top += unit;
  return at;
}

char* TreeBuilder::make_room(char* top) noexcept {
  const std::size_t size = offset_of(top);
  stack_.shrink_to(size);
  if (stack_.push(most_pushed) == nullptr) {
    (void)in_.fail(ParseErrorKind::out_of_memory);
    return nullptr;
  }
  stack_.shrink_to(size);
  return stack_.at(size);
}

char* TreeBuilder::open_level(char bracket, char* top) noexcept {
  const Level level{level_, closing_};
  std::memcpy(top, &level, sizeof level);
  level_ = static_cast<std::uint32_t>(offset_of(top) / unit);
  closing_ = bracket == '{' ? '}' : ']';
  return top + unit;
}

/// Copies the `bytes` (a multiple of a unit) behind `place` into memory of the tree. The value at `place` becomes that
/// list.
template <class T>
bool TreeBuilder::take(char* place, std::size_t bytes) noexcept {
  if (bytes == 0) {
    ::new (place) Value(std::span<const T>());
    return true;
  }
  if (bytes / sizeof(T) > UINT32_MAX) return in_.fail(ParseErrorKind::value_too_long);
  char* const memory = in_.take_block(bytes);
  if (memory == nullptr) return false;
  const char* const from = place + unit;
  if (bytes <= 4 * unit) {  // two or four steps, overlapping
    std::memcpy(memory, from, unit);
    std::memcpy(memory + bytes - unit, from + bytes - unit, unit);
    if (bytes > 2 * unit) {
      std::memcpy(memory + unit, from + unit, unit);
      std::memcpy(memory + bytes - 2 * unit, from + bytes - 2 * unit, unit);
    }
  } else {
    std::memcpy(memory, from, bytes);
  }
  ::new (place) Value(std::span<const T>(reinterpret_cast<const T*>(memory), bytes / sizeof(T)));
  return true;
}

/// Ends the innermost level, whose bracket stands before `at` and whose parts end at `top`; returns the new top, or
/// null after noting an error.
char* TreeBuilder::close_level(const char* at, char* top) noexcept {
  in_.at_ = at;
  char* place = stack_.at(level_ * unit);
  Level level;
  std::memcpy(&level, place, sizeof level);
  auto bytes = static_cast<std::size_t>(top - place) - unit;
  if (closing_ == '}' && bytes > sizeof(Member) && may_have_duplicates(members_in(place + unit, bytes))) {
    stack_.shrink_to(offset_of(top));
    if (!settle_duplicate_members(in_, (level_ + 1) * unit)) return nullptr;
    place = stack_.at(level_ * unit);
    bytes = stack_.size() - (level_ + 1) * unit;
  }
  if (!(closing_ == '}' ? take<Member>(place, bytes) : take<Value>(place, bytes))) return nullptr;
  level_ = level.below;
  closing_ = level.closing;
  --in_.depth_;
  return place + unit;
}

bool TreeBuilder::build(Value& result) noexcept {
  const char* at = in_.at_;
  char* top = make_room(stack_.at(Alignment::of<Value>().forward(base_)));
  while (top != nullptr) {
    const char first = peek(at);
    bool opened = first == '{' || first == '[';
    if (opened) {
      if (++in_.depth_ > in_.options_.max_depth) return in_.fail_at(ParseErrorKind::nested_too_deeply, at);
      top = open_level(first, top);
      if (peek(++at) == closing_) {
        top = close_level(++at, top);
        opened = false;
      }
    } else if ((at = scalar(at, first, top)) == nullptr) {
      return false;
    }
    while (!opened && top != nullptr) {
      if (closing_ == '\0') return finish(at, top, result);
      const char next = peek(at);
      if (next != ',' && next != closing_) return fail_unexpected(at) != nullptr;
      ++at;
      if (next == ',') break;
      top = close_level(at, top);
    }
    if (top == nullptr || (closing_ == '}' && (at = key(at, top)) == nullptr)) return false;
    if (stack_.room_behind(top) < most_pushed) top = make_room(top);
  }
  return false;
}

bool TreeBuilder::finish(const char* at, const char* top, Value& result) noexcept {
  in_.at_ = at;
  result = *reinterpret_cast<const Value*>(top - unit);
  return true;
}

}  // namespace detail

bool Parser::value(Value& value) noexcept {
  return detail::TreeBuilder(*this).build(value);
}

}  // namespace allot::inline v0_1::json
