#include "allot/json/value.hpp"

#include "allot/json/emitter.hpp"
#include "allot/json/number_value.hpp"

namespace allot::inline v0_1::json {

namespace {

constexpr Value nothing;

void write_elements(detail::Emitter& out, std::span<const Value> elements) noexcept {
  out.open('[');
  bool first = true;
  for (const Value& element : elements) {
    if (out.failed()) return;
    out.separate(first);
    detail::write_tree(out, element);
    first = false;
  }
  out.close(']', first);
}

void write_members(detail::Emitter& out, std::span<const Member> members) noexcept {
  out.open('{');
  bool first = true;
  for (const Member& member : members) {
    if (out.failed()) return;
    out.separate(first);
    out.key(member.name);
    out.colon();
    detail::write_tree(out, member.value);
    first = false;
  }
  out.close('}', first);
}

}  // namespace

std::optional<double> Value::as_double() const noexcept {
  switch (kind_) {
    case Kind::integer:
      return static_cast<double>(integer_);
    case Kind::unsigned_integer:
      return static_cast<double>(unsigned_);
    case Kind::floating:
      return floating_;
    case Kind::number_text: {
      detail::Number number;
      const std::string_view text = as_number_text();
      if (detail::scan_number(text.data(), text.data() + text.size(), number) == nullptr) return std::nullopt;
      return detail::to_double(number);
    }
    default:
      return std::nullopt;
  }
}

const Value* Value::find(std::string_view name) const noexcept {
  for (const Member& member : members()) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

const Value& Value::at(std::string_view name) const noexcept {
  const Value* const found = find(name);
  return found != nullptr ? *found : nothing;
}

const Value& Value::at(std::size_t index) const noexcept {
  const std::span<const Value> all = elements();
  return index < all.size() ? all[index] : nothing;
}

void detail::write_tree(Emitter& out, const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::null:
      return out.null();
    case Kind::boolean:
      return out.boolean(*value.as_bool());
    case Kind::integer:
      return out.integer(*value.as_int());
    case Kind::unsigned_integer:
      return out.integer(*value.as_unsigned());
    case Kind::floating:
      return out.floating(*value.as_double());
    case Kind::number_text:
      return out.big_number(value.as_number_text());
    case Kind::string:
      return out.string(*value.as_string());
    case Kind::array:
      return write_elements(out, value.elements());
    case Kind::object:
      return write_members(out, value.members());
  }
}

}  // namespace allot::inline v0_1::json
