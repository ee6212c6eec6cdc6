/// WriteStream: writes JSON piece by piece, and keeps it well formed.
///
///     json::WriteStream json(out, {.whitespace = json::Whitespace::indent_2});
///     ALLOT_TRY_VOID(json.begin_object());
///     ALLOT_TRY_VOID(json.field("count", 3));
///     ALLOT_TRY_VOID(json.object_field("items"));
///     ALLOT_TRY_VOID(json.write(items));
///     ALLOT_TRY_VOID(json.end_object());
///     ALLOT_TRY_VOID(json.finish());
///
/// Commas, colons and indentation are its business. A call that would break the grammar (a value where a key belongs,
/// an end that matches no begin, a second document) stops the program: that is a mistake in the calling code, never in
/// its data. Nesting deeper than the limit is the error limit_exceeded. After the first error every call returns it.
/// Allocates nothing; about 150 bytes. Threads: not safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/json/emitter.hpp"
#include "allot/json/options.hpp"

namespace allot::inline v0_1::json {

class WriteStream {
 public:
  /// `out` is held, not owned. `depth`: how many levels the document is nested in already (for indentation).
  explicit WriteStream(io::Writer out, const StringifyOptions& options = {}, std::uint32_t depth = 0) noexcept
      : emitter_(out, options, depth) {}
  WriteStream(const WriteStream&) = delete;
  WriteStream& operator=(const WriteStream&) = delete;

  IoResult<void> begin_object() noexcept { return begin(true); }
  IoResult<void> end_object() noexcept { return end(true); }
  IoResult<void> begin_array() noexcept { return begin(false); }
  IoResult<void> end_array() noexcept { return end(false); }

  /// The key of the value that follows.
  IoResult<void> object_field(std::string_view name) noexcept;

  /// A value of any kind that `stringify` takes (json/stringify.hpp).
  template <class T>
  IoResult<void> write(const T& value);

  /// A key and its value.
  template <class T>
  IoResult<void> field(std::string_view name, const T& value);

  /// A value that is JSON text already. It is not checked.
  IoResult<void> write_raw(std::string_view json) noexcept;

  /// Whether exactly one document has been written, to its end.
  [[nodiscard]] bool is_complete() const noexcept { return levels_ == 0 && wrote_value_; }

  /// Says that the document is complete (checked). Returns the first error of all calls. Does not flush.
  IoResult<void> finish() noexcept;

  [[nodiscard]] const StringifyOptions& options() const noexcept { return emitter_.options(); }

 private:
  IoResult<void> begin(bool object) noexcept;
  IoResult<void> end(bool object) noexcept;
  void before_value() noexcept;
  void after_value() noexcept { wrote_value_ = true; }
  [[nodiscard]] bool in_object() const noexcept {
    return levels_ != 0 && (object_levels_[(levels_ - 1) / 64] >> ((levels_ - 1) % 64) & 1) != 0;
  }

  detail::Emitter emitter_;
  std::uint32_t levels_ = 0;
  bool wrote_value_ = false;  ///< on this level
  bool key_pending_ = false;
  std::uint64_t object_levels_[detail::deepest_nesting / 64] = {};  ///< bit n: level n is an object
};

}  // namespace allot::inline v0_1::json
