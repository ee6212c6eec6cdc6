#include "misuse.hpp"

#include <cstdlib>

#include "allot/core/sink.hpp"

namespace allot::inline v0_1::detail::fast {

void misuse(const char* what, const void* address) noexcept {
  char text[160];
  BufferSink buffer(text, sizeof text);
  buffer.sink().text("allot: ").text(what).text(": ").address(address).newline();
  error_sink().text(buffer.view());
  std::abort();
}

}  // namespace allot::inline v0_1::detail::fast
