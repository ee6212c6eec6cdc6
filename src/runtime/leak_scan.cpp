#include "allot/runtime/leak_scan.hpp"

#include <algorithm>
#include <cstring>

#include "../heap/checked/block_map.hpp"
#include "../heap/checked/lookup.hpp"
#include "allot/runtime/checked_malloc.hpp"
#include "allot/runtime/own_pages.hpp"
#include "allot/runtime/protected_pages.hpp"
#include "allot/runtime/thread_stacks.hpp"
#include "allot/sys/mappings.hpp"
#include "allot/sys/own_memory.hpp"
#include "allot/sys/pages.hpp"
#include "allot/sys/stopped_threads.hpp"
#include "checked_malloc_state.hpp"
#include "leak_groups.hpp"

namespace allot::inline v0_1::runtime {

namespace {

using namespace checked;

struct Root {
  const std::uintptr_t* words;
  std::size_t count;
};
constexpr std::size_t most_roots = 8;
constinit Root roots[most_roots] = {};
constinit std::size_t root_count = 0;

enum class Mark : std::uint8_t { none = 0, reachable, possible, pointed_at, attributed };

/// A live block and its mark. A small value; no lock is needed while the world stands still.
class Block {
 public:
  Block() noexcept = default;
  explicit Block(const Found& found) noexcept : found_(found) {}

  [[nodiscard]] explicit operator bool() const noexcept { return found_.slab != nullptr || found_.large != nullptr; }
  [[nodiscard]] std::uint8_t& mark() const noexcept {
    return found_.slab != nullptr ? found_.slab->info[found_.index].mark : found_.large->mark;
  }
  [[nodiscard]] bool has(Mark mark) const noexcept { return this->mark() == static_cast<std::uint8_t>(mark); }
  void set(Mark mark) const noexcept { this->mark() = static_cast<std::uint8_t>(mark); }
  [[nodiscard]] std::uintptr_t begin() const noexcept { return reinterpret_cast<std::uintptr_t>(found_.facts().block); }
  [[nodiscard]] std::size_t size() const noexcept {
    return found_.slab != nullptr ? found_.slab->info[found_.index].size : found_.large->size;
  }
  [[nodiscard]] Family family() const noexcept { return static_cast<Family>(found_.facts().tag); }
  [[nodiscard]] std::uint32_t stack() const noexcept {
    return static_cast<std::uint32_t>(found_.slab != nullptr ? found_.slab->info[found_.index].allocation
                                                             : found_.large->allocation);
  }

 private:
  Found found_;
};

/// The live block that the word points into, and whether at its start.
Block block_at(std::uintptr_t word, bool& at_start) noexcept {
  const void* address = reinterpret_cast<const void*>(word);
  const BlockOwner owner = BlockMap::find(address);
  if (owner.is_nothing()) return {};
  const Found found = owner.slab() != nullptr ? find_slot(owner.slab(), address) : find_large(owner.large(), address);
  if (found.state() != SlotState::live) return {};
  const Block block(found);
  const std::uintptr_t offset = word - block.begin();
  if (offset != 0 && offset >= block.size()) return {};
  // `new T[n]` of a type with a destructor returns the address behind its count.
  const bool first_element = offset == 8 && block.family() == Family::new_array && block.size() > 8;
  at_start = offset == 0 || first_element;
  return block;
}

/// Addresses of blocks to visit, in pages of its own.
class WorkList {
 public:
  explicit WorkList(std::size_t most) noexcept
      : capacity_(most), bytes_(sys::round_up_to_pages((most + 1) * sizeof(std::uintptr_t))) {
    items_ = static_cast<std::uintptr_t*>(sys::map_pages(bytes_, Alignment::from_bytes(sys::page_size())));
  }
  WorkList(const WorkList&) = delete;
  WorkList& operator=(const WorkList&) = delete;
  ~WorkList() {
    if (items_ != nullptr) sys::unmap_pages(items_, bytes_);
  }

  void push(std::uintptr_t block) noexcept {
    if (items_ != nullptr && count_ < capacity_) items_[count_++] = block;
  }
  [[nodiscard]] bool pop(std::uintptr_t& block) noexcept {
    if (count_ == 0) return false;
    block = items_[--count_];
    return true;
  }

