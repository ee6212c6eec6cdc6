// Numbers read from text, checked up to where the text was read. Built without builtins.
#include <stdlib.h>

#include "allot/runtime/access.hpp"
#include "entry.hpp"
#include "real_functions.hpp"

namespace allot::inline v0_1::preload {

namespace {

using runtime::Caller;

ALLOT_REAL(strtol);
ALLOT_REAL(strtoll);
ALLOT_REAL(strtoul);
ALLOT_REAL(strtoull);
ALLOT_REAL(strtod);

/// The number, and the first character behind it, were read.
template <class Real, class... Base>
auto checked_number(Real& real, const char* text, char** end, const Caller& caller, Base... base) noexcept {
  char* stopped = nullptr;
  const auto number = real(text, &stopped, base...);
  runtime::check_read(text, static_cast<size_t>(stopped - text) + 1, caller);
  if (end != nullptr) *end = stopped;
  return number;
}

}  // namespace
}  // namespace allot::inline v0_1::preload

using namespace allot::preload;

ALLOT_EXPORT long strtol(const char* __restrict text, char** __restrict end, int base) noexcept {
  return checked_number(real_strtol, text, end, ALLOT_CALLER("strtol"), base);
}
ALLOT_EXPORT long long strtoll(const char* __restrict text, char** __restrict end, int base) noexcept {
  return checked_number(real_strtoll, text, end, ALLOT_CALLER("strtoll"), base);
}
ALLOT_EXPORT unsigned long strtoul(const char* __restrict text, char** __restrict end, int base) noexcept {
  return checked_number(real_strtoul, text, end, ALLOT_CALLER("strtoul"), base);
}
ALLOT_EXPORT unsigned long long strtoull(const char* __restrict text, char** __restrict end, int base) noexcept {
  return checked_number(real_strtoull, text, end, ALLOT_CALLER("strtoull"), base);
}
ALLOT_EXPORT double strtod(const char* __restrict text, char** __restrict end) noexcept {
  return checked_number(real_strtod, text, end, ALLOT_CALLER("strtod"));
}
ALLOT_EXPORT int atoi(const char* text) noexcept {
  return static_cast<int>(checked_number(real_strtol, text, nullptr, ALLOT_CALLER("atoi"), 10));
}
ALLOT_EXPORT long atol(const char* text) noexcept {
  return checked_number(real_strtol, text, nullptr, ALLOT_CALLER("atol"), 10);
}
ALLOT_EXPORT long long atoll(const char* text) noexcept {
  return checked_number(real_strtoll, text, nullptr, ALLOT_CALLER("atoll"), 10);
}
ALLOT_EXPORT double atof(const char* text) noexcept {
  return checked_number(real_strtod, text, nullptr, ALLOT_CALLER("atof"));
}
