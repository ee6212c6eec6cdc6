#include "allot/base/error_scope.hpp"

#include <exception>

#include "allot/base/contract.hpp"

namespace allot::inline v0_1::detail {

namespace {

constinit thread_local ErrorScopeEntry* top [[gnu::tls_model("initial-exec")]] = nullptr;

}  // namespace

ErrorScopeEntry::ErrorScopeEntry(bool first_of_its_call) noexcept
    : below_(top), exceptions_in_flight_(std::uncaught_exceptions()), first_of_its_call_(first_of_its_call) {
  top = this;
}

ErrorScopeEntry::~ErrorScopeEntry() {
  ALLOT_CHECK(top == this, "ERRDEFER ended on another stack or thread than it began on");
  top = below_;
}

bool ErrorScopeEntry::leaving_with_error() const noexcept {
  // Asked without exceptions too: this file may be built without them and its caller with them.
  return armed_ || std::uncaught_exceptions() > exceptions_in_flight_;
}

void ErrorScopeEntry::arm_current_call() noexcept {
  for (ErrorScopeEntry* entry = top; entry != nullptr; entry = entry->below_) {
    entry->armed_ = true;
    if (entry->first_of_its_call_) return;
  }
}

}  // namespace allot::inline v0_1::detail
