/// LoggingAllocator: writes a line for each call that reaches an allocator.
///
///     LoggingAllocator logged(child, error_sink(), "parser");
///
///     parser: alloc 24 bytes, alignment 8: 0x7f3c10
///     parser: resize 0x7f3c10 from 24 to 48 bytes: refused
///
/// Cost: some formatting and one call of the sink a line; no memory. When not to use it: to count (TrackingAllocator).
/// Threads: as the child and the sink. A line goes to the sink in one piece; a free is logged before it happens, so
/// that a block handed out again at once appears after it.
#pragma once

#include <cstddef>
#include <string_view>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/sink.hpp"

namespace allot::inline v0_1 {

class LoggingAllocator : public PinnedAllocator<LoggingAllocator> {
 public:
  /// `child`, the context of `sink` and the characters of `name` are held, not owned. Lines begin with the name
  /// (its first 100 characters).
  explicit LoggingAllocator(Allocator child, Sink sink = error_sink(), std::string_view name = "allocator") noexcept
      : child_(child), sink_(sink), name_(name) {}

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept;
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept;

 private:
  void log_change(const char* verb, const void* memory, std::size_t size, std::size_t new_size,
                  const void* result) noexcept;

  Allocator child_;
  Sink sink_;
  std::string_view name_;
};

}  // namespace allot::inline v0_1
