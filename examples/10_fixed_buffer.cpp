/// All the memory there is, in an array on the stack: fast, and a hard limit.

#include <allot/allot.hpp>
#include <allot/json.hpp>
#include <allot/macros.hpp>

#include "debug_print.hpp"

namespace {

/// Prints the text's JSON object through a buffer of `Size` bytes; an error when it does not fit.
template <std::size_t Size>
allot::Result<void> print_json() {
  char buffer[Size];
  allot::FixedBufferAllocator fixed(buffer);
  DEFER {
    fixed.reset();
  };

  struct {
    std::string_view this_is = "an anonymous struct";
    bool above = true;
    std::string_view last_param = "are options";
  } value;
  auto json =
      TRY(allot::json::stringify_alloc(fixed.allocator(), value, {.whitespace = allot::json::Whitespace::indent_2}));
  DEFER {
    fixed.allocator().free(json);
  };

  debug_print(std::string_view(json.data(), json.size()));
  return {};
}

}  // namespace

int main() {
  print_json<150>().value();
  const auto failed = print_json<80>();
  debug_print(failed ? "fits" : error_name(failed.error()));
}
