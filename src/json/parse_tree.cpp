#include <algorithm>
#include <cstring>

#include "allot/json/key_order.hpp"
#include "allot/json/parser.hpp"
#include "allot/json/value.hpp"

namespace allot::inline v0_1::json {

namespace {

/// A number below 64 that differing keys seldom share.
unsigned fingerprint(std::string_view key) noexcept {
  if (key.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(key[i])); };
  return (byte(0) + 3 * byte(key.size() - 1) + 7 * byte(key.size() / 2) + 13 * static_cast<unsigned>(key.size())) % 64;
}

/// Builds a tree without recursion: what is open is on the scratch stack, level by level. A level begins with a marker
/// that remembers the level below; behind it lie its elements, or its members (names and values).
class TreeBuilder {
 public:
  explicit TreeBuilder(Parser& in) noexcept : in_(in), stack_(in.scratch()), base_(stack_.size()) {
    constexpr Alignment alignment = Alignment::of<Member>();
    aligned_ = stack_.push(alignment.forward(base_) - base_) != nullptr;
  }
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;
  ~TreeBuilder() { stack_.shrink_to(base_); }

  [[nodiscard]] bool build(Value& result) noexcept;

 private:
  struct Level {
    std::size_t below;  ///< stack offset of the level around it
    std::size_t object;
  };
  static constexpr std::size_t no_level = SIZE_MAX;

  [[nodiscard]] bool open_level(char bracket) noexcept;
  [[nodiscard]] bool close_level(Value& result) noexcept;
  [[nodiscard]] bool scalar(char first, Value& result) noexcept;
  [[nodiscard]] bool number(Value& result) noexcept;
  [[nodiscard]] bool number_as_text(const detail::Number& number, Value& result) noexcept;
  [[nodiscard]] bool push_key() noexcept;
  template <class T>
  [[nodiscard]] bool push(const T& item) noexcept {
    char* const to = stack_.push(sizeof(T));
    if (to == nullptr) return in_.fail(ParseErrorKind::out_of_memory);
    std::memcpy(to, &item, sizeof(T));
    return true;
  }
  template <class T>
  [[nodiscard]] bool take(std::size_t from, std::span<const T>& taken) noexcept;
  [[nodiscard]] bool settle_duplicates(std::size_t from) noexcept;
  [[nodiscard]] bool settle_many_duplicates(std::span<Member> members, std::size_t from) noexcept;

