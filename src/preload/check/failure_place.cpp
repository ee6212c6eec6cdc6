#include "failure_place.hpp"

#include <atomic>
#include <charconv>
#include <string_view>

#include "allot/sys/mutex.hpp"
#include "allot/sys/symbols.hpp"
#include "life.hpp"

namespace allot::inline v0_1::preload {

namespace {

/// What is known of call stacks by their number: 0 nothing, else the number times 2, plus 1 when it is at the place.
/// A stack whose slot another one has taken is looked up each time.
constinit std::atomic<std::uint32_t> verdicts[65536];

/// Only ever tried: whoever waits here may hold a lock of the loader that the look-up needs.
constinit sys::Mutex mutex;

struct Place {
  std::string_view name;   // function, or the end of a path
  std::uint32_t line = 0;  // 0: a function
  bool found = false;
};

Place parsed(std::string_view text) noexcept {
  const std::size_t colon = text.rfind(':');
  Place place{text};
  if (colon == std::string_view::npos) return place;
  const char* const end = text.data() + text.size();
  std::uint32_t line = 0;
  const auto [last, error] = std::from_chars(text.data() + colon + 1, end, line);
  if (last == end && line != 0) place = {text.substr(0, colon), line};
  return place;
}

/// Whether `text` is `tail` or ends with it behind the separator.
bool ends_with_part(std::string_view text, std::string_view tail, std::string_view separator) noexcept {
  if (!text.ends_with(tail)) return false;
  text.remove_suffix(tail.size());
  return text.empty() || text.ends_with(separator);
}

void look_at(void* context, const sys::Symbol& symbol) noexcept {
  Place& place = *static_cast<Place*>(context);
  place.found |= place.line != 0 ? symbol.line == place.line && ends_with_part(symbol.file, place.name, "/")
                                 : ends_with_part(symbol.function, place.name, "::");
}

bool look_up(std::uint32_t stack, std::string_view text) noexcept {
  Place place = parsed(text);
  for (const std::uintptr_t frame : runtime::checked_malloc::record().frames(stack)) {
    sys::symbolize(frame, 0, &place, &look_at);
    if (place.found) break;
  }
  return place.found;
}

}  // namespace

bool is_at_place(const runtime::Caller& caller, const char* place) noexcept {
  if (!program_has_started()) return false;
  const std::uint32_t stack = runtime::checked_malloc::stack_of(caller);
  std::atomic<std::uint32_t>& verdict = verdicts[stack % 65536];
  const std::uint32_t known = verdict.load(std::memory_order_relaxed);
  if (known / 2 == stack) return (known & 1U) != 0;
  if (!mutex.try_lock()) return false;
  const bool found = look_up(stack, place);
  mutex.unlock();
  verdict.store(stack * 2 + found, std::memory_order_relaxed);
  return found;
}

}  // namespace allot::inline v0_1::preload
