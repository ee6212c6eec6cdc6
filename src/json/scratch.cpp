#include "allot/json/scratch.hpp"

#include "allot/base/checked_math.hpp"

namespace allot::inline v0_1::json::detail {

bool Scratch::grow(std::size_t bytes) noexcept {
  std::size_t wanted = 0;
  if (!checked_add(capacity_, bytes < capacity_ ? capacity_ : bytes, wanted)) return false;
  const AlignedSpan<char, granule> old(begin_, capacity_);
  if (begin_ != first_) {
    const auto grown = allocator_.realloc(old, wanted);
    if (!grown.has_value()) return false;
    begin_ = grown->data();
  } else {
    const auto fresh = allocator_.alloc_aligned<char, granule>(wanted);
    if (!fresh.has_value()) return false;
    std::memcpy(fresh->data(), first_, size_);
    begin_ = fresh->data();
  }
  capacity_ = wanted;
  return true;
}

}  // namespace allot::inline v0_1::json::detail
