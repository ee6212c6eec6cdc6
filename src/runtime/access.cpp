#include "allot/runtime/access.hpp"

#include <cstdint>

namespace allot::inline v0_1::runtime {

namespace {

bool fits(const BlockView& block, std::uintptr_t address, std::size_t size) noexcept {
  return block.live && address >= block.begin && size <= block.size && address - block.begin <= block.size - size;
}

ALLOT_COLD void report_access(const BlockView& block, std::uintptr_t address, std::size_t size, bool write,
                              const Caller& caller) noexcept {
  ReportFields fields;
  fields.given_size = size;
  if (!block.live) {
    fields.finding = write ? Finding::write_of_freed : Finding::read_of_freed;
    fields.address = address;
  } else {
    fields.finding = write ? Finding::write_out_of_bounds : Finding::read_out_of_bounds;
    const bool starts_inside = address >= block.begin && address < block.begin + block.size;
    fields.address = starts_inside ? block.begin + block.size : address;
  }
  checked_malloc::report(fields, block, caller);
}

[[gnu::always_inline]] inline void check(const void* memory, std::size_t size, bool write,
                                         const Caller& caller) noexcept {
  BlockView block;
  if (size == 0 || !checked_malloc::find_block(memory, block)) return;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  if (!fits(block, address, size)) [[unlikely]]
    report_access(block, address, size, write, caller);
}

}  // namespace

void check_read(const void* address, std::size_t size, const Caller& caller) noexcept {
  check(address, size, false, caller);
}

void check_write(const void* address, std::size_t size, const Caller& caller) noexcept {
  check(address, size, true, caller);
}

void check_no_overlap(const void* to, const void* from, std::size_t size, const Caller& caller) noexcept {
  const auto left = reinterpret_cast<std::uintptr_t>(to);
  const auto right = reinterpret_cast<std::uintptr_t>(from);
  const std::uintptr_t distance = left < right ? right - left : left - right;
  // The same range on itself copies nothing; compilers emit it for self-assignment.
  if (distance >= size || distance == 0) [[likely]]
    return;
  BlockView block;
  ReportFields fields;
  fields.finding = Finding::overlapping_copy;
  fields.address = left;
  fields.given_size = size;
  if (checked_malloc::find_block(to, block)) {
    checked_malloc::report(fields, block, caller);
  } else if (checked_malloc::has_started()) {
    checked_malloc::report(fields, caller);
  }
}

std::size_t room_at(const void* address) noexcept {
  BlockView block;
  if (!checked_malloc::find_block(address, block) || !block.live) return SIZE_MAX;
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  if (at < block.begin) return 0;
  return at < block.begin + block.size ? block.begin + block.size - at : 0;
}

}  // namespace allot::inline v0_1::runtime
