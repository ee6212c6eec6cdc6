/// The second rule of freeing: keep a reference to what you must free. The leak is reported when the heap ends.

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/macros.hpp>

namespace {

/// A lower-case copy of `text`; the caller owns it.
allot::Result<std::span<const char>> alloc_lower(allot::Allocator allocator, std::string_view text) {
  auto lower = TRY(allocator.alloc<char>(text.size()));
  for (std::size_t i = 0; i < text.size(); ++i) {
    lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
  }
  return lower;
}

allot::Result<bool> is_special(allot::Allocator allocator, std::string_view name) {
  auto lower = TRY(alloc_lower(allocator, name));
  return std::string_view(lower.data(), lower.size()) == "admin";  // `lower` is lost here
}

}  // namespace

int main() {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;
  allot::debug_print("{}\n", is_special(gpa.allocator(), "ADMIN").value());
  allot::debug_print("{}\n", is_special(gpa.allocator(), "Leto").value());
  return gpa.deinit() == allot::Check::leak ? 1 : 0;
}
