// Floating-point numbers from any bytes: their text is compared with std::to_chars, and read back.
#include <cstring>

#include "allot/json/number_value.hpp"
#include "number_text_check.hpp"

namespace {

using namespace allot;

/// Any spelling of a number reads as std::from_chars reads it.
void check_number_value(const char* begin, const char* end) {
  json::detail::Number number;
  const char* const read = json::detail::scan_number(begin, end, number);
  if (read == nullptr) return;
  double expected = 0;
  const auto theirs = std::from_chars(begin, read, expected);
  if (theirs.ec == std::errc() &&
      std::bit_cast<std::uint64_t>(json::detail::to_double(number)) != std::bit_cast<std::uint64_t>(expected)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto* const text = reinterpret_cast<const char*>(data);
  check_number_value(text, text + size);
  for (; size >= sizeof(double); data += sizeof(double), size -= sizeof(double)) {
    double value;
    std::memcpy(&value, data, sizeof value);
    fuzz::check_neighbours(value);
    float half;
    std::memcpy(&half, data, sizeof half);
    fuzz::check_neighbours(half);
    char written[json::detail::longest_number];
    if (std::isfinite(value)) check_number_value(written, json::detail::write_double(written, value));
  }
  return 0;
}
