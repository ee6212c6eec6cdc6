/// The text's IntList: a dynamic array of integers, with its mistake and without.
#pragma once

#include <allot/allot.hpp>
#include <allot/macros.hpp>
#include <cstring>

/// `Forgetful` lists lose their old block each time they grow: the mistake the text asks its reader to find.
template <bool Forgetful>
struct IntList {
  std::size_t pos;
  std::span<std::int64_t> items;
  allot::Allocator allocator;

  static allot::Result<IntList> init(allot::Allocator allocator) {
    auto items = TRY(allocator.alloc<std::int64_t>(4));
    return IntList{0, items, allocator};
  }

  void deinit() { allocator.free(items); }

  allot::Result<void> add(std::int64_t value) {
    if (pos == items.size()) {
      auto larger = TRY(allocator.alloc<std::int64_t>(items.size() * 2));
      std::memcpy(larger.data(), items.data(), items.size_bytes());
      if constexpr (!Forgetful) allocator.free(items);
      items = larger;
    }
    items[pos++] = value;
    return {};
  }
};
