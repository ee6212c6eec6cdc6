#include "allot/heap/logging_allocator.hpp"

namespace allot::inline v0_1 {

namespace {

/// What of a name fits into a line beside the longest message.
constexpr std::size_t longest_name = 100;

/// Collects a line and hands it on whole.
class Line {
 public:
  Line(const Sink& destination, std::string_view name) noexcept : destination_(destination) {
    sink().text(name.substr(0, longest_name)).text(": ");
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    sink().newline();
    destination_.text(buffer_.view());
  }
  [[nodiscard]] Sink sink() noexcept { return buffer_.sink(); }

 private:
  const Sink& destination_;
  char text_[256];
  BufferSink buffer_{text_, sizeof(text_)};
};

}  // namespace

void* LoggingAllocator::raw_alloc(std::size_t size, Alignment alignment) noexcept {
  void* memory = child_.raw_alloc(size, alignment);
  Line line(sink_, name_);
  line.sink().text("alloc ").number(size).text(" bytes, alignment ").number(alignment.bytes()).text(": ");
  if (memory == nullptr) {
    line.sink().text("out of memory");
  } else {
    line.sink().address(memory);
  }
  return memory;
}

void LoggingAllocator::log_change(const char* verb, const void* memory, std::size_t size, std::size_t new_size,
                                  const void* result) noexcept {
  Line line(sink_, name_);
  line.sink().text(verb).address(memory).text(" from ").number(size).text(" to ").number(new_size).text(" bytes: ");
  if (result == nullptr) {
    line.sink().text("refused");
  } else if (result == memory) {
    line.sink().text("in place");
  } else {
    line.sink().text("moved to ").address(result);
  }
}

bool LoggingAllocator::raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  const bool resized = child_.raw_resize(memory, size, alignment, new_size);
  log_change("resize ", memory, size, new_size, resized ? memory : nullptr);
  return resized;
}

void* LoggingAllocator::raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  void* moved = child_.raw_remap(memory, size, alignment, new_size);
  log_change("remap ", memory, size, new_size, moved);
  return moved;
}

void LoggingAllocator::raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
  Line(sink_, name_).sink().text("free ").address(memory).text(", ").number(size).text(" bytes");
  child_.raw_free(memory, size, alignment);
}

}  // namespace allot::inline v0_1
