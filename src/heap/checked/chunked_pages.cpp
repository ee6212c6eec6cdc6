#include "chunked_pages.hpp"

#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::checked {

namespace {

constexpr std::size_t first_chunk = std::size_t{512} * 1024;
constexpr std::size_t huge_page = std::size_t{2} * 1024 * 1024;
constexpr std::size_t huge_from = 2 * huge_page;  // mapped bytes of a heap that will use one more huge page up

}  // namespace

void* ChunkedPages::take(std::size_t size, Alignment alignment) noexcept {
  const sys::ScopedLock lock(mutex_);
  if (static_cast<std::size_t>(end_ - at_) < size && !map_chunk(size, alignment)) return nullptr;
  std::byte* piece = at_;
  at_ += alignment.forward(size);
  return piece;
}

/// A chunk with room for `size`; where there is no memory for a whole one, just that.
bool ChunkedPages::map_chunk(std::size_t size, Alignment alignment) noexcept {
  unmap_rest();
  const bool huge = mapped_ >= huge_from;
  const std::size_t wanted = huge ? huge_page : mapped_ < first_chunk ? first_chunk : mapped_;
  std::size_t bytes = wanted > huge_page ? huge_page : wanted;
  const Alignment start = huge ? Alignment::max(alignment, Alignment::from_bytes(huge_page)) : alignment;
  void* pages = bytes > size ? sys::map_pages(bytes, start) : nullptr;
  if (pages == nullptr) pages = sys::map_pages(bytes = alignment.forward(size), alignment);
  if (pages == nullptr) return false;
  if (huge && bytes == huge_page) sys::prefer_huge_pages(pages, bytes, true);
  mapped_ += bytes;
  at_ = static_cast<std::byte*>(pages);
  end_ = at_ + bytes;
  return true;
}

void ChunkedPages::unmap_rest() noexcept {
  if (at_ != end_) sys::unmap_pages(at_, static_cast<std::size_t>(end_ - at_));
  at_ = end_ = nullptr;
}

void ChunkedPages::release_rest() noexcept {
  const sys::ScopedLock lock(mutex_);
  unmap_rest();
  mapped_ = 0;
}

}  // namespace allot::inline v0_1::checked
