#include "allot/sys/trace_cache.hpp"

#include <array>
#include <atomic>

#include "allot/sys/mutex.hpp"
#include "allot/sys/pages.hpp"
#include "unwinder.hpp"

namespace allot::inline v0_1::sys {

namespace {

/// A walk and its number: two cache lines. Stack addresses are kept as words above the frame it began in, what was
/// read there as one check sum of 64 bits.
struct alignas(128) KeptWalk {
  std::uintptr_t frame;
  std::uintptr_t code;  // 0: none; written last
  std::uint64_t check;
  std::uint32_t number;
  std::uint32_t generation;
  std::uint16_t depth;
  std::uint16_t pairs;  // of offsets
  std::uint16_t offsets[StackReads::most];
};
static_assert(StackReads::most % 2 == 0 && sizeof(KeptWalk) == 128);

constexpr unsigned first_walk_bits = 8;
constexpr unsigned walk_bits = 12;  // two more at a time
constexpr unsigned last_bits = 13;
constexpr std::size_t ways = 4;            // neighbours that may hold the same walk
constexpr std::size_t telling_frames = 5;  // they decide where a walk is kept

struct Cache {
  KeptWalk walks[std::size_t{1} << walk_bits];
  std::uint16_t last[std::size_t{1} << last_bits];  // the walk met last, by frame, code and the walk before it
  std::uint32_t before;                             // the number of that
  unsigned shift;                                   // of hashes to places: few threads need all places, and pages cost
  std::uint32_t kept;                               // walks so far
  Cache* next;                                      // while nobody has it
};

constexpr std::uint32_t calls_before_caching = 64;

[[gnu::tls_model("initial-exec")]] constinit thread_local Cache* own_cache = nullptr;
[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint32_t calls = 0;
[[gnu::tls_model("initial-exec")]] constinit thread_local bool ended = false;

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
  taken = static_cast<Cache*>(map_pages(round_up_to_pages(sizeof(Cache)), Alignment::from_bytes(page_size())));
  if (taken != nullptr) taken->shift = 64 - first_walk_bits;
  return taken;  // null is fine
}

constexpr std::uint64_t scatter = 0x9E3779B97F4A7C15U;

/// A program that allocates through a function of its own comes from the same frame and code each time, but in a
/// sequence that recurs: which walk comes next is predicted as processors predict branches, by what came before.
ALLOT_ALWAYS_INLINE std::uint16_t& last_of(Cache& cache, StackOrigin origin, std::size_t depth) noexcept {
  const std::uintptr_t key = reinterpret_cast<std::uintptr_t>(origin.frame) ^ (origin.return_address << 7) ^ depth ^
                             (std::uintptr_t{cache.before} << 20);
  return cache.last[(key * scatter) >> (64 - last_bits)];
}

/// The first of the ways a walk may be kept in. The frame and the code alone would not do: a program that allocates
/// through a function of its own comes from there each time.
ALLOT_NOINLINE std::size_t place_of(const Cache& cache, StackOrigin origin, std::size_t depth, StackWalk& walk,
                                    const std::uintptr_t* frames) noexcept {
  (void)walk.go_to(depth < telling_frames ? depth : telling_frames);
  std::uint64_t hash = reinterpret_cast<std::uintptr_t>(origin.frame) + depth;
  for (std::size_t i = 0; i < walk.count(); ++i) hash = (hash ^ frames[i]) * scatter;
  const StackReads& reads = walk.reads();
  if (reads.count != 0) hash = (hash ^ reads.addresses[reads.count - 1]) * scatter;
  return (hash >> cache.shift) & ~(ways - 1);
}

/// Factors of the check sum, from splitmix64.
constexpr auto factors = [] {
  std::array<std::uint64_t, StackReads::most> made{};
  for (std::size_t i = 0; i < made.size(); ++i) {
    std::uint64_t value = (i + 1) * scatter;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    made[i] = value ^ (value >> 31);
  }
  return made;
}();

/// The sum of products of pairs (NH of UMAC, RFC 4418): the multiplications overlap. Reads words of the own stack that
/// were there before; the frame is live, so what lies above it is mapped. Kept from being vectorised: before AVX-512
/// there is no multiplication of such lanes, and what stands in for it takes twice the time of this.
[[gnu::no_sanitize_address]] ALLOT_ALWAYS_INLINE std::uint64_t check_sum(const KeptWalk& walk) noexcept {
  const auto* words = reinterpret_cast<const std::uintptr_t*>(walk.frame);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < std::size_t{walk.pairs} * 2; i += 2) {
    sum += (words[walk.offsets[i]] + factors[i]) * (words[walk.offsets[i + 1]] + factors[i + 1]);
    asm("" : "+r"(sum));
  }
  return sum;
}

ALLOT_ALWAYS_INLINE bool is_unchanged(const KeptWalk& walk, StackOrigin origin, std::size_t depth) noexcept {
  return walk.code == origin.return_address && walk.frame == reinterpret_cast<std::uintptr_t>(origin.frame) &&
         walk.depth == depth && walk.generation == code_generation.load(std::memory_order_relaxed) &&
         walk.check == check_sum(walk);
}

/// What is kept of a walk, but for its code; false when it cannot be.
bool make_kept(KeptWalk& walk, StackOrigin origin, std::size_t depth, const StackReads& reads,
               std::uint32_t number) noexcept {
  if (number == 0 || reads.count > StackReads::most) return false;
  walk.frame = reinterpret_cast<std::uintptr_t>(origin.frame);
  for (std::size_t i = 0; i < reads.count; ++i) {
    const std::uintptr_t words = (reads.addresses[i] - walk.frame) / sizeof(std::uintptr_t);
    if (words > UINT16_MAX) return false;
    walk.offsets[i] = static_cast<std::uint16_t>(words);
  }
  walk.pairs = static_cast<std::uint16_t>((reads.count + 1) / 2);
  if (reads.count % 2 != 0) walk.offsets[reads.count] = walk.offsets[reads.count - 1];
  walk.depth = static_cast<std::uint16_t>(depth);
  walk.number = number;
  walk.generation = code_generation.load(std::memory_order_relaxed);
  walk.check = check_sum(walk);
  return true;
}

/// Replaces what a place holds. A signal handler in between finds nothing there, or puts a walk of its own there that
/// is replaced as well.
void put(KeptWalk& place, const KeptWalk& walk, std::uintptr_t code) noexcept {
  place.code = 0;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  KeptWalk codeless = walk;
  codeless.code = 0;
  place = codeless;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  place.code = code;
}

std::size_t places_of(const Cache& cache) noexcept {
  return std::size_t{1} << (64 - cache.shift);
}

/// Four times the places. Walks kept until then lie elsewhere afterwards, and are walked again.
ALLOT_COLD void grow(Cache& cache) noexcept {
  cache.shift -= 2;
  populate_pages(&cache, round_up_to_pages(places_of(cache) * sizeof(KeptWalk)));
}

/// Of the ways a walk may be kept in, the first is the one kept last.
void keep(Cache& cache, std::size_t first, const KeptWalk& walk, std::uintptr_t code) noexcept {
  for (std::size_t way = ways - 1; way > 0; --way) {
    const KeptWalk before = cache.walks[first + way - 1];
    put(cache.walks[first + way], before, before.code);
  }
  put(cache.walks[first], walk, code);
  const std::size_t places = places_of(cache);
  if (++cache.kept == 2 * places && places < std::size_t{1} << walk_bits) grow(cache);
}

/// The number of a walk that has begun, and what may be kept of it in `kept` (its code is 0 when nothing may).
ALLOT_NOINLINE std::uint32_t end_walk(StackOrigin origin, std::size_t depth, NumberOfStack number_of, StackWalk& walk,
                                      std::uintptr_t* frames, KeptWalk& kept) noexcept {
  kept.code = 0;
  if (!walk.go_to(depth)) {
    return number_of({frames, capture_stack(origin, {frames, depth}, StackMethod::compiler_runtime)});
  }
  const std::uint32_t number = number_of({frames, walk.count()});
  if (make_kept(kept, origin, depth, walk.reads(), number)) kept.code = origin.return_address;
  return number;
}

/// Another walk than was predicted.
ALLOT_NOINLINE std::uint32_t find_or_walk(Cache& cache, StackOrigin origin, std::size_t depth,
                                          NumberOfStack number_of) noexcept {
  std::uintptr_t frames[max_frames];
  StackWalk walk(origin, stack_bounds_around(reinterpret_cast<std::uintptr_t>(origin.frame)), frames);
  const std::size_t first = place_of(cache, origin, depth, walk, frames);
  std::uint16_t& last = last_of(cache, origin, depth);
  for (std::size_t way = 0; way < ways; ++way) {
    last = static_cast<std::uint16_t>(first + way);
    const KeptWalk& kept = cache.walks[last];
    if (is_unchanged(kept, origin, depth)) return kept.number;
  }
  last = static_cast<std::uint16_t>(first);
  KeptWalk kept;
  const std::uint32_t number = end_walk(origin, depth, number_of, walk, frames, kept);
  if (kept.code != 0) keep(cache, first, kept, kept.code);
  return number;
}

}  // namespace

std::uint32_t trace_number(StackOrigin origin, std::size_t depth, NumberOfStack number_of) noexcept {
  if (depth == 0) return 0;
  if (depth > max_frames) depth = max_frames;
  if (own_cache != nullptr) [[likely]] {
    Cache& cache = *own_cache;
    const KeptWalk& walk = cache.walks[last_of(cache, origin, depth)];
    const bool known = is_unchanged(walk, origin, depth);
    return cache.before = known ? walk.number : find_or_walk(cache, origin, depth, number_of);
  }
  if (++calls > calls_before_caching && !ended) own_cache = take_cache();
  std::uintptr_t frames[max_frames];
  StackWalk walk(origin, stack_bounds_around(reinterpret_cast<std::uintptr_t>(origin.frame)), frames);
  KeptWalk unkept;
  return end_walk(origin, depth, number_of, walk, frames, unkept);
}

void leave_trace_cache() noexcept {
  ended = true;
  Cache* const left = own_cache;
  if (left == nullptr) return;
  own_cache = nullptr;
  for (std::size_t i = 0; i < places_of(*left); ++i) {  // no further ones were touched
    if (left->walks[i].code != 0) left->walks[i].code = 0;
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
