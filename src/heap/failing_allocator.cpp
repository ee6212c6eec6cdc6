#include "allot/heap/failing_allocator.hpp"

namespace allot::inline v0_1 {

namespace {

/// SplitMix64's output function (https://prng.di.unimi.it/splitmix64.c): spreads neighbouring indices.
std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

}  // namespace

bool FailurePlan::fails(std::size_t index, std::size_t size) const noexcept {
  switch (kind_) {
    case Kind::never:
      return false;
    case Kind::from:
      return index >= number_;
    case Kind::only:
      return index == number_;
    case Kind::one_in:
      return mix(seed_ + (index + 1) * 0x9E3779B97F4A7C15U) % number_ == 0;
    case Kind::larger_than:
      return size > number_;
  }
  return false;
}

void FailingAllocator::restart(FailurePlan alloc_plan, FailurePlan resize_plan) noexcept {
  alloc_plan_ = alloc_plan;
  resize_plan_ = resize_plan;
  alloc_index_ = resize_index_ = 0;
  allocations_ = deallocations_ = 0;
  allocated_bytes_ = freed_bytes_ = 0;
  has_induced_failure_ = false;
  induced_failure_size_ = induced_failure_depth_ = 0;
}

void FailingAllocator::note_induced_failure(std::size_t size, sys::StackOrigin origin) noexcept {
  if (has_induced_failure_) return;
  has_induced_failure_ = true;
  induced_failure_size_ = size;
  induced_failure_depth_ = sys::capture_stack(origin, induced_failure_frames_, sys::StackMethod::unwinder);
}

void* FailingAllocator::raw_alloc(std::size_t size, Alignment alignment) noexcept {
  if (alloc_plan_.fails(alloc_index_++, size)) {
    note_induced_failure(size, ALLOT_STACK_ORIGIN());
    return nullptr;
  }
  void* memory = child_.raw_alloc(size, alignment);
  if (memory == nullptr) return nullptr;
  ++allocations_;
  allocated_bytes_ += size;
  return memory;
}

bool FailingAllocator::may_resize(std::size_t new_size, sys::StackOrigin origin) noexcept {
  if (!resize_plan_.fails(resize_index_++, new_size)) return true;
  note_induced_failure(new_size, origin);
  return false;
}

void FailingAllocator::count_resize(std::size_t size, std::size_t new_size) noexcept {
  (new_size > size ? allocated_bytes_ : freed_bytes_) += new_size > size ? new_size - size : size - new_size;
}

bool FailingAllocator::raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  if (!may_resize(new_size, ALLOT_STACK_ORIGIN()) || !child_.raw_resize(memory, size, alignment, new_size))
    return false;
  count_resize(size, new_size);
  return true;
}

void* FailingAllocator::raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  if (!may_resize(new_size, ALLOT_STACK_ORIGIN())) return nullptr;
  void* moved = child_.raw_remap(memory, size, alignment, new_size);
  if (moved != nullptr) count_resize(size, new_size);
  return moved;
}

void FailingAllocator::raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
  child_.raw_free(memory, size, alignment);
  ++deallocations_;
  freed_bytes_ += size;
}

}  // namespace allot::inline v0_1
