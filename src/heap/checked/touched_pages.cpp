#include "touched_pages.hpp"

#include <algorithm>
#include <cstring>

#include "allot/sys/pages.hpp"
#include "pattern.hpp"

namespace allot::inline v0_1::checked {

namespace {

constexpr std::size_t most_groups = 64;
constexpr std::size_t asked_at_once = 512;  // pages

/// The pages around a block, in at most 64 groups of whole pages.
struct Groups {
  std::byte* first;
  std::size_t pages;
  std::size_t pages_a_group;

  Groups(std::byte* block, std::size_t size) noexcept {
    const std::size_t page = sys::page_size();
    const std::size_t before = reinterpret_cast<std::uintptr_t>(block) & (page - 1);
    first = block - before;
    pages = (before + size + page - 1) / page;
    pages_a_group = (pages + most_groups - 1) / most_groups;
  }

  [[nodiscard]] std::size_t count() const noexcept { return (pages + pages_a_group - 1) / pages_a_group; }
  [[nodiscard]] std::byte* begin(std::size_t group) const noexcept {
    return first + std::min(group * pages_a_group, pages) * sys::page_size();
  }
};

/// Whether any page of a group is in memory. What the kernel does not tell counts as such.
bool is_touched(const Groups& groups, std::size_t group) noexcept {
  const std::byte* end = groups.begin(group + 1);
  for (std::byte* at = groups.begin(group); at < end;) {
    unsigned char in_memory[asked_at_once];
    const std::size_t pages = std::min(static_cast<std::size_t>(end - at) / sys::page_size(), asked_at_once);
    if (!sys::ask_pages_in_memory(at, pages * sys::page_size(), in_memory)) return true;
    for (std::size_t i = 0; i < pages; ++i) {
      if ((in_memory[i] & 1U) != 0) return true;
    }
    at += pages * sys::page_size();
  }
  return false;
}

/// A bit for each touched group. Small blocks are asked about in one call.
FilledGroups touched_groups(const Groups& groups) noexcept {
  FilledGroups touched = 0;
  unsigned char in_memory[asked_at_once];
  const bool at_once =
      groups.pages_a_group == 1 && sys::ask_pages_in_memory(groups.first, groups.pages * sys::page_size(), in_memory);
  for (std::size_t group = 0; group < groups.count(); ++group) {
    const bool here = at_once ? (in_memory[group] & 1U) != 0 : is_touched(groups, group);
    if (here) touched |= FilledGroups{1} << group;
  }
  return touched;
}

}  // namespace

FilledGroups fill_touched(std::byte* block, std::size_t size) noexcept {
  const Groups groups(block, size);
  const FilledGroups touched = touched_groups(groups);
  for (std::size_t group = 0, next = 0; group < groups.count(); group = next) {
    const bool here = (touched >> group & 1U) != 0;
    for (next = group + 1; next < groups.count() && ((touched >> next & 1U) != 0) == here; ++next) {
    }
    std::byte* begin = groups.begin(group);
    std::byte* end = groups.begin(next);
    if (here) {
      begin = std::max(begin, block);
      std::memset(begin, pattern_byte, static_cast<std::size_t>(std::min(end, block + size) - begin));
    } else {
      // Swapped out, perhaps: zeros from now on.
      sys::purge_pages(begin, static_cast<std::size_t>(end - begin));
    }
  }
  return touched;
}

void for_each_group(std::byte* block, std::size_t size, FilledGroups filled, void* context,
                    void (*visit)(void* context, const FreedStretch& stretch) noexcept) noexcept {
  const Groups groups(block, size);
  const FilledGroups touched = touched_groups(groups);
  for (std::size_t group = 0; group < groups.count(); ++group) {
    std::byte* begin = std::max(groups.begin(group), block);
    const auto bytes = static_cast<std::size_t>(std::min(groups.begin(group + 1), block + size) - begin);
    visit(context, {begin, bytes, (filled >> group & 1U) != 0, (touched >> group & 1U) != 0});
  }
}

}  // namespace allot::inline v0_1::checked