 private:
  std::uintptr_t* items_ = nullptr;
  std::size_t capacity_;
  std::size_t bytes_;
  std::size_t count_ = 0;
};

/// Calls `act(block)` for every live block.
template <class Act>
void for_each_live_block(const Act& act) noexcept {
  State& state = checked_malloc::engine();
  for (std::size_t i = 0; i < state.shard_count; ++i) {
    for (Slab* slab = state.shards[i].slabs; slab != nullptr; slab = slab->next_of_shard) {
      for (std::uint32_t index = 0; index < slab->fresh; ++index) {
        if (slab->info[index].state == SlotState::live) act(Block(Found{slab, index, nullptr, true}));
      }
    }
  }
  for (LargeBlock* block = state.large.live.front; block != nullptr; block = block->next) {
    act(Block(Found{nullptr, 0, block, true}));
  }
}

std::size_t count_live_blocks() noexcept {
  std::size_t count = 0;
  for_each_live_block([&](const Block& block) noexcept {
    block.set(Mark::none);
    ++count;
  });
  return count;
}

constexpr std::size_t page_bytes = 4096;

/// Where the roots are copied to, 32 KiB at a time: pages of its own, or one on the stack when there are none.
class CopyBuffer {
 public:
  CopyBuffer() noexcept
      : mapped_(static_cast<std::uintptr_t*>(sys::map_pages(wanted, Alignment::from_bytes(page_bytes)))) {}
  CopyBuffer(const CopyBuffer&) = delete;
  CopyBuffer& operator=(const CopyBuffer&) = delete;
  ~CopyBuffer() {
    if (mapped_ != nullptr) sys::unmap_pages(mapped_, wanted);
  }

  [[nodiscard]] std::uintptr_t* words() noexcept { return mapped_ != nullptr ? mapped_ : small_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return mapped_ != nullptr ? wanted : sizeof small_; }

 private:
  static constexpr std::size_t wanted = std::size_t{32} * 1024;

  std::uintptr_t* mapped_;
  std::uintptr_t small_[page_bytes / sizeof(std::uintptr_t)];
};

class Scan {
 public:
  Scan(std::uintptr_t stack_pointer, const sys::StoppedThreads& stopped, std::size_t live_blocks) noexcept
      : stack_pointer_(stack_pointer), stopped_(stopped), reachable_(live_blocks), possible_(live_blocks) {
    find_heap();
  }

  void mark_all(std::span<const std::uintptr_t> registers) noexcept {
    scan_roots();
    for (const std::uintptr_t word : registers) reach(word);
    follow_reachable();
    follow_possible();
    mark_pointed_at_by_lost();
  }

  LeakTotals count_all(LeakGroups& groups) noexcept {
    LeakTotals totals;
    const auto add = [&](LeakKind kind, const Block& block) noexcept {
      ++totals.blocks[static_cast<std::size_t>(kind)];
      totals.bytes[static_cast<std::size_t>(kind)] += block.size();
      return groups.add(kind, block.stack(), block.size(), block.begin());
    };
    for_each_live_block([&](const Block& block) noexcept {
      if (block.has(Mark::reachable)) add(LeakKind::reachable, block);
      if (block.has(Mark::possible)) add(LeakKind::possible, block);
      if (block.has(Mark::none)) attribute(block, add);
    });
    // Rings that only point at themselves: the first of each met stands for it.
    for_each_live_block([&](const Block& block) noexcept {
      if (block.has(Mark::pointed_at)) attribute(block, add);
    });
    return totals;
  }

 private:
  /// From the lowest to the highest address of the heap.
  void find_heap() noexcept {
    std::uintptr_t begin = UINTPTR_MAX;
    std::uintptr_t end = 0;
    const auto consider = [&](const std::byte* memory, std::size_t size) noexcept {
      const auto address = reinterpret_cast<std::uintptr_t>(memory);
      begin = std::min(begin, address);
      end = std::max(end, address + size);
    };
    State& state = checked_malloc::engine();
    for (std::size_t i = 0; i < state.shard_count; ++i) {
      for (const Slab* slab = state.shards[i].slabs; slab != nullptr; slab = slab->next_of_shard) {
        consider(slab->memory, slab->memory_size);
      }
    }
    for (const LargeBlock* block = state.large.live.front; block != nullptr; block = block->next) {
      consider(block->memory, block->memory_size);
    }
    heap_begin_ = begin;
    heap_size_ = end > begin ? end - begin : 0;
  }

  void scan_roots() noexcept {
    (void)sys::for_each_mapping(this, [](void* self, const sys::Mapping& mapping) noexcept {
      static_cast<Scan*>(self)->scan_mapping(mapping);
    });
    for (std::size_t i = 0; i < root_count; ++i) {
      for (std::size_t word = 0; word < roots[i].count; ++word) reach(roots[i].words[word]);
    }
    for (const sys::StoppedThread& thread : stopped_.threads()) {
      for (const std::uintptr_t word : thread.registers) reach(word);
    }
  }

