/// The functions that ours stand in front of: found behind us by the loader, once each.
///
/// All of them before the program runs (`find_real_functions`): a look-up later would take back what the program has
/// not yet asked dlerror for, and free what it has.
#pragma once

#include <atomic>

#include "allot/base/config.hpp"

// The C library's declarations carry attributes that a function type as template argument cannot.
#pragma GCC diagnostic ignored "-Wignored-attributes"

namespace allot::inline v0_1::preload {

/// A name and its address. Constant-initialised.
class RealSymbol {
 public:
  explicit constexpr RealSymbol(const char* name) noexcept : name_(name) {}
  RealSymbol(const RealSymbol&) = delete;
  RealSymbol& operator=(const RealSymbol&) = delete;

  /// Null when nobody has it. The loader is asked only as long as it is not known.
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* address() noexcept {
    void* known = address_.load(std::memory_order_relaxed);
    return known != nullptr ? known : find();
  }
  void* find() noexcept;

 private:
  const char* name_;
  std::atomic<void*> address_{nullptr};
};

/// A function of the libraries behind this one.
template <class Function>
class RealFunction : public RealSymbol {
 public:
  using RealSymbol::RealSymbol;

  [[nodiscard]] Function* get() noexcept { return reinterpret_cast<Function*>(address()); }

  template <class... Args>
  auto operator()(Args... args) noexcept(noexcept((*static_cast<Function*>(nullptr))(args...))) {
    return get()(args...);
  }
};

/// Looks up all functions that are not known yet.
void find_real_functions() noexcept;

}  // namespace allot::inline v0_1::preload

/// Before each RealFunction: where `find_real_functions` looks for them.
#define ALLOT_REAL_FUNCTION [[gnu::used, gnu::section("allot_real_functions")]] constinit

/// The real function of the same name and type.
#define ALLOT_REAL(function) \
  ALLOT_REAL_FUNCTION ::allot::preload::RealFunction<decltype(::function)> real_##function(#function)
