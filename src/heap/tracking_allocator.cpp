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
  while (has_namesake(parent.first_branch_, namesake_)) ++namesake_;
  TrackingAllocator** link = &parent.first_branch_;
  while (*link != nullptr) link = &(*link)->next_branch_;
  *link = this;
}

/// Whether one of the branches from `oldest` on has this one's name and `number`.
bool TrackingAllocator::has_namesake(const TrackingAllocator* oldest, std::uint32_t number) const noexcept {
  for (const TrackingAllocator* branch = oldest; branch != nullptr; branch = branch->next_branch_) {
    if (branch->namesake_ == number && branch->name_ == name_) return true;
  }
  return false;
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
  peak_bytes_.store(0, MemoryOrder::relaxed);
  peak_blocks_.store(0, MemoryOrder::relaxed);
  raise_to(peak_bytes_, read(live_bytes_));
  raise_to(peak_blocks_, read(live_blocks_));
}

// --- output ---

namespace {

struct Column {
  const char* title;   // of the table
  std::size_t width;   // of the table
  const char* key;     // of JSON
  const char* metric;  // of Prometheus: counters end in _total
  const char* kind;    // Prometheus' type
  const char* help;    // Prometheus' explanation
  std::uint64_t TrackingStatistics::* value;
};

using Numbers = TrackingStatistics;

constexpr Column columns[] = {
    {"live bytes", 14, "live_bytes", "allot_live_bytes", "gauge", "Bytes allocated and not yet freed.",
     &Numbers::live_bytes},
    {"peak bytes", 14, "peak_bytes", "allot_peak_bytes", "gauge", "The most bytes that were live at once.",
     &Numbers::peak_bytes},
    {"total bytes", 16, "total_bytes", "allot_allocated_bytes_total", "counter", "Bytes ever allocated.",
     &Numbers::total_bytes},
    {"live", 10, "live_blocks", "allot_live_blocks", "gauge", "Blocks allocated and not yet freed.",
     &Numbers::live_blocks},
    {"peak", 10, "peak_blocks", "allot_peak_blocks", "gauge", "The most blocks that were live at once.",
     &Numbers::peak_blocks},
    {"total", 12, "total_blocks", "allot_allocated_blocks_total", "counter", "Blocks ever allocated.",
     &Numbers::total_blocks},
    {"resizes", 10, "resizes", "allot_resizes_total", "counter", "Blocks resized in place or moved.",
     &Numbers::resizes},
    {"refused", 10, "refused_resizes", "allot_refused_resizes_total", "counter",
     "Resizes the allocator below could not do.", &Numbers::refused_resizes},
    {"failed", 8, "failures", "allot_allocation_failures_total", "counter", "Allocations that were out of memory.",
     &Numbers::failures},
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
  if (namesake_ > 1) sink.character('#').number(namesake_);
}

/// The lines of one metric stand together, as the format wants.
void TrackingAllocator::write_prometheus(const Sink& sink) const noexcept {
  for (const Column& column : columns) {
    sink.text("# HELP ").text(column.metric).character(' ').text(column.help).newline();
    sink.text("# TYPE ").text(column.metric).character(' ').text(column.kind).newline();
    for_each([&](const TrackingAllocator& tracker, unsigned) {
      sink.text(column.metric).text("{allocator=\"");
      tracker.write_path(sink);
      sink.text("\"} ").number(tracker.statistics().*column.value).newline();
    });
  }
}

}  // namespace allot::inline v0_1