  void scan_mapping(const sys::Mapping& mapping) noexcept {
    if (!mapping.readable || !mapping.writable || is_device(mapping)) return;
    // The kernel joins neighbours to one mapping: only what is the record's from end to end is skipped here.
    if (checked_malloc::record().covers(mapping.begin) && checked_malloc::record().covers(mapping.end - 1)) return;
    std::uintptr_t begin = mapping.begin;
    const std::uintptr_t lowest = lowest_stack_pointer(mapping);
    if (lowest != 0) {
      begin = lowest > mapping.begin ? lowest & ~std::uintptr_t{4095} : mapping.begin;
      skip_below_ = lowest;
    } else if (thread_stacks::only_ended_in(mapping.begin, mapping.end)) {
      return;
    } else {
      skip_below_ = 0;
    }
    is_stable_ = !mapping.shared && blocks_are_stable_;
    resident_pages_.for_each_range(begin, mapping.end, this,
                                   [](void* self, std::uintptr_t from, std::uintptr_t to) noexcept {
                                     static_cast<Scan*>(self)->scan_range(from, to);
                                   });
  }

  static bool is_device(const sys::Mapping& mapping) noexcept {
    return mapping.name.starts_with("/dev/") && !mapping.name.starts_with("/dev/zero") &&
           !mapping.name.starts_with("/dev/shm");
  }

  /// The calling thread stands in a call, with nothing of use below: all else there is left of calls before, such as
  /// what main knew when it has returned.
  std::uintptr_t lowest_stack_pointer(const sys::Mapping& mapping) const noexcept {
    std::uintptr_t lowest = 0;
    const auto consider = [&](std::uintptr_t pointer) noexcept {
      if (pointer >= mapping.begin && pointer < mapping.end && (lowest == 0 || pointer < lowest)) lowest = pointer;
    };
    consider(stack_pointer_);
    for (const sys::StoppedThread& thread : stopped_.threads()) consider(thread.stack_pointer - sys::stack_red_zone);
    return lowest;
  }

  static bool is_ours(std::uintptr_t page) noexcept {
    return own_pages::contains(page) || checked_malloc::record().covers(page);
  }

  void scan_range(std::uintptr_t begin, std::uintptr_t end) noexcept {
    while (begin < end) {
      std::uintptr_t stop = begin;
      while (stop < end && !is_ours(stop)) stop += page_bytes;
      if (begin < stop) scan_pages(begin, stop);
      begin = stop + page_bytes;
    }
  }

  /// To the buffer; how many bytes could be read.
  std::size_t copy(std::uintptr_t from, std::size_t size, bool stable) noexcept {
    return stable ? sys::copy_stable_memory(from, buffer_.words(), size)
                  : sys::copy_own_memory(from, buffer_.words(), size);
  }

  /// What cannot be read is skipped by pages.
  void scan_pages(std::uintptr_t begin, std::uintptr_t end) noexcept {
    while (begin < end) {
      const std::size_t wanted = end - begin < buffer_.bytes() ? end - begin : buffer_.bytes();
      const std::size_t got = copy(begin, wanted, is_stable_);
      const std::uintptr_t* words = buffer_.words();
      const std::uintptr_t* end_of_words = words + got / sizeof(std::uintptr_t);
      if (begin < skip_below_) words += std::min((skip_below_ - begin + 7) / sizeof(std::uintptr_t), got / 8);
      for (; words < end_of_words; ++words) reach(*words);
      begin += got < page_bytes ? page_bytes : got & ~(page_bytes - 1);
    }
  }

  /// A pointer found in the roots or in a reachable block. Most words are none into the heap at all.
  void reach(std::uintptr_t word) noexcept {
    if (word - heap_begin_ >= heap_size_) [[likely]]
      return;
    bool at_start = false;
    const Block block = block_at(word, at_start);
    if (!block || block.has(Mark::reachable)) return;
    if (at_start) {
      block.set(Mark::reachable);
      reachable_.push(block.begin());
    } else if (block.has(Mark::none)) {
      block.set(Mark::possible);
      possible_.push(block.begin());
    }
  }

