/// Thread: runs a function on a thread of its own, without the heap of std::thread's state.
///
/// The kernel and the C library keep a stack and a control block a thread (mapped pages; the first thread-local of a
/// shared library may cost the C library a small heap block).
/// Threads: an object of this class belongs to one thread at a time.
#pragma once

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

class Thread {
 public:
  using Function = void (*)(void* context) noexcept;

  Thread() noexcept = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  /// Waits for the function to end, if one runs.
  ~Thread() { join(); }

  /// Runs `function(context)`; `context` is held, not owned, and must live until `join`. The object must not be running
  /// already (checked). Signals from outside are blocked on the new thread: they go to the program's own
  /// threads. 0 or an errno value.
  [[nodiscard]] int start(Function function, void* context) noexcept;

  /// Waits until the function has returned. Does nothing when none was started.
  void join() noexcept;

  [[nodiscard]] bool running() const noexcept { return running_; }

 private:
  static void* enter(void* self) noexcept;

  Function function_ = nullptr;
  void* context_ = nullptr;
  unsigned long handle_ = 0;
  bool running_ = false;
};

}  // namespace allot::inline v0_1::sys
