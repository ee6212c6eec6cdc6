#include "failures.hpp"

#include <atomic>

#include "failure_place.hpp"
#include "settings.hpp"

namespace allot::inline v0_1::preload {

namespace {

namespace checked_malloc = runtime::checked_malloc;

constinit std::atomic<std::uint64_t> calls{0};

/// The n-th number of a seeded sequence: the same failures each run.
std::uint64_t scrambled(std::uint64_t n, std::uint64_t seed) noexcept {
  std::uint64_t value = n + seed * 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

bool is_chosen(std::uint64_t call) noexcept {
  const Settings& wanted = settings();
  if (wanted.fail_nth == 0 && wanted.fail_one_in == 0) return true;  // each at the wanted place
  if (wanted.fail_nth != 0 && call == wanted.fail_nth) return true;
  return wanted.fail_one_in != 0 && scrambled(call, wanted.fail_seed) % wanted.fail_one_in == 0;
}

}  // namespace

bool decide_failure(std::size_t size, const runtime::Caller& caller) noexcept {
  if (settings().fail_at != nullptr && !is_at_place(caller, settings().fail_at)) return false;
  const std::uint64_t call = calls.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!is_chosen(call)) return false;
  runtime::ReportFields fields;
  fields.finding = runtime::Finding::injected_failure;
  fields.given_size = size;
  checked_malloc::report(fields, caller);
  return true;
}

}  // namespace allot::inline v0_1::preload
