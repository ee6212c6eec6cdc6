#include "kept_large.hpp"

#include "allot/base/poison.hpp"
#include "allot/sys/clock.hpp"
#include "heap.hpp"
#include "misuse.hpp"

namespace allot::inline v0_1::detail::fast {

void* KeptLarge::take_run(std::size_t size, bool may_waste) noexcept {
  if (run_ == nullptr || run_out_ || size > run_->bytes()) return nullptr;
  if (!may_waste && size < run_->bytes() / 2) return nullptr;
  run_->block_size = static_cast<std::uint32_t>(size);
  run_->block_count = 1;
  run_out_ = true;
  run_born_ = reborn;
  last_use_ = visits_;
  set_kept(0, kept_huge_);
  return run_block_;
}

void KeptLarge::adopt_run(Heap& heap, Span& run, std::size_t size) noexcept {
  drop_run(heap);
  run.keeper = this;
  run.block_size = static_cast<std::uint32_t>(size);
  run_ = &run;
  run_block_ = run.begin();
  run_out_ = true;
  run_born_ = sys::coarse_milliseconds();
  last_use_ = visits_;
}

bool KeptLarge::give_run(Heap& heap, void* block) noexcept {
  if (block != run_block_ || run_->keeper != this) return false;
  if (!run_out_) misuse(freed_twice, block);
  run_out_ = false;
  if (run_->bytes() > slice_size && !lived_short(run_born_)) {
    drop_run(heap);
    return true;
  }
  last_use_ = visits_;
  run_->block_count = 0;  // a second free, by another thread, finds no block
  poison(block, run_->bytes());
  set_kept(run_->bytes(), kept_huge_);
  return true;
}

void* KeptLarge::take_huge(Heap& heap, std::size_t size, Alignment alignment) noexcept {
  if (huge_ == nullptr || huge_out_) return nullptr;
  if (huge_size_ < size || huge_size_ - size > size / 8 || !alignment.is_aligned(huge_)) return nullptr;
  huge_out_ = true;
  huge_born_ = reborn;
  huge_changes_ = heap.huge.changes();
  last_use_ = visits_;
  set_kept(kept_run_, 0);
  return huge_;
}

void KeptLarge::watch_huge(Heap& heap, void* block, std::size_t size) noexcept {
  drop_huge(heap);
  huge_ = block;
  huge_size_ = size;
  huge_out_ = true;
  huge_born_ = sys::coarse_milliseconds();
  huge_changes_ = heap.huge.changes();
  last_use_ = visits_;
}

bool KeptLarge::give_huge(Heap& heap, void* block) noexcept {
  if (block != huge_) return false;
  if (!huge_out_) misuse(freed_twice, block);
  if (huge_changes_ != heap.huge.changes() || huge_size_ > most_huge || !lived_short(huge_born_)) {
    huge_ = nullptr;
    return false;
  }
  huge_out_ = false;
  last_use_ = visits_;
  poison(block, huge_size_);
  set_kept(kept_run_, huge_size_);
  return true;
}

bool KeptLarge::lived_short(std::int64_t born) const noexcept {
  if (visits_ - last_use_ > short_life_visits) return false;
  return born == reborn || sys::coarse_milliseconds() - born < short_life;
}

void KeptLarge::flush(Heap& heap) noexcept {
  drop_run(heap);
  drop_huge(heap);
}

KeptLarge::Kept KeptLarge::kept_bytes() const noexcept {
  return {__atomic_load_n(&kept_run_, __ATOMIC_RELAXED), __atomic_load_n(&kept_huge_, __ATOMIC_RELAXED)};
}

void KeptLarge::drop_run(Heap& heap) noexcept {
  Span* run = run_out_ ? nullptr : run_;
  run_ = nullptr;
  run_block_ = nullptr;
  run_out_ = false;
  set_kept(0, kept_huge_);
  if (run != nullptr) heap.pages.release(*run);
}

void KeptLarge::drop_huge(Heap& heap) noexcept {
  void* block = huge_out_ ? nullptr : huge_;
  huge_ = nullptr;
  huge_out_ = false;
  set_kept(kept_run_, 0);
  if (block != nullptr) heap.huge.free(block);
}

void KeptLarge::set_kept(std::size_t run, std::size_t huge) noexcept {
  __atomic_store_n(&kept_run_, run, __ATOMIC_RELAXED);
  __atomic_store_n(&kept_huge_, huge, __ATOMIC_RELAXED);
}

}  // namespace allot::inline v0_1::detail::fast