  /// Calls `act(word)` for every aligned word of a block. Larger ones are copied first: the program may have made pages
  /// within unreadable.
  template <class Act>
  void for_each_word(const Block& block, const Act& act) noexcept {
    std::uintptr_t begin = (block.begin() + 7) & ~std::uintptr_t{7};
    const std::uintptr_t end = (block.begin() + block.size()) & ~std::uintptr_t{7};
    if (block.size() < page_bytes) {
      for (; begin < end; begin += sizeof(std::uintptr_t)) act(*reinterpret_cast<const std::uintptr_t*>(begin));
      return;
    }
    while (begin < end) {
      const std::size_t wanted = end - begin < buffer_.bytes() ? end - begin : buffer_.bytes();
      const std::size_t got = copy(begin, wanted, blocks_are_stable_);
      const std::uintptr_t* words = buffer_.words();
      for (std::size_t i = 0; i < got / sizeof *words; ++i) act(words[i]);
      begin = got == wanted ? begin + got : ((begin + got) / page_bytes + 1) * page_bytes;
    }
  }

  void follow_reachable() noexcept {
    std::uintptr_t address = 0;
    bool at_start = false;
    while (reachable_.pop(address)) {
      for_each_word(block_at(address, at_start), [&](std::uintptr_t word) noexcept { reach(word); });
    }
  }

  void follow_possible() noexcept {
    std::uintptr_t address = 0;
    bool at_start = false;
    while (possible_.pop(address)) {
      const Block from = block_at(address, at_start);
      if (!from.has(Mark::possible)) continue;
      for_each_word(from, [&](std::uintptr_t word) noexcept {
        const Block block = block_at(word, at_start);
        if (!block || !block.has(Mark::none)) return;
        block.set(Mark::possible);
        possible_.push(block.begin());
      });
    }
  }

  static bool is_lost(const Block& block) noexcept { return block.has(Mark::none) || block.has(Mark::pointed_at); }

  void mark_pointed_at_by_lost() noexcept {
    for_each_live_block([&](const Block& from) noexcept {
      if (!is_lost(from)) return;
      for_each_word(from, [&](std::uintptr_t word) noexcept {
        bool at_start = false;
        const Block block = block_at(word, at_start);
        if (block && block.begin() != from.begin() && block.has(Mark::none)) block.set(Mark::pointed_at);
      });
    });
  }

  /// `leader` is definitely lost; whatever lost blocks it leads to are indirectly lost with it.
  template <class Add>
  void attribute(const Block& leader, const Add& add) noexcept {
    LeakGroup* group = add(LeakKind::definite, leader);
    leader.set(Mark::attributed);
    reachable_.push(leader.begin());
    std::uintptr_t address = 0;
    bool at_start = false;
    while (reachable_.pop(address)) {
      for_each_word(block_at(address, at_start), [&](std::uintptr_t word) noexcept {
        const Block block = block_at(word, at_start);
        if (!block || !block.has(Mark::pointed_at)) return;
        block.set(Mark::attributed);
        add(LeakKind::indirect, block);
        if (group != nullptr) group->add_indirect(block.size());
        reachable_.push(block.begin());
      });
    }
  }

  std::uintptr_t stack_pointer_;
  const sys::StoppedThreads& stopped_;
  WorkList reachable_;
  WorkList possible_;
  std::uintptr_t heap_begin_ = 0;
  std::uintptr_t heap_size_ = 0;
  sys::ResidentPages resident_pages_;
  sys::StableCopies stable_copies_;
  std::uintptr_t skip_below_ = 0;
  const bool blocks_are_stable_ = stopped_.missing() == 0 && stable_copies_.are_safe();
  bool is_stable_ = false;  // nobody unmaps the mapping that is being scanned
  CopyBuffer buffer_;
};

}  // namespace

void add_leak_root(const void* memory, std::size_t size) noexcept {
  if (root_count < most_roots)
    roots[root_count++] = {static_cast<const std::uintptr_t*>(memory), size / sizeof(std::uintptr_t)};
}

LeakTotals scan_for_leaks(std::uintptr_t stack_pointer, std::span<const std::uintptr_t> registers) noexcept {
  const sys::StoppedThreads stopped(500);
  const protected_pages::Lifted lifted;
  const std::size_t live_blocks = count_live_blocks();
  Scan scan(stack_pointer, stopped, live_blocks);
  scan.mark_all(registers);
  LeakGroups groups(live_blocks);
  LeakTotals totals = scan.count_all(groups);
  groups.log_all(checked_malloc::record());
  totals.threads_missing = stopped.missing();
  return totals;
}

}  // namespace allot::inline v0_1::runtime
