#include "allot/io/null_writer.hpp"

namespace allot::inline v0_1::io {

namespace {

class NullWriter : public PinnedWriter<NullWriter> {
 public:
  NullWriter() noexcept : PinnedWriter(nullptr, 0) {}
  IoResult<void> raw_drain(std::string_view&) noexcept { return {}; }
  IoResult<void> raw_flush() noexcept { return {}; }
};

}  // namespace

Writer null_writer() noexcept {
  static NullWriter instance;
  return instance.writer();
}

}  // namespace allot::inline v0_1::io
