#include "allot/runtime/thread_stacks.hpp"

#include <atomic>
#include <cstddef>

namespace allot::inline v0_1::runtime::thread_stacks {

namespace {

constexpr std::size_t slots = 65536;
constexpr std::uintptr_t running_bit = 1;

// Address of a frame; bit 0 while its thread runs. Hashed by address; entries stay, stacks are used again.
constinit std::atomic<std::uintptr_t> table[slots];
constinit std::atomic<std::size_t> used{0};

std::size_t hash_of(std::uintptr_t frame) noexcept {
  return static_cast<std::size_t>((frame >> 4) * 0x9E3779B97F4A7C15U >> 48);
}

/// The slot of this frame, taken now if it had none; null when the table is full.
std::atomic<std::uintptr_t>* slot_of(std::uintptr_t frame) noexcept {
  for (std::size_t probe = 0; probe < 1024; ++probe) {
    std::atomic<std::uintptr_t>& slot = table[(hash_of(frame) + probe) % slots];
    std::uintptr_t found = slot.load(std::memory_order_relaxed);
    if (found == 0 && slot.compare_exchange_strong(found, frame, std::memory_order_relaxed)) {
      used.fetch_add(1, std::memory_order_relaxed);
      return &slot;
    }
    if ((found & ~running_bit) == frame) return &slot;
  }
  return nullptr;
}

}  // namespace

void started(std::uintptr_t frame) noexcept {
  frame &= ~running_bit;
  if (auto* slot = slot_of(frame)) slot->store(frame | running_bit, std::memory_order_relaxed);
}

void ended(std::uintptr_t frame) noexcept {
  frame &= ~running_bit;
  if (auto* slot = slot_of(frame)) slot->store(frame, std::memory_order_relaxed);
}

bool only_ended_in(std::uintptr_t begin, std::uintptr_t end) noexcept {
  if (used.load(std::memory_order_relaxed) == 0) return false;
  bool any = false;
  for (const std::atomic<std::uintptr_t>& slot : table) {
    const std::uintptr_t frame = slot.load(std::memory_order_relaxed);
    if (frame < begin || frame >= end) continue;
    if ((frame & running_bit) != 0) return false;
    any = true;
  }
  return any;
}

}  // namespace allot::inline v0_1::runtime::thread_stacks