  Parser& in_;
  detail::Scratch& stack_;
  std::size_t base_;
  bool aligned_;
  std::size_t level_ = no_level;
  bool object_ = false;  ///< the level is an object
};

bool TreeBuilder::open_level(char bracket) noexcept {
  if (!in_.open(bracket)) return false;
  const std::size_t here = stack_.size();
  if (!push(Level{level_, object_ ? 1U : 0U})) return false;
  level_ = here;
  object_ = bracket == '{';
  return true;
}

/// Copies what lies on the stack from `from` on into memory of the tree.
template <class T>
bool TreeBuilder::take(std::size_t from, std::span<const T>& taken) noexcept {
  const std::size_t bytes = stack_.size() - from;
  if (bytes == 0) return true;
  if (bytes / sizeof(T) > UINT32_MAX) return in_.fail(ParseErrorKind::value_too_long);
  void* const memory = in_.allocate(bytes, Alignment::of<T>());
  if (memory == nullptr) return false;
  std::memcpy(memory, stack_.at(from), bytes);
  taken = std::span<const T>(static_cast<const T*>(memory), bytes / sizeof(T));
  return true;
}

bool TreeBuilder::close_level(Value& result) noexcept {
  const std::size_t from = level_ + sizeof(Level);
  if (object_) {
    std::span<const Member> members;
    if (!settle_duplicates(from) || !take(from, members)) return false;
    result = Value(members);
  } else {
    std::span<const Value> elements;
    if (!take(from, elements)) return false;
    result = Value(elements);
  }
  Level level;
  std::memcpy(&level, stack_.at(level_), sizeof level);
  stack_.shrink_to(level_);
  level_ = level.below;
  object_ = level.object != 0;
  return true;
}

bool TreeBuilder::number(Value& result) noexcept {
  detail::Number number;
  if (!in_.number(number)) return false;
  if (!number.integer) {
    const double value = detail::to_double(number);
    if (value - value != 0) return number_as_text(number, result);
    result = Value(value);
    return true;
  }
  const std::uint64_t most = number.negative ? std::uint64_t{1} << 63 : UINT64_MAX;
  if (!number.all_digits || number.magnitude > most) return number_as_text(number, result);
  const bool minus_zero = number.negative && number.magnitude == 0;
  result = minus_zero        ? Value(-0.0)
           : number.negative ? Value(static_cast<std::int64_t>(0 - number.magnitude))
                             : Value(number.magnitude);
  return true;
}

/// Keeps a number that fits neither 64 bits nor a double.
bool TreeBuilder::number_as_text(const detail::Number& number, Value& result) noexcept {
  std::string_view text(number.text, number.size);
  if (text.size() > UINT32_MAX) return in_.fail(ParseErrorKind::value_too_long);
  if (in_.options().strings == Strings::copy) {
    void* const memory = in_.allocate(text.size(), Alignment::of<char>());
    if (memory == nullptr) return false;
    std::memcpy(memory, text.data(), text.size());
    text = std::string_view(static_cast<const char*>(memory), text.size());
  }
  result = Value::number_text(text);
  return true;
}

bool TreeBuilder::scalar(char first, Value& result) noexcept {
  switch (first) {
    case '"': {
      std::string_view text;
      if (!in_.string(text)) return false;
      if (text.size() > UINT32_MAX) return in_.fail(ParseErrorKind::value_too_long);
      result = Value(text);
      return true;
    }
    case 't':
    case 'f': {
      bool value = false;
      if (!in_.boolean(value)) return false;
      result = Value(value);
      return true;
    }
    case 'n':
      result = Value();
      return in_.null_if();
    default:
      if (first == '-' || (first >= '0' && first <= '9')) return number(result);
      return in_.fail_unexpected();
  }
}

bool TreeBuilder::push_key() noexcept {
  if (in_.peek() != '"') return in_.fail_unexpected();
  std::string_view name;
  if (!in_.string(name)) return false;
  return in_.colon() && push(name);
}

bool TreeBuilder::build(Value& result) noexcept {
  if (!aligned_) return in_.fail(ParseErrorKind::out_of_memory);
  for (;;) {
    const char c = in_.peek();
    bool more = false;
    if (c == '{' || c == '[') {
      if (!open_level(c)) return false;
      more = !in_.close_if(c == '{' ? '}' : ']');
      if (!more && !close_level(result)) return false;
    } else if (!scalar(c, result)) {
      return false;
    }
    while (!more) {
      if (level_ == no_level) return true;
      if (!push(result) || !in_.next(object_ ? '}' : ']', more)) return false;
      if (!more && !close_level(result)) return false;
    }
    if (object_ && !push_key()) return false;
  }
}

/// Finds keys that stand twice among the members on the stack and does what the options say.
bool TreeBuilder::settle_duplicates(std::size_t from) noexcept {
  constexpr std::size_t few = 16;
  const std::size_t count = (stack_.size() - from) / sizeof(Member);
  const std::span<Member> members(reinterpret_cast<Member*>(stack_.at(from)), count);
  if (count > few) return settle_many_duplicates(members, from);
  std::size_t kept = 0;
  std::uint64_t met = 0;
  for (const Member& member : members) {
    const std::uint64_t mark = std::uint64_t{1} << fingerprint(member.name);
    std::size_t same = (met & mark) == 0 ? kept : 0;
    met |= mark;
    while (same < kept && members[same].name != member.name) ++same;
    if (same == kept) {
      members[kept++] = member;
    } else if (in_.options().duplicate_fields == DuplicateFields::error) {
      return in_.fail(ParseErrorKind::duplicate_field);
    } else if (in_.options().duplicate_fields == DuplicateFields::use_last) {
      members[same].value = member.value;
    }
  }
  stack_.shrink_to(from + kept * sizeof(Member));
  return true;
}

/// The same by sorting, for objects of any size: O(n log n) whatever the keys are.
bool TreeBuilder::settle_many_duplicates(std::span<Member> members, std::size_t from) noexcept {
  const std::size_t count = members.size();
  if (stack_.push(count * sizeof(std::uint32_t)) == nullptr) return in_.fail(ParseErrorKind::out_of_memory);
  members = std::span<Member>(reinterpret_cast<Member*>(stack_.at(from)), count);
  const std::span<std::uint32_t> order(reinterpret_cast<std::uint32_t*>(stack_.at(from + count * sizeof(Member))),
                                       count);
  detail::order_keys(order, &members[0].name, sizeof(Member));
  for (std::size_t first = 0, next = 1; next < count; ++next) {
    Member& kept = members[order[first]];
    Member& same = members[order[next]];
    if (kept.name != same.name) {
      first = next;
      continue;
    }
    if (in_.options().duplicate_fields == DuplicateFields::error) return in_.fail(ParseErrorKind::duplicate_field);
    if (in_.options().duplicate_fields == DuplicateFields::use_last) kept.value = same.value;
    same.name = detail::removed_key;
  }
  Member* const end = std::remove_if(members.data(), members.data() + count, [](const Member& member) {
    return member.name.data() == detail::removed_key.data();
  });
  stack_.shrink_to(from + static_cast<std::size_t>(end - members.data()) * sizeof(Member));
  return true;
}

}  // namespace

bool Parser::value(Value& value) noexcept {
  return TreeBuilder(*this).build(value);
}

}  // namespace allot::inline v0_1::json
