#include "allot/heap/tracking_allocator.hpp"

#include "allot/base/contract.hpp"

namespace allot::inline v0_1 {

namespace {

void raise_to(Atomic<std::uint64_t>& peak, std::uint64_t value) noexcept {
  std::uint64_t seen = peak.load(MemoryOrder::relaxed);
  while (seen < value && !peak.compare_exchange(seen, value, MemoryOrder::relaxed, MemoryOrder::relaxed)) {
  }
}

std::uint64_t read(const Atomic<std::uint64_t>& counter) noexcept {
  return counter.load(MemoryOrder::relaxed);
}

}  // namespace

// --- the tree ---

TrackingAllocator::TrackingAllocator(TrackingAllocator& parent, std::string_view name) noexcept
    : child_(parent.allocator()), name_(name), parent_(&parent) {
  const sys::ScopedLock lock(parent.branches_mutex_);
  TrackingAllocator** link = &parent.first_branch_;
  while (*link != nullptr) link = &(*link)->next_branch_;
  *link = this;
}

TrackingAllocator::~TrackingAllocator() {
  ALLOT_CHECK(first_branch_ == nullptr, "a tracking allocator outlives its branches");
  if (parent_ == nullptr) return;
  const sys::ScopedLock lock(parent_->branches_mutex_);
  TrackingAllocator** link = &parent_->first_branch_;
  while (*link != this) link = &(*link)->next_branch_;
  *link = next_branch_;
}

void TrackingAllocator::for_each(unsigned depth, void* context, Visit visit) const {
  visit(context, *this, depth);
  const sys::ScopedLock lock(branches_mutex_);
  for (const TrackingAllocator* branch = first_branch_; branch != nullptr; branch = branch->next_branch_) {
    branch->for_each(depth + 1, context, visit);
  }
}

// --- counting ---

void TrackingAllocator::grow_live(std::size_t bytes) noexcept {
  raise_to(peak_bytes_, live_bytes_.fetch_add(bytes, MemoryOrder::relaxed) + bytes);
  total_bytes_.fetch_add(bytes, MemoryOrder::relaxed);
}

void TrackingAllocator::count_alloc(std::size_t size, bool succeeded) noexcept {
  if (!succeeded) {
    failures_.fetch_add(1, MemoryOrder::relaxed);
    return;
  }
  grow_live(size);
  raise_to(peak_blocks_, live_blocks_.fetch_add(1, MemoryOrder::relaxed) + 1);
  total_blocks_.fetch_add(1, MemoryOrder::relaxed);
}

void TrackingAllocator::count_resize(std::size_t size, std::size_t new_size, bool succeeded) noexcept {
  (succeeded ? resizes_ : refused_resizes_).fetch_add(1, MemoryOrder::relaxed);
  if (!succeeded) return;
  if (new_size > size) {
    grow_live(new_size - size);
  } else {
    live_bytes_.fetch_sub(size - new_size, MemoryOrder::relaxed);
  }
}

TrackingStatistics TrackingAllocator::statistics() const noexcept {
  return {.live_bytes = read(live_bytes_),
          .peak_bytes = read(peak_bytes_),
          .total_bytes = read(total_bytes_),
          .live_blocks = read(live_blocks_),
          .peak_blocks = read(peak_blocks_),
          .total_blocks = read(total_blocks_),
          .resizes = read(resizes_),
          .refused_resizes = read(refused_resizes_),
          .failures = read(failures_)};
}

void TrackingAllocator::restart_peak() noexcept {
  peak_bytes_.store(read(live_bytes_), MemoryOrder::relaxed);
  peak_blocks_.store(read(live_blocks_), MemoryOrder::relaxed);
}

// --- output ---

namespace {

struct Column {
  const char* title;  // of the table
  const char* key;    // of JSON and Prometheus
  const char* kind;   // Prometheus' type
  std::uint64_t TrackingStatistics::* value;
  std::size_t width;  // 0: not in the table
};

constexpr Column columns[] = {
    {"live bytes", "live_bytes", "gauge", &TrackingStatistics::live_bytes, 14},
    {"peak bytes", "peak_bytes", "gauge", &TrackingStatistics::peak_bytes, 14},
    {"total bytes", "total_bytes", "counter", &TrackingStatistics::total_bytes, 16},
    {"live", "live_blocks", "gauge", &TrackingStatistics::live_blocks, 10},
    {"peak", "peak_blocks", "gauge", &TrackingStatistics::peak_blocks, 10},
    {"total", "total_blocks", "counter", &TrackingStatistics::total_blocks, 12},
    {"resizes", "resizes", "counter", &TrackingStatistics::resizes, 10},
    {"refused", "refused_resizes", "counter", &TrackingStatistics::refused_resizes, 10},
    {"failed", "failures", "counter", &TrackingStatistics::failures, 8},
};
constexpr std::size_t name_width = 28;

void spaces(const Sink& sink, std::size_t count) noexcept {
  for (; count != 0; --count) sink.character(' ');
}

/// `text` at the right end of `width` columns, one space before it at least.
void right(const Sink& sink, std::string_view text, std::size_t width) noexcept {
  spaces(sink, text.size() < width ? width - text.size() : 1);
  sink.text(text);
}

void right(const Sink& sink, std::uint64_t number, std::size_t width) noexcept {
  char digits[24];
  BufferSink buffer(digits, sizeof(digits));
  buffer.sink().number(number);
  right(sink, buffer.view(), width);
}

/// Escapes what JSON strings must: quotes, backslashes, control characters.
void json_text(const Sink& sink, std::string_view text) noexcept {
  constexpr char digits[] = "0123456789abcdef";
  sink.character('"');
  for (const char piece : text) {
    const auto byte = static_cast<unsigned char>(piece);
    if (piece == '"' || piece == '\\') {
      sink.character('\\').character(piece);
    } else if (byte < 0x20) {
      sink.text("\\u00").character(digits[byte >> 4]).character(digits[byte & 15]);
    } else {
      sink.character(piece);
    }
  }
  sink.character('"');
}

/// Escapes what label values must: quotes, backslashes, line ends.
void label_text(const Sink& sink, std::string_view text) noexcept {
  for (const char piece : text) {
    if (piece == '\n') {
      sink.text("\\n");
    } else {
      if (piece == '"' || piece == '\\') sink.character('\\');
      sink.character(piece);
    }
  }
}

void print_row(const Sink& sink, std::string_view name, unsigned depth, const TrackingStatistics& numbers) noexcept {
  const std::size_t used = 2 * std::size_t{depth} + name.size();
  spaces(sink, 2 * std::size_t{depth});
  sink.text(name);
  spaces(sink, used < name_width ? name_width - used : 0);
  for (const Column& column : columns) right(sink, numbers.*column.value, column.width);
  sink.newline();
}

}  // namespace

void TrackingAllocator::print(const Sink& sink) const noexcept {
  sink.text("name");
  spaces(sink, name_width - 4);
  for (const Column& column : columns) right(sink, column.title, column.width);
  sink.newline();
  for_each([&sink](const TrackingAllocator& tracker, unsigned depth) {
    print_row(sink, tracker.name(), depth, tracker.statistics());
  });
}

void TrackingAllocator::write_json_members(const Sink& sink) const noexcept {
  const TrackingStatistics numbers = statistics();
  sink.text("\"name\": ");
  json_text(sink, name_);
  for (const Column& column : columns) sink.text(", \"").text(column.key).text("\": ").number(numbers.*column.value);
}

void TrackingAllocator::write_json(const Sink& sink) const noexcept {
  sink.character('{');
  write_json_members(sink);
  sink.text(", \"children\": [");
  {
    const sys::ScopedLock lock(branches_mutex_);
    for (const TrackingAllocator* branch = first_branch_; branch != nullptr; branch = branch->next_branch_) {
      if (branch != first_branch_) sink.text(", ");
      branch->write_json(sink);
    }
  }
  sink.text("]}");
}

/// The names from the root to here.
void TrackingAllocator::write_path(const Sink& sink) const noexcept {
  if (parent_ != nullptr) {
    parent_->write_path(sink);
    sink.character('/');
  }
  label_text(sink, name_);
}

void TrackingAllocator::write_prometheus(const Sink& sink) const noexcept {
  for (const Column& column : columns) {
    sink.text("# TYPE allot_").text(column.key).character(' ').text(column.kind).newline();
    for_each([&](const TrackingAllocator& tracker, unsigned) {
      sink.text("allot_").text(column.key).text("{allocator=\"");
      tracker.write_path(sink);
      sink.text("\"} ").number(tracker.statistics().*column.value).newline();
    });
  }
}

}  // namespace allot::inline v0_1
