#include "signals.hpp"

#include <atomic>
#include <cstdint>

#include "entry.hpp"
#include "real_functions.hpp"

namespace allot::inline v0_1::preload {

namespace {

ALLOT_REAL(sigaction);

constexpr int most_signals = 65;

constinit struct sigaction program_actions[most_signals] = {};
constinit std::atomic<std::uint64_t> shared{0};  // bit signal - 1

bool is_shared(int signal) noexcept {
  return signal > 0 && signal < most_signals && (shared.load(std::memory_order_acquire) >> (signal - 1) & 1U) != 0;
}

}  // namespace

void share_signal(int signal, SignalHandler ours, int flags) noexcept {
  struct sigaction action{};
  action.sa_sigaction = ours;
  action.sa_flags = flags | SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  if (real_sigaction(signal, &action, &program_actions[signal]) != 0) return;
  shared.fetch_or(std::uint64_t{1} << (signal - 1), std::memory_order_release);
}

const struct sigaction& program_action(int signal) noexcept {
  return program_actions[signal];
}

bool run_program_handler(int signal, siginfo_t* info, void* context) noexcept {
  const struct sigaction action = program_actions[signal];
  if ((action.sa_flags & static_cast<int>(SA_RESETHAND)) != 0) program_actions[signal] = {};
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
    return true;
  }
  if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) return false;
  action.sa_handler(signal);
  return true;
}

void restore_default(int signal) noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  real_sigaction(signal, &action, nullptr);
}

}  // namespace allot::inline v0_1::preload

using namespace allot::preload;

ALLOT_EXPORT int sigaction(int signal, const struct sigaction* action, struct sigaction* old) noexcept {
  if (!is_shared(signal)) return real_sigaction(signal, action, old);
  const struct sigaction kept = program_actions[signal];
  if (action != nullptr) program_actions[signal] = *action;
  if (old != nullptr) *old = kept;
  return 0;
}

ALLOT_EXPORT sighandler_t signal(int signal, sighandler_t handler) noexcept {
  struct sigaction action{};
  struct sigaction old{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  if (sigaction(signal, &action, &old) != 0) return SIG_ERR;
  return old.sa_handler;
}
