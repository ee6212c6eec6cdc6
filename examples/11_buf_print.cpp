/// Text in the caller's buffer: nothing allocates, and what does not fit is an error.

#include <allot/allot.hpp>
#include <allot/format.hpp>

int main() {
  const std::string_view name = "Leto";

  char buffer[100];
  auto greeting = allot::buf_print(buffer, "Hello {}", name).value();
  allot::debug_print("{}\n", greeting);

  char exact[10];
  allot::debug_print("10 bytes: {}\n", allot::buf_print(exact, "Hello {}", name).value());

  char small[8];
  const auto failed = allot::buf_print(small, "Hello {}", name);
  allot::debug_print("8 bytes: {}\n", failed.has_value() ? "fits" : error_name(failed.error()));
}
