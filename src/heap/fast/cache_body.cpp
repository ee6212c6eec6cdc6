#include "cache_body.hpp"

#include <cstring>
#include <new>

#include "allot/sys/pages.hpp"
#include "heap.hpp"
#include "misuse.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

constexpr std::uint32_t first_capacity = 8;
constexpr std::uint32_t visits_a_sweep = 16;
constexpr SizeClass first_bulky_class = class_of_extent(32 * 1024);

/// Slots that all stacks need together when each doubles up to its limit and leaves its smaller arrays behind.
constexpr std::size_t slots_in_all = [] {
  std::size_t slots = 0;
  for (SizeClass c = 1; c < class_count; ++c) {
    const std::size_t most = cache_limit_of_class(c);
    std::size_t capacity = most < first_capacity ? most : first_capacity;
    for (;; capacity = capacity * 2 < most ? capacity * 2 : most) {
      slots += capacity + 1;
      if (capacity == most) break;
    }
  }
  return slots;
}();

}  // namespace

std::size_t CacheBody::mapped_bytes() noexcept {
  return sys::round_up_to_pages(sizeof(CacheBody) + slots_in_all * sizeof(void*));
}

CacheBody* CacheBody::make(void* memory, Heap& heap) noexcept {
  return ::new (memory) CacheBody(heap);
}

CacheBody::CacheBody(Heap& heap) noexcept : heap_(&heap), free_slots_(reinterpret_cast<void**>(this + 1)) {}

void CacheBody::attach(ThreadCache* front) noexcept {
  front_ = front != nullptr ? front : &own_front_;
  front_->reset();
  front_->body_ = this;
  front_->medium_ = &medium_;
  for (SizeClass c = 1; c < small_class_count; ++c) {
    if (stacks_[c].base == nullptr) continue;
    set_top(c, stacks_[c].base);
    limit_of(c) = stacks_[c].base + stacks_[c].limit;
  }
}

void CacheBody::detach() noexcept {
  flush();
  front_->reset();
  front_ = nullptr;
}

void CacheBody::flush() noexcept {
  for (SizeClass c = 1; c < class_count; ++c) {
    if (stacks_[c].base != nullptr) (void)give_oldest(c, held(c));
  }
  large_.flush(*heap_);
}

std::size_t CacheBody::held(SizeClass size_class) const noexcept {
  void** base = __atomic_load_n(&stacks_[size_class].base, __ATOMIC_RELAXED);
  if (base == nullptr || front_ == nullptr) return 0;
  void** top = size_class < small_class_count
                   ? __atomic_load_n(&front_->tops_[size_class], __ATOMIC_RELAXED)
                   : __atomic_load_n(&medium_.tops[size_class - small_class_count], __ATOMIC_RELAXED);
  const auto count = static_cast<std::size_t>(top - base);
  return count <= cache_limit_of_class(size_class) ? count : 0;  // read while its thread moved the stack
}

/// Bulky blocks wait for the thread that uses them again soon, not for ever.
void CacheBody::count_visit() noexcept {
  large_.count_visit(*heap_);
  if (++visits_ % visits_a_sweep != 0) return;
  for (SizeClass c = first_bulky_class; c < class_count; ++c) (void)give_oldest(c, held(c));
}

/// The stack is empty: half of it from the central list, the last one for the caller.
void* CacheBody::refill(SizeClass size_class) noexcept {
  count_visit();
  grow(size_class);
  Stack& stack = stacks_[size_class];
  stack.ran_over = false;
  const std::size_t wanted = stack.limit < 2 ? 1 : stack.limit / 2;
  const std::size_t taken = heap_->centrals[size_class].take(*heap_, this, stack.base + 1, wanted);
  if (taken == 0) return nullptr;
  // Batches come lowest address first and stacks are popped from the top: turn them round.
  for (void **low = stack.base + 1, **high = stack.base + taken; low < high; ++low, --high) {
    void* block = *low;
    *low = *high;
    *high = block;
  }
  set_top(size_class, stack.base + taken - 1);
  return stack.base[taken];
}

void CacheBody::overflow(SizeClass size_class, void* block) noexcept {
  count_visit();
  Stack& stack = stacks_[size_class];
  if (!stack.ran_over) grow(size_class);
  if (top_of(size_class) == limit_of(size_class)) {
    const std::uint32_t kept = stack.ran_over ? stack.limit / 4 : stack.limit / 2;
    const bool wanted = give_oldest(size_class, stack.limit - kept);
    if (!wanted && stack.ran_over) shrink(size_class);
    stack.ran_over = !wanted;
  }
  void** top = top_of(size_class);
  top[1] = block;
  __atomic_signal_fence(__ATOMIC_RELEASE);
  set_top(size_class, top + 1);
}

/// Doubles the stack's room up to the class's limit.
void CacheBody::grow(SizeClass size_class) noexcept {
  Stack& stack = stacks_[size_class];
  const auto most = static_cast<std::uint32_t>(cache_limit_of_class(size_class));
  const std::uint32_t wanted = stack.limit == 0 ? first_capacity : stack.limit * 2;
  const std::uint32_t limit = wanted < most ? wanted : most;
  if (limit > stack.capacity) {
    void** base = free_slots_;
    free_slots_ += limit + 1;
    const std::size_t count = held(size_class);
    if (count != 0) std::memcpy(base + 1, stack.base + 1, count * sizeof *base);
    __atomic_store_n(&stack.base, base, __ATOMIC_RELAXED);
    stack.capacity = limit;
    set_top(size_class, base + count);
  }
  stack.limit = limit;
  limit_of(size_class) = stack.base + limit;
}

/// Halves the room of a stack that is at most a quarter full.
void CacheBody::shrink(SizeClass size_class) noexcept {
  Stack& stack = stacks_[size_class];
  if (stack.limit / 2 < cache_limit_of_class(size_class) / 4 || stack.limit / 2 < first_capacity) return;
  stack.limit /= 2;
  limit_of(size_class) = stack.base + stack.limit;
}

/// Gives the `count` blocks freed longest ago to the central list; true when another thread is expected to take them.
bool CacheBody::give_oldest(SizeClass size_class, std::size_t count) noexcept {
  if (count == 0) return false;
  Stack& stack = stacks_[size_class];
  const std::size_t rest = held(size_class) - count;
  const bool wanted = heap_->centrals[size_class].give(*heap_, this, stack.base + 1, count);
  std::memmove(stack.base + 1, stack.base + 1 + count, rest * sizeof *stack.base);
  set_top(size_class, stack.base + rest);
  return wanted;
}

}  // namespace allot::inline v0_1::detail::fast
