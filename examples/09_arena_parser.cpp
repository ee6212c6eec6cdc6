/// A parser whose temporary state lives in an arena: no free is written, one deinit frees it all.

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/macros.hpp>

namespace {

enum class Nest : unsigned char { object, array };

struct State {
  std::span<char> buffer;
  std::span<Nest> nesting;
};

struct Something {
  std::size_t depth;
  std::size_t keys;
};

allot::Result<Something> parse_internal(allot::Allocator arena, State& state, std::string_view input) {
  Something found{};
  std::size_t depth = 0;
  for (const char c : input) {
    if (c == '{' || c == '[') {
      if (depth == state.nesting.size()) state.nesting = TRY(arena.realloc(state.nesting, depth * 2));
      state.nesting[depth++] = c == '{' ? Nest::object : Nest::array;
      found.depth = depth > found.depth ? depth : found.depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ':') {
      ++found.keys;
    }
  }
  return found;
}

allot::Result<Something> parse(allot::Allocator allocator, std::string_view input) {
  allot::ArenaAllocator arena(allocator);  // freed when this scope ends
  State state{};
  state.buffer = TRY(arena.allocator().alloc<char>(512));
  state.nesting = TRY(arena.allocator().alloc<Nest>(10));
  allot::debug_print("arena capacity: {} bytes\n", arena.query_capacity());
  return TRY(parse_internal(arena.allocator(), state, input));
}

}  // namespace

int main() {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;
  const Something found = parse(gpa.allocator(), R"({"list": [{"a": 1}, {"b": [2]}]})").value();
  allot::debug_print("{}\n", allot::any(found));
  return gpa.deinit() == allot::Check::ok ? 0 : 1;
}
