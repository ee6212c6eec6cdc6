#include "allot/sys/processor.hpp"

#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#endif

namespace allot::inline v0_1::sys {

#if defined(CPU_FEATURE_ACTIVE)

bool has_avx2() noexcept {
  return CPU_FEATURE_ACTIVE(AVX2);
}
bool has_avx512f() noexcept {
  return CPU_FEATURE_ACTIVE(AVX512F);
}

#else

bool has_avx2() noexcept {
  return false;
}
bool has_avx512f() noexcept {
  return false;
}

#endif

}  // namespace allot::inline v0_1::sys
