#include "allot/sys/trace_cache.hpp"

#include <atomic>

#include "allot/sys/mutex.hpp"
#include "allot/sys/pages.hpp"
#include "unwinder.hpp"

namespace allot::inline v0_1::sys {

namespace {

/// A walk and its number. Stack addresses are kept as words above the frame it began in.
struct KeptWalk {
  std::uintptr_t frame;
  std::uintptr_t code;  // 0: none; written last
  std::uint32_t number;
  std::uint16_t depth;
  std::uint16_t reads;
  std::uint32_t generation;
  std::uint16_t offsets[StackReads::most];
  std::uintptr_t values[StackReads::most];
};

constexpr std::size_t walk_bits = 7;

struct Cache {
  KeptWalk walks[std::size_t{1} << walk_bits];
  Cache* next;  // while nobody has it
};

constexpr std::uint32_t calls_before_caching = 64;

[[gnu::tls_model("initial-exec")]] constinit thread_local Cache* own_cache = nullptr;
[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint32_t calls = 0;

/// Only ever tried: a fork may find it taken.
constinit Mutex mutex;
constinit Cache* unused = nullptr;
constinit std::atomic<std::uint32_t> code_generation{0};

ALLOT_COLD Cache* take_cache() noexcept {
  calls = 0;
  Cache* taken = nullptr;
  if (mutex.try_lock()) {
    taken = unused;
    if (taken != nullptr) unused = taken->next;
    mutex.unlock();
  }
  if (taken != nullptr) return taken;
  return static_cast<Cache*>(
      map_pages(round_up_to_pages(sizeof(Cache)), Alignment::from_bytes(page_size())));  // null is fine
}

KeptWalk& place_of(Cache& cache, StackOrigin origin, std::size_t depth) noexcept {
  const std::uintptr_t key = reinterpret_cast<std::uintptr_t>(origin.frame) ^ (origin.return_address << 7) ^ depth;
  return cache.walks[(key * 0x9E3779B97F4A7C15U) >> (64 - walk_bits)];
}

/// Reads words of the own stack that were there before; `frame` is live, so what lies above it is mapped up to `high`.
[[gnu::no_sanitize_address]] ALLOT_ALWAYS_INLINE bool is_unchanged(const KeptWalk& walk, StackOrigin origin,
                                                                   std::size_t depth) noexcept {
  if (walk.code != origin.return_address || walk.frame != reinterpret_cast<std::uintptr_t>(origin.frame) ||
      walk.depth != depth || walk.generation != code_generation.load(std::memory_order_relaxed)) {
    return false;
  }
  const auto* words = static_cast<const std::uintptr_t*>(origin.frame);
  for (std::size_t i = 0; i < walk.reads; ++i) {
    if (words[walk.offsets[i]] != walk.values[i]) return false;
  }
  return true;
}

void keep(KeptWalk& walk, StackOrigin origin, std::size_t depth, const StackReads& reads,
          std::uint32_t number) noexcept {
  if (reads.count > StackReads::most) return;
  walk.code = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  walk.frame = reinterpret_cast<std::uintptr_t>(origin.frame);
  for (std::size_t i = 0; i < reads.count; ++i) {
    const std::uintptr_t words = (reads.addresses[i] - walk.frame) / sizeof(std::uintptr_t);
    if (words > UINT16_MAX) return;
    walk.offsets[i] = static_cast<std::uint16_t>(words);
    walk.values[i] = reads.values[i];
  }
  walk.reads = static_cast<std::uint16_t>(reads.count);
  walk.depth = static_cast<std::uint16_t>(depth);
  walk.number = number;
  walk.generation = code_generation.load(std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  walk.code = origin.return_address;
}

ALLOT_NOINLINE std::uint32_t walk_anew(StackOrigin origin, std::size_t depth, NumberOfStack number_of) noexcept {
  std::uintptr_t frames[max_frames];
  std::size_t count = 0;
  StackReads reads;
  const StackBounds bounds = stack_bounds_around(reinterpret_cast<std::uintptr_t>(origin.frame));
  if (!unwind_stack(origin, bounds, {frames, depth}, count, reads)) {
    return number_of({frames, capture_stack(origin, {frames, depth}, StackMethod::compiler_runtime)});
  }
  const std::uint32_t number = number_of({frames, count});
  if (number != 0 && own_cache != nullptr) keep(place_of(*own_cache, origin, depth), origin, depth, reads, number);
  return number;
}

}  // namespace

std::uint32_t trace_number(StackOrigin origin, std::size_t depth, NumberOfStack number_of) noexcept {
  if (depth == 0) return 0;
  if (depth > max_frames) depth = max_frames;
  if (own_cache != nullptr) [[likely]] {
    const KeptWalk& walk = place_of(*own_cache, origin, depth);
    if (is_unchanged(walk, origin, depth)) return walk.number;
  } else if (++calls > calls_before_caching) {
    own_cache = take_cache();
  }
  return walk_anew(origin, depth, number_of);
}

void leave_trace_cache() noexcept {
  Cache* const left = own_cache;
  if (left == nullptr) return;
  own_cache = nullptr;
  for (KeptWalk& walk : left->walks) {
    if (walk.code != 0) walk.code = 0;
  }
  if (!mutex.try_lock()) return unmap_pages(left, round_up_to_pages(sizeof(Cache)));
  left->next = unused;
  unused = left;
  mutex.unlock();
}

void forget_unloaded_code() noexcept {
  forget_unwind_rows();
  code_generation.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace allot::inline v0_1::sys
