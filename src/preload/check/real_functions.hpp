/// The functions that ours stand in front of: found behind us by the loader, once each.
#pragma once

#include <dlfcn.h>

#include <atomic>

#include "allot/base/config.hpp"

// The C library's declarations carry attributes that a function type as template argument cannot.
#pragma GCC diagnostic ignored "-Wignored-attributes"

namespace allot::inline v0_1::preload {

/// A function of the libraries behind this one. Constant-initialised; the first call looks it up.
template <class Function>
class RealFunction {
 public:
  explicit constexpr RealFunction(const char* name) noexcept : name_(name) {}
  RealFunction(const RealFunction&) = delete;
  RealFunction& operator=(const RealFunction&) = delete;

  /// Null when nobody has it.
  [[nodiscard]] Function* get() noexcept {
    Function* known = function_.load(std::memory_order_relaxed);
    if (known == nullptr) [[unlikely]] {
      known = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name_));
      function_.store(known, std::memory_order_relaxed);
    }
    return known;
  }

  template <class... Args>
  auto operator()(Args... args) noexcept(noexcept((*static_cast<Function*>(nullptr))(args...))) {
    return get()(args...);
  }

 private:
  const char* name_;
  std::atomic<Function*> function_{nullptr};
};

}  // namespace allot::inline v0_1::preload

/// The real function of the same name and type.
#define ALLOT_REAL(function) constinit ::allot::preload::RealFunction<decltype(::function)> real_##function(#function)
