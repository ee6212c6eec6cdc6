#include "allot/heap/stack_depot.hpp"

#include <atomic>

#include "allot/sys/module_registry.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::stack_depot {

namespace {

/// A stored stack: this header, then its frames. Immutable once linked.
struct Record {
  std::uint32_t hash;
  std::uint32_t next;  // of the same bucket; 0 ends the chain
  std::uint32_t count;
  std::uint32_t generation;  // of modules

  [[nodiscard]] const std::uintptr_t* frames() const noexcept {
    return reinterpret_cast<const std::uintptr_t*>(this + 1);
  }
};

// Records lie in chunks and are numbered by their position in words of 8 bytes: chunk number and word in the chunk.
constexpr std::uint32_t chunk_bits = 16;
constexpr std::size_t words_in_chunk = std::size_t{1} << chunk_bits;
constexpr std::size_t chunk_bytes = words_in_chunk * sizeof(std::uintptr_t);
constexpr std::size_t chunk_count = std::size_t{1} << (32 - chunk_bits);
constexpr std::size_t bucket_count = std::size_t{1} << 16;

// Zero pages until touched: the index of a small program costs a few of them.
constinit std::atomic<std::uintptr_t*> chunks[chunk_count];
constinit std::atomic<std::uint32_t> buckets[bucket_count];

constinit const Store* replacement = nullptr;
constinit sys::Mutex mutex;
constinit std::uint32_t next_word = 0;
constinit std::atomic<std::size_t> trace_count{0};
constinit std::atomic<std::size_t> used_bytes{0};

const Record& record_at(std::uint32_t position) noexcept {
  const std::uintptr_t* chunk = chunks[position >> chunk_bits].load(std::memory_order_acquire);
  return *reinterpret_cast<const Record*>(chunk + (position & (words_in_chunk - 1)));
}

/// Two independent chains, so that their multiplications overlap.
std::uint64_t hash_of(std::span<const std::uintptr_t> frames) noexcept {
  std::uint64_t even = 0x9E3779B97F4A7C15U ^ frames.size();
  std::uint64_t odd = 0xC2B2AE3D27D4EB4FU;
  std::size_t i = 0;
  for (; i + 1 < frames.size(); i += 2) {
    even = (even ^ frames[i]) * 0xFF51AFD7ED558CCDU;
    odd = (odd ^ frames[i + 1]) * 0xC4CEB9FE1A85EC53U;
    even ^= even >> 32;
    odd ^= odd >> 32;
  }
  if (i < frames.size()) even = (even ^ frames[i]) * 0xFF51AFD7ED558CCDU;
  const std::uint64_t mixed = (even ^ (odd << 1)) * 0x9E3779B97F4A7C15U;
  return mixed ^ (mixed >> 29);
}

bool holds(const Record& record, std::uint32_t hash, std::span<const std::uintptr_t> frames) noexcept {
  if (record.hash != hash || record.count != frames.size()) return false;
  const std::uintptr_t* stored = record.frames();
  std::uintptr_t difference = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) difference |= stored[i] ^ frames[i];
  return difference == 0;
}

/// Looks from `position` along the chain up to, not including, `end`.
std::uint32_t find(std::uint32_t position, std::uint32_t end, std::uint32_t hash,
                   std::span<const std::uintptr_t> frames) noexcept {
  while (position != end) {
    const Record& record = record_at(position);
    if (holds(record, hash, frames)) return position;
    position = record.next;
  }
  return 0;
}

/// Room for a record of `words` words; 0 when there is none. The first word of all is skipped: 0 means none.
std::uint32_t take_words(std::size_t words) noexcept {
  if ((next_word & (words_in_chunk - 1)) + words > words_in_chunk) {
    next_word = (next_word | (words_in_chunk - 1)) + 1;
  }
  if (next_word == 0) next_word = 2;
  std::atomic<std::uintptr_t*>& chunk = chunks[next_word >> chunk_bits];
  if (chunk.load(std::memory_order_relaxed) == nullptr) {
    void* pages = sys::map_pages(chunk_bytes, Alignment::from_bytes(sys::page_size()));
    if (pages == nullptr) return 0;
    chunk.store(static_cast<std::uintptr_t*>(pages), std::memory_order_release);
    used_bytes.fetch_add(chunk_bytes, std::memory_order_relaxed);
  }
  const std::uint32_t position = next_word;
  next_word += static_cast<std::uint32_t>(words);
  return position;
}

ALLOT_COLD std::uint32_t add(std::atomic<std::uint32_t>& bucket, std::uint32_t seen, std::uint32_t hash,
                             std::span<const std::uintptr_t> frames) noexcept {
  const std::uint32_t generation = sys::current_module_generation();
  const sys::ScopedLock lock(mutex);
  const std::uint32_t head = bucket.load(std::memory_order_acquire);
  if (const std::uint32_t raced = find(head, seen, hash, frames)) return raced;
  const std::uint32_t position = take_words(sizeof(Record) / sizeof(std::uintptr_t) + frames.size());
  if (position == 0) return 0;
  Record& record = const_cast<Record&>(record_at(position));
  record.hash = hash;
  record.next = head;
  record.generation = generation;
  record.count = static_cast<std::uint32_t>(frames.size());
  std::uintptr_t* stored = const_cast<std::uintptr_t*>(record.frames());
  for (std::size_t i = 0; i < frames.size(); ++i) stored[i] = frames[i];
  bucket.store(position, std::memory_order_release);
  trace_count.fetch_add(1, std::memory_order_relaxed);
  return position;
}

}  // namespace

TraceId intern(std::span<const std::uintptr_t> frames) noexcept {
  if (frames.empty()) return TraceId::none;
  if (replacement != nullptr) [[unlikely]]
    return replacement->intern(frames);
  const std::uint64_t full_hash = hash_of(frames);
  const std::uint32_t hash = static_cast<std::uint32_t>(full_hash);
  std::atomic<std::uint32_t>& bucket = buckets[(full_hash >> 32) & (bucket_count - 1)];
  const std::uint32_t head = bucket.load(std::memory_order_acquire);
  if (const std::uint32_t found = find(head, 0, hash, frames)) return TraceId{found};
  return TraceId{add(bucket, head, hash, frames)};
}

std::span<const std::uintptr_t> frames(TraceId trace) noexcept {
  if (trace == TraceId::none) return {};
  if (replacement != nullptr) [[unlikely]]
    return replacement->frames(trace);
  const Record& record = record_at(static_cast<std::uint32_t>(trace));
  return {record.frames(), record.count};
}

void replace_by(const Store& store) noexcept {
  replacement = &store;
}

std::uint32_t module_generation(TraceId trace) noexcept {
  return trace == TraceId::none || replacement != nullptr ? 0 : record_at(static_cast<std::uint32_t>(trace)).generation;
}

Stats stats() noexcept {
  return {trace_count.load(std::memory_order_relaxed),
          used_bytes.load(std::memory_order_relaxed) + sizeof chunks + sizeof buckets};
}

void lock() noexcept ALLOT_LOCKS_UNCHECKED {
  mutex.lock();
}
void unlock() noexcept ALLOT_LOCKS_UNCHECKED {
  mutex.unlock();
}

}  // namespace allot::inline v0_1::stack_depot
