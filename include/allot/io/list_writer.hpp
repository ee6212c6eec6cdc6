/// io::writer(list): writes to the end of a list of `char`.
///
///     ArrayList<char> list(allocator);
///     auto out = io::writer(list);
///     ALLOT_TRY_VOID(json::stringify(value, {}, out.writer()));
///
/// Each write is one append, by an indirect call, and the list is complete after each; nothing needs a flush. Error:
/// out_of_memory, and nothing of that piece is appended. When not to use it: to make a text of its own, where
/// AllocatingWriter writes inline.
/// Threads: not safe.
#pragma once

#include <concepts>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/base/try.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

/// Lists that append slices of `char` and can fail: ArrayList<char> and its kin.
template <class List>
concept CharList = requires(List& list, std::span<const char> text) {
  { list.append_slice(text).has_value() } -> std::same_as<bool>;
};

template <CharList List>
class ListWriter : public PinnedWriter<ListWriter<List>> {
 public:
  /// `list` is held, not owned.
  explicit ListWriter(List& list) noexcept : PinnedWriter<ListWriter<List>>(nullptr, 0), list_(&list) {}

  IoResult<void> raw_drain(std::string_view& data) noexcept {
    ALLOT_TRY_VOID(list_->append_slice(std::span<const char>(data)));
    return {};
  }
  IoResult<void> raw_flush() noexcept { return {}; }

 private:
  List* list_;
};

template <CharList List>
[[nodiscard]] ListWriter<List> writer(List& list) noexcept {
  return ListWriter<List>(list);
}

}  // namespace allot::inline v0_1::io
