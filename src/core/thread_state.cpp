#include "allot/core/thread_state.hpp"

namespace allot::inline v0_1::detail::fast {

[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadState thread_state;

}  // namespace allot::inline v0_1::detail::fast
