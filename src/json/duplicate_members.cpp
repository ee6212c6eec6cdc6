#include "duplicate_members.hpp"

#include <algorithm>
#include <span>

#include "allot/json/key_order.hpp"
#include "allot/json/value.hpp"

namespace allot::inline v0_1::json::detail {

bool settle_duplicate_members(Parser& in, std::size_t from) noexcept {
  Scratch& stack = in.scratch();
  const std::size_t count = (stack.size() - from) / sizeof(Member);
  if (stack.push(count * sizeof(std::uint32_t)) == nullptr) return in.fail(ParseErrorKind::out_of_memory);
  const std::span<Member> members(reinterpret_cast<Member*>(stack.at(from)), count);
  const std::span<std::uint32_t> order(reinterpret_cast<std::uint32_t*>(stack.at(from + count * sizeof(Member))),
                                       count);
  order_keys(order, &members[0].name, sizeof(Member));
  for (std::size_t first = 0, next = 1; next < count; ++next) {
    Member& kept = members[order[first]];
    Member& same = members[order[next]];
    if (kept.name != same.name) {
      first = next;
      continue;
    }
    if (in.options().duplicate_fields == DuplicateFields::error) return in.fail(ParseErrorKind::duplicate_field);
    if (in.options().duplicate_fields == DuplicateFields::use_last) kept.value = same.value;
    same.name = removed_key;
  }
  Member* const end = std::remove_if(members.data(), members.data() + count,
                                     [](const Member& member) { return member.name.data() == removed_key.data(); });
  stack.shrink_to(from + static_cast<std::size_t>(end - members.data()) * sizeof(Member));
  return true;
}

}  // namespace allot::inline v0_1::json::detail
