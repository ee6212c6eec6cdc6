/// Small blocks: taking, giving back and changing slots of a shard.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "findings.hpp"
#include "state.hpp"

namespace allot::inline v0_1::checked {

/// Who asks for an operation.
struct CallSite {
  TraceId trace;
  std::uint16_t thread;  // its number, the low 16 bits
};

/// What an allocation was asked for, and by whom.
struct Request {
  std::size_t size;
  Alignment alignment;
  CallSite site;
  std::size_t room = 0;  // bytes a large block shall be able to grow to in place; address space only
  std::uint8_t tag = 0;  // kept with the block for the caller, as the kind of function that asked for it
  bool zeroed = false;   // a large block shall be pages the system has just given
};

/// A new block, and what is known about it.
struct NewSlot {
  void* memory;
  const SlotInfo* info;
};

/// A block of the class; nulls when out of memory. Takes the shard's lock.
[[nodiscard]] NewSlot allocate_slot(State& state, Shard& shard, std::size_t size_class, const Request& request,
                                    Findings& findings) noexcept;

/// The lock of `slab`'s shard is held and `index` is live: the slot goes into quarantine.
void free_slot(State& state, Slab& slab, std::uint32_t index, CallSite site, Findings& findings) noexcept;

/// The same preconditions: the block becomes `new_size` bytes in place if its slot allows.
[[nodiscard]] bool resize_slot(State& state, Slab& slab, std::uint32_t index, std::size_t new_size,
                               Findings& findings) noexcept;

/// Reports and repairs damage in one shard until `findings` is full. Takes the lock.
void check_shard(State& state, Shard& shard, Findings& findings) noexcept;

}  // namespace allot::inline v0_1::checked
