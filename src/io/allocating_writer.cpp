#include "allot/io/allocating_writer.hpp"

#include "allot/base/checked_math.hpp"
#include "allot/base/try.hpp"

namespace allot::inline v0_1::io {

void AllocatingWriter::deinit() noexcept {
  if (owned_) allocator_.free(std::span<char>(begin, limit));
  owned_ = failed_ = false;
  begin = position = limit = nullptr;
}

bool AllocatingWriter::grow_to(std::size_t new_capacity) noexcept {
  const std::string_view kept = buffered();
  std::span<char> grown;
  if (owned_) {
    if (auto moved = allocator_.remap(std::span<char>(begin, limit), new_capacity)) {
      grown = *moved;
    }
  }
  if (grown.empty()) {
    Result<std::span<char>> fresh = allocator_.alloc<char>(new_capacity);
    if (!fresh.has_value()) return false;
    grown = *fresh;
    if (!kept.empty()) std::memcpy(grown.data(), kept.data(), kept.size());
    if (owned_) allocator_.free(std::span<char>(begin, limit));
  }
  owned_ = true;
  begin = grown.data();
  position = begin + kept.size();
  limit = begin + grown.size();
  return true;
}

IoResult<void> AllocatingWriter::reserve(std::size_t count) noexcept {
  constexpr std::size_t smallest = 64;
  if (count <= room()) return {};
  std::size_t needed = 0;
  std::size_t generous = 0;
  if (!checked_add(buffered().size(), count, needed)) ALLOT_FAIL(IoErrorKind::out_of_memory);
  if (!checked_add(capacity(), capacity() / 2 + smallest, generous)) generous = needed;
  if (generous > needed && grow_to(generous)) return {};
  if (!grow_to(needed)) ALLOT_FAIL(IoErrorKind::out_of_memory);
  return {};
}

IoResult<void> AllocatingWriter::raw_drain(std::string_view& data) noexcept {
  const IoResult<void> reserved = reserve(data.size());
  failed_ |= !reserved.has_value();
  ALLOT_TRY_VOID(reserved);
  append(data);
  return {};
}

Result<std::span<char>> AllocatingWriter::to_owned_slice() noexcept {
  const std::size_t size = buffered().size();
  std::span<char> slice;
  if (owned_) {
    slice = ALLOT_TRY_EXPR(allocator_.realloc(std::span<char>(begin, limit), size));
  } else {
    slice = ALLOT_TRY_EXPR(allocator_.dupe(buffered()));
  }
  owned_ = false;
  begin = position = limit = nullptr;
  return slice;
}

Result<ZString> AllocatingWriter::to_owned_slice_z() noexcept {
  const std::size_t size = buffered().size();
  if (!reserve(1).has_value()) ALLOT_FAIL(AllocError::out_of_memory);
  *position++ = '\0';
  Result<std::span<char>> slice = to_owned_slice();
  if (!slice.has_value()) {
    --position;
    ALLOT_FAIL(slice.error());
  }
  return ZString(slice->data(), size);
}

}  // namespace allot::inline v0_1::io
