#include "allot/sys/fault_hook.hpp"

#include <signal.h>

#include <atomic>

namespace allot::inline v0_1::sys {

namespace {

constinit std::atomic<void (*)(const void*) noexcept> explain{nullptr};

/// Returns into the fault, which then ends the program with the default action.
void handle(int signal, siginfo_t* info, void*) {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  if (auto* function = explain.load(std::memory_order_acquire)) function(info->si_addr);
}

}  // namespace

void on_memory_fault(void (*function)(const void* address) noexcept) noexcept {
  explain.store(function, std::memory_order_release);
  struct sigaction action{};
  action.sa_sigaction = &handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigaction(SIGSEGV, &action, nullptr);
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace allot::inline v0_1::sys
