/// The stack of code that a deadly signal interrupted, as far as it can be told: a stack that was written over, and a
/// call of what is no code, end the usual walk in a fault of the unwinder's own.
///
/// For one thread at a time, in the handler of the signal; the handler says when it is run again.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "allot/runtime/checked_malloc.hpp"

namespace allot::inline v0_1::preload {

class CrashStack {
 public:
  explicit CrashStack(const ucontext_t& context) noexcept;
  CrashStack(const CrashStack&) = delete;
  CrashStack& operator=(const CrashStack&) = delete;

  /// The interrupted code as a caller. Valid while this lives.
  [[nodiscard]] runtime::Caller caller(std::string_view name) const noexcept;

  /// Ends the walk if it is this thread's walk that caused the signal being handled: then it does not return.
  static void faulted() noexcept;

 private:
  static constexpr std::size_t most_frames = 48;

  void add(std::uintptr_t code) noexcept;

  /// As frame pointers chain them: where the next record is, and a return address.
  std::uintptr_t records_[most_frames][2];
  std::size_t count_ = 0;
};

}  // namespace allot::inline v0_1::preload
