#include "unwinder.hpp"

#include <atomic>

#include "allot/sys/pages.hpp"
#include "unwind_row.hpp"

namespace allot::inline v0_1::sys {

namespace {

/// A row and the address it is for, xor-ed into each other: a reader that gets halves of two writes finds another
/// address (Hyatt's lockless hashing, https://craftychess.com/hyatt/hashing.html).
struct CachedRow {
  std::atomic<std::uint64_t> row;
  std::atomic<std::uint64_t> address_and_row;
};

constexpr unsigned first_cache_bits = 9;
constexpr unsigned cache_bits = 14;  // a compiler allocates from that many places
alignas(4096) constinit CachedRow cache[std::size_t{1} << cache_bits];

/// Few programs need it all, and a page costs more than reading a row: it is used from its start until that many rows
/// were read. Those kept until then lie elsewhere afterwards, and are read again.
constexpr std::uint32_t rows_before_growing = 512;
constinit std::atomic<unsigned> cache_shift{64 - first_cache_bits};
constinit std::atomic<std::uint32_t> rows_read{0};

/// Bits: kind 3, frame pointer slot 16, CFA offset 32.
std::uint64_t pack(const UnwindRow& row) noexcept {
  return static_cast<std::uint64_t>(row.kind) | std::uint64_t{static_cast<std::uint16_t>(row.fp_slot)} << 3 |
         std::uint64_t{static_cast<std::uint32_t>(row.cfa_offset)} << 19;
}

UnwindRow unpack(std::uint64_t packed) noexcept {
  return {static_cast<UnwindRow::Kind>(packed & 7U),
          static_cast<std::int32_t>(static_cast<std::uint32_t>(packed >> 19)),
          static_cast<std::int16_t>(static_cast<std::uint16_t>(packed >> 3))};
}

ALLOT_COLD std::uint64_t read_and_keep(CachedRow& cached, std::uintptr_t address) noexcept {
  const std::uint64_t packed = pack(read_unwind_row(address));
  if (rows_read.fetch_add(1, std::memory_order_relaxed) == rows_before_growing) {
    cache_shift.store(64 - cache_bits, std::memory_order_relaxed);
    populate_pages(cache, sizeof cache);
  }
  cached.row.store(packed, std::memory_order_relaxed);
  cached.address_and_row.store(packed ^ address, std::memory_order_relaxed);
  return packed;
}

ALLOT_ALWAYS_INLINE UnwindRow row_at(std::uintptr_t address) noexcept {
  CachedRow& cached = cache[(address * 0x9E3779B97F4A7C15U) >> cache_shift.load(std::memory_order_relaxed)];
  std::uint64_t packed = cached.row.load(std::memory_order_relaxed);
  if ((cached.address_and_row.load(std::memory_order_relaxed) ^ packed) != address) [[unlikely]]
    packed = read_and_keep(cached, address);
  return unpack(packed);
}

constexpr std::uintptr_t word = sizeof(std::uintptr_t);

[[gnu::no_sanitize_address]] ALLOT_ALWAYS_INLINE bool read(StackBounds bounds, std::uintptr_t address,
                                                           std::uintptr_t& value) noexcept {
  if (!bounds.contains(address) || bounds.high - address < word || address % word != 0) [[unlikely]]
    return false;
  value = *reinterpret_cast<const std::uintptr_t*>(address);
  return true;
}

/// Goes to the caller's frame.
[[gnu::no_sanitize_address]] ALLOT_ALWAYS_INLINE bool leave(const UnwindRow& row, StackBounds bounds,
                                                            UnwindRegisters& registers, StackReads& reads) noexcept {
  const std::uintptr_t offset = static_cast<std::uintptr_t>(static_cast<std::intptr_t>(row.cfa_offset));
  if (row.kind != UnwindRow::Kind::from_sp) reads.note(registers.fp_at);
  std::uintptr_t cfa = (row.kind == UnwindRow::Kind::from_sp ? registers.sp : registers.fp) + offset;
  std::uintptr_t fp = registers.fp;
  std::uintptr_t fp_at = registers.fp_at;
  if (row.kind == UnwindRow::Kind::realigned) [[unlikely]] {
    const std::uintptr_t cfa_at = cfa;
    fp_at = registers.fp;
    if (!read(bounds, cfa_at, cfa) || !read(bounds, fp_at, fp)) return false;
    reads.note(cfa_at);
  } else if (row.fp_slot != 0) {
    fp_at = cfa - static_cast<std::uintptr_t>(row.fp_slot) * word;
    if (!read(bounds, fp_at, fp)) return false;
  }
  if (cfa <= registers.sp || !read(bounds, cfa - word, registers.code)) [[unlikely]]
    return false;
  reads.note(cfa - word);
  registers.sp = cfa;
  registers.fp = fp;
  registers.fp_at = fp_at;
  return true;
}

}  // namespace

// The origin took its own frame's address, so it has a frame pointer: the caller's registers follow from it.
StackWalk::StackWalk(StackOrigin origin, StackBounds bounds, std::uintptr_t* frames) noexcept
    : bounds_(bounds), frames_(frames) {
  const std::uintptr_t frame = reinterpret_cast<std::uintptr_t>(origin.frame);
  registers_ = {origin.return_address, frame + 2 * word, 0, frame};
#if defined(__x86_64__)
  failed_ = !read(bounds, frame, registers_.fp);
#else
  failed_ = true;
#endif
}

[[gnu::no_sanitize_address]] bool StackWalk::go_to(std::size_t depth) noexcept {
  if (failed_) return false;
  UnwindRegisters registers = registers_;
  std::size_t count = count_;
  bool left = left_;
  while (count < depth) {
    if (!left) {
      const UnwindRow row = row_at(registers.code - 1);
      if (row.kind == UnwindRow::Kind::end) break;
      if (row.kind == UnwindRow::Kind::unknown || !leave(row, bounds_, registers, reads_)) {
        failed_ = true;
        break;
      }
      left = true;
    }
    if (registers.code == 0) break;
    frames_[count++] = registers.code;
    left = false;
  }
  registers_ = registers;
  count_ = count;
  left_ = left;
  return !failed_;
}

void forget_unwind_rows() noexcept {
  const unsigned shift = cache_shift.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < std::size_t{1} << (64 - shift); ++i) {
    cache[i].address_and_row.store(0, std::memory_order_relaxed);
  }
}

}  // namespace allot::inline v0_1::sys
