#include "allot/sys/stack.hpp"

#include <sys/resource.h>
#include <unwind.h>

#include <cerrno>

#include "allot/sys/mappings.hpp"
#include "unwinder.hpp"

namespace allot::inline v0_1::sys {

namespace {

/// The bounds looked up last on this thread. A fiber switch makes the next look-up miss.
[[gnu::tls_model("initial-exec")]] constinit thread_local StackBounds known_bounds;

/// The kernel grows the main stack downwards on demand: its lower end is where the limit is, not where it is now.
std::uintptr_t low_end_of_main_stack(StackBounds now) noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return now.low;
  const std::uintptr_t low = now.high > limit.rlim_cur ? now.high - limit.rlim_cur : now.low;
  return low < now.low ? low : now.low;
}

struct BoundsSearch {
  std::uintptr_t address;
  StackBounds found;
};

void take_if_around(void* context, const Mapping& mapping) noexcept {
  BoundsSearch& search = *static_cast<BoundsSearch*>(context);
  StackBounds bounds{mapping.begin, mapping.end};
  if (!bounds.contains(search.address)) return;
  if (mapping.name == "[stack]") bounds.low = low_end_of_main_stack(bounds);
  search.found = bounds;
}

ALLOT_COLD StackBounds look_up_bounds(std::uintptr_t address) noexcept {
  const int kept_errno = errno;
  BoundsSearch search{address, {}};
  (void)for_each_mapping(&search, &take_if_around);
  errno = kept_errno;
  return search.found;
}

[[gnu::always_inline]] inline StackBounds bounds_around(std::uintptr_t address) noexcept {
  StackBounds bounds = known_bounds;
  if (!bounds.contains(address)) [[unlikely]] {
    bounds = look_up_bounds(address);
    known_bounds = bounds;
  }
  return bounds;
}

/// The walk proper. Reads only inside `bounds`, only upwards: a frame pointer that is something else ends it.
/// Not instrumented: it reads saved registers, not variables.
[[gnu::no_sanitize_address]] std::size_t walk(std::uintptr_t frame, StackBounds bounds,
                                              std::span<std::uintptr_t> frames) noexcept {
  constexpr std::uintptr_t record = 2 * sizeof(std::uintptr_t);  // caller's frame pointer, return address
  std::size_t count = 0;
  while (count < frames.size() && bounds.contains(frame) && bounds.high - frame >= record &&
         frame % sizeof(std::uintptr_t) == 0) {
    const std::uintptr_t* slots = reinterpret_cast<const std::uintptr_t*>(frame);
    const std::uintptr_t return_address = slots[1];
    if (return_address < 4096) break;
    frames[count++] = return_address;
    if (slots[0] <= frame) break;
    frame = slots[0];
  }
  return count;
}

struct RuntimeWalk {
  std::span<std::uintptr_t> frames;
  std::atomic<std::size_t>& count;
};

_Unwind_Reason_Code take_frame(_Unwind_Context* context, void* argument) {
  RuntimeWalk& walk = *static_cast<RuntimeWalk*>(argument);
  const std::size_t count = walk.count.load(std::memory_order_relaxed);
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (count == walk.frames.size() || address == 0) return _URC_END_OF_STACK;
  walk.frames[count] = address;
  walk.count.store(count + 1, std::memory_order_relaxed);
  return _URC_NO_REASON;
}

/// The compiler runtime begins at its own frame: those up to the origin's caller are cut off.
ALLOT_NOINLINE std::size_t runtime_walk_from(StackOrigin origin, std::span<std::uintptr_t> frames) noexcept {
  constexpr std::size_t own_frames = 16;
  std::uintptr_t all[max_frames + own_frames];
  const std::size_t wanted = frames.size() + own_frames;
  const std::span<std::uintptr_t> room(all, wanted);
  std::atomic<std::size_t> walked{0};
  walk_by_runtime(room, walked);
  const std::size_t got = walked.load(std::memory_order_relaxed);
  std::size_t first = 0;
  while (first < got && all[first] != origin.return_address) ++first;
  if (first == got) {
    frames[0] = origin.return_address;
    return 1;
  }
  std::size_t count = 0;
  while (count < frames.size() && first < got && all[first] != 0) frames[count++] = all[first++];
  return count;
}

}  // namespace

void walk_by_runtime(std::span<std::uintptr_t> frames, std::atomic<std::size_t>& count) noexcept {
  count.store(0, std::memory_order_relaxed);
  RuntimeWalk walk{frames, count};
  _Unwind_Backtrace(&take_frame, &walk);
}

StackBounds stack_bounds_around(std::uintptr_t address) noexcept {
  return bounds_around(address);
}

void tell_stack_bounds(StackBounds bounds) noexcept {
  known_bounds = bounds;
}

StackBounds current_stack_bounds() noexcept {
  return bounds_around(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
}

std::size_t walk_frame_pointers(const void* frame, std::span<std::uintptr_t> frames) noexcept {
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(frame);
  return walk(address, bounds_around(address), frames);
}

std::size_t capture_stack(StackOrigin origin, std::span<std::uintptr_t> frames, StackMethod method) noexcept {
  if (frames.empty()) return 0;
  if (frames.size() > max_frames) frames = frames.first(max_frames);
  if (method == StackMethod::frame_pointers) [[likely]]
    return walk_frame_pointers(origin.frame, frames);
  if (method == StackMethod::unwinder) [[likely]] {
    StackWalk unwinding(origin, bounds_around(reinterpret_cast<std::uintptr_t>(origin.frame)), frames.data());
    if (unwinding.go_to(frames.size())) [[likely]]
      return unwinding.count();
  }
  return runtime_walk_from(origin, frames);
}

ALLOT_NOINLINE std::size_t capture_stack(std::span<std::uintptr_t> frames, std::size_t skip,
                                         StackMethod method) noexcept {
  std::uintptr_t all[max_frames];
  const std::size_t wanted = frames.size() + skip + 1;
  const std::size_t got = capture_stack(ALLOT_STACK_ORIGIN(), {all, wanted < max_frames ? wanted : max_frames}, method);
  std::size_t count = 0;
  for (std::size_t next = skip + 1; next < got && count < frames.size(); ++next) frames[count++] = all[next];
  return count;
}

}  // namespace allot::inline v0_1::sys
