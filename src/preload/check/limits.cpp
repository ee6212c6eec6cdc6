// A program that limits its own address space does not mean the checker's.
#include <sys/resource.h>

#include <cstdint>

#include "entry.hpp"
#include "life.hpp"
#include "real_functions.hpp"

namespace allot::inline v0_1::preload {

namespace {

ALLOT_REAL(setrlimit);

/// What the checker keeps beside the program's blocks: the record, and descriptors of slabs and blocks.
constexpr rlim_t descriptors = rlim_t{96} << 20;

rlim_t with_room_for_us(rlim_t limit) noexcept {
  const rlim_t ours = runtime::checked_malloc::record().size() + descriptors;
  return limit < RLIM_INFINITY - ours ? limit + ours : limit;
}

int set_limit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  if (resource != RLIMIT_AS || limit == nullptr || !ready()) return real_setrlimit(resource, limit);
  const rlimit raised{with_room_for_us(limit->rlim_cur), with_room_for_us(limit->rlim_max)};
  if (real_setrlimit(resource, &raised) == 0) return 0;
  return real_setrlimit(resource, limit);  // only what was allowed before may be asked for
}

}  // namespace
}  // namespace allot::inline v0_1::preload

using namespace allot::preload;

ALLOT_EXPORT int setrlimit(__rlimit_resource_t resource, const struct rlimit* limit) noexcept {
  return set_limit(resource, limit);
}
ALLOT_EXPORT int setrlimit64(__rlimit_resource_t resource, const struct rlimit64* limit) noexcept {
  static_assert(sizeof(rlimit64) == sizeof(rlimit), "both have 64 bits");
  return set_limit(resource, reinterpret_cast<const rlimit*>(limit));
}
