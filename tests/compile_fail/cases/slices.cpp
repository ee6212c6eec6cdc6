#include "allot/core/slices.hpp"

#include <memory>

namespace allot {

using Good = AlignedSpan<int, 64>;
std::span<int> good(Good slice) { return slice; }

#if ALLOT_CASE == 1  // an aligned slice aligned less than its elements: "a power of two, at least that of its elements"
AlignedSpan<long, 4> bad;
#endif

#if ALLOT_CASE == 2  // an alignment that is no power of two: "a power of two, at least that of its elements"
AlignedSpan<int, 24> bad;
#endif

#if ALLOT_CASE == 3  // writing through a read-only sentinel slice: "read-only" "const-qualified"
void bad(SentinelSpan<const char> text) { text[0] = 'x'; }
#endif

#if ALLOT_CASE == 4  // dropping const: "could not convert" "no viable conversion"
SentinelSpan<char> bad(SentinelSpan<const char> text) { return text; }
#endif

}  // namespace allot
