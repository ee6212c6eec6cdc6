/// NoAllocScope: watches every call this thread makes to the global heap (malloc and its family, operator new, free),
/// to prove that a piece of code makes none, or to find out where it does.
///
///     const auto found = expect_no_hidden_allocation([&] { run(allocator); });
///     if (!found.ok()) found.write(error_sink());
///
///     NoAllocScope scope(OnHeapCall::stop);                    // the first call prints where it is and aborts
///
/// Link `allot::no_alloc`: it replaces malloc and its family in the whole program by functions that count and go on to
/// the C library. Under AddressSanitizer, ThreadSanitizer and MemorySanitizer the sanitizer's hooks are used instead
/// (ThreadSanitizer's miss aligned_alloc and the like). A program that uses the class without the target does not link.
/// Cost: a thread-local load a heap call; inside a scope the first calls take a trace, about a microsecond each.
/// The names stand in `allot`, not in `allot::testing`: tests of a namespace `allot` may go on saying testing::Test.
/// Threads: each has its own scopes; calls of other threads are not seen.
/// When not to use it: in production, and together with another library that replaces malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

class Sink;

/// One call. `function` is a literal: "malloc"; under a sanitizer "malloc family".
struct HeapCall {
  static constexpr std::size_t most_frames = 16;

  const char* function = "";
  std::size_t size = 0;  ///< bytes asked for; 0 of a free
  std::uintptr_t frames[most_frames] = {};
  std::size_t frame_count = 0;
};

/// What a scope saw. A plain value.
class HeapCalls {
 public:
  static constexpr std::size_t most_kept = 4;

  [[nodiscard]] bool ok() const noexcept { return calls() == 0; }
  /// Calls that asked for memory; a realloc is one.
  [[nodiscard]] std::size_t allocations() const noexcept { return allocations_; }
  /// Calls that gave memory back; free(nullptr) is none.
  [[nodiscard]] std::size_t frees() const noexcept { return frees_; }
  [[nodiscard]] std::size_t calls() const noexcept { return allocations_ + frees_; }
  /// The first calls.
  [[nodiscard]] std::span<const HeapCall> first() const noexcept {
    return {first_, calls() < most_kept ? calls() : most_kept};
  }
  /// How many calls there were, and the first ones with their source lines.
  void write(const Sink& sink) const noexcept;

 private:
  friend class NoAllocScope;
  std::size_t allocations_ = 0;
  std::size_t frees_ = 0;
  HeapCall first_[most_kept] = {};
};

enum class OnHeapCall : std::uint8_t {
  count,  ///< remember it and go on
  stop,   ///< print it with its source lines and abort
};

class NoAllocScope;

namespace detail {

struct HeapWatch {
  NoAllocScope* innermost = nullptr;
  int pauses = 0;
};
#if defined(__GNUC__)
[[gnu::tls_model("initial-exec")]]  // malloc itself reads it
#endif
inline constinit thread_local HeapWatch heap_watch{};

}  // namespace detail

/// Watches from its construction to its end. Scopes nest: each counts the calls made inside of it.
class NoAllocScope {
 public:
  explicit NoAllocScope(OnHeapCall on_call = OnHeapCall::count) noexcept;
  NoAllocScope(const NoAllocScope&) = delete;
  NoAllocScope& operator=(const NoAllocScope&) = delete;
  ~NoAllocScope();

  [[nodiscard]] const HeapCalls& found() const noexcept { return found_; }
  [[nodiscard]] std::size_t allocations() const noexcept { return found_.allocations(); }
  [[nodiscard]] std::size_t frees() const noexcept { return found_.frees(); }
  [[nodiscard]] std::size_t calls() const noexcept { return found_.calls(); }

  /// For the functions that stand in for malloc: a call happened.
  static void note(const HeapCall& call, bool gives_back) noexcept;

 private:
  void take(const HeapCall& call, bool gives_back) noexcept;

  OnHeapCall on_call_;
  NoAllocScope* outer_;
  HeapCalls found_{};
};

/// While one lives, this thread's heap calls are not seen: for code of the test itself. Needs this header only.
class NoAllocPause {
 public:
  NoAllocPause() noexcept { ++detail::heap_watch.pauses; }
  NoAllocPause(const NoAllocPause&) = delete;
  NoAllocPause& operator=(const NoAllocPause&) = delete;
  ~NoAllocPause() { --detail::heap_watch.pauses; }
};

/// Calls `function()` and says what it asked of the global heap.
template <class F>
[[nodiscard]] HeapCalls expect_no_hidden_allocation(F&& function) {
  const NoAllocScope scope;
  static_cast<F&&>(function)();
  return scope.found();
}

}  // namespace allot::inline v0_1
