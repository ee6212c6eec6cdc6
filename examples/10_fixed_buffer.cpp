/// All the memory there is, in an array on the stack: fast, and a hard limit.

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/json.hpp>
#include <allot/macros.hpp>

#include "json_value.hpp"

namespace {

/// Prints the text's JSON through a buffer of `Size` bytes, or hands the error on when it does not fit.
template <std::size_t Size>
allot::IoResult<void> print_json() {
  char buffer[Size];
  allot::FixedBufferAllocator fixed(buffer);
  DEFER { fixed.reset(); };
  const allot::Allocator allocator = fixed.allocator();

  auto json = TRY(allot::json::stringify_alloc(allocator, AnonymousStruct{}, indented));
  DEFER { allocator.free(json); };

  allot::debug_print("{}\n[{} bytes of JSON in a buffer of {}]\n", json, json.size(), Size);
  return {};
}

template <std::size_t Size>
void try_buffer() {
  const auto printed = print_json<Size>();
  if (!printed) allot::debug_print("a buffer of {} bytes: {}\n", Size, error_name(printed.error()));
}

}  // namespace

int main() {
  try_buffer<150>();
  try_buffer<120>();  // too small for Zig's list; ours grows in place and needs no second copy
  try_buffer<86>();   // exactly the text
  try_buffer<85>();
}
