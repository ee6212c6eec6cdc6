#include "allot/sys/mappings.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace allot::inline v0_1::sys {

namespace {

/// Hands out a file line by line from a buffer of its own.
class LineReader {
 public:
  explicit LineReader(const char* path) noexcept : file_(::open(path, O_RDONLY | O_CLOEXEC)) {}
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  ~LineReader() {
    if (file_ >= 0) ::close(file_);
  }

  [[nodiscard]] bool is_open() const noexcept { return file_ >= 0; }

  /// False at the end. Lines longer than the buffer come in pieces.
  bool next(std::string_view& line) noexcept {
    while (true) {
      const std::string_view rest(buffer_ + begin_, end_ - begin_);
      const std::size_t length = rest.find('\n');
      if (length != std::string_view::npos) {
        line = rest.substr(0, length);
        begin_ += length + 1;
        return true;
      }
      if (!refill()) return false;
    }
  }

 private:
  bool refill() noexcept {
    std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (end_ == sizeof buffer_) end_ = 0;
    ssize_t size = 0;
    do {
      size = ::read(file_, buffer_ + end_, sizeof buffer_ - end_);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) return false;
    end_ += static_cast<std::size_t>(size);
    return true;
  }

  int file_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  char buffer_[8192];
};

std::uintptr_t take_hexadecimal(std::string_view& text) noexcept {
  std::uintptr_t value = 0;
  std::size_t length = 0;
  for (; length < text.size(); ++length) {
    const char c = text[length];
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<std::uintptr_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value * 16 + static_cast<std::uintptr_t>(c - 'a' + 10);
    } else {
      break;
    }
  }
  text.remove_prefix(length);
  return value;
}

/// As in "7f00-7f10 rw-p 0000 08:01 1234   /usr/lib/x.so".
bool parse_mapping(std::string_view line, Mapping& mapping) noexcept {
  mapping.begin = take_hexadecimal(line);
  if (line.empty() || line.front() != '-') return false;
  line.remove_prefix(1);
  mapping.end = take_hexadecimal(line);
  if (line.size() < 5) return false;
  mapping.readable = line[1] == 'r';
  mapping.writable = line[2] == 'w';
  mapping.shared = line[4] == 's';
  std::size_t at = 5;
  for (int field = 0; field < 3; ++field) {
    at = line.find(' ', line.find_first_not_of(' ', at));
    if (at == std::string_view::npos) break;
  }
  const std::size_t name = at == std::string_view::npos ? at : line.find_first_not_of(' ', at);
  mapping.name = name == std::string_view::npos ? std::string_view() : line.substr(name);
  return true;
}

std::span<const unsigned char> build_id_in(const char* notes, std::size_t size) noexcept {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes, sizeof head);
    const std::size_t name = sizeof head;
    const std::size_t content = name + ((head.n_namesz + 3U) & ~3U);
    const std::size_t total = content + ((head.n_descsz + 3U) & ~3U);
    if (total > size) break;
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && std::memcmp(notes + name, "GNU", 4) == 0) {
      return {reinterpret_cast<const unsigned char*>(notes + content), head.n_descsz};
    }
    notes += total;
    size -= total;
  }
  return {};
}

struct ModuleVisit {
  void* context;
  void (*visit)(void*, const LoadedModule&) noexcept;
  std::string_view program;
};

int visit_module(dl_phdr_info* info, std::size_t, void* argument) noexcept {
  const ModuleVisit& visit = *static_cast<ModuleVisit*>(argument);
  LoadedModule module{UINTPTR_MAX, 0, info->dlpi_addr, info->dlpi_name, {}};
  if (module.path.empty()) module.path = visit.program;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
    if (part.p_type == PT_LOAD) {
      if (begin < module.begin) module.begin = begin;
      if (begin + part.p_memsz > module.end) module.end = begin + part.p_memsz;
    } else if (part.p_type == PT_NOTE && module.build_id.empty()) {
      module.build_id = build_id_in(reinterpret_cast<const char*>(begin), part.p_memsz);
    }
  }
  if (module.begin < module.end) visit.visit(visit.context, module);
  return 0;
}

}  // namespace

bool for_each_mapping(void* context, void (*visit)(void*, const Mapping&) noexcept) noexcept {
  LineReader lines("/proc/self/maps");
  if (!lines.is_open()) return false;
  std::string_view line;
  while (lines.next(line)) {
    Mapping mapping{};
    if (parse_mapping(line, mapping)) visit(context, mapping);
  }
  return true;
}

void for_each_module(void* context, void (*visit)(void*, const LoadedModule&) noexcept) noexcept {
  char path[4096];
  ModuleVisit state{context, visit, program_path(path)};
  ::dl_iterate_phdr(&visit_module, &state);
}

std::uint64_t module_changes() noexcept {
  std::uint64_t changes = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* result) noexcept {
        *static_cast<std::uint64_t*>(result) = info->dlpi_adds + info->dlpi_subs;
        return 1;
      },
      &changes);
  return changes;
}

namespace {

constexpr std::uint64_t present_or_swapped = std::uint64_t{3} << 62;

/// Reads the kernel's word about each page from `first_page` on; how many it got.
std::size_t read_page_words(int file, std::uintptr_t first_page, std::span<std::uint64_t> words) noexcept {
  const ssize_t size =
      ::pread(file, words.data(), words.size_bytes(), static_cast<off_t>(first_page * sizeof(std::uint64_t)));
  return size > 0 ? static_cast<std::size_t>(size) / sizeof(std::uint64_t) : 0;
}

}  // namespace

ResidentPages::ResidentPages() noexcept : file_(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {}

ResidentPages::~ResidentPages() {
  if (file_ >= 0) ::close(file_);
}

void ResidentPages::for_each_range(std::uintptr_t begin, std::uintptr_t end, void* context,
                                   void (*visit)(void*, std::uintptr_t, std::uintptr_t) noexcept) const noexcept {
  if (file_ < 0) return visit(context, begin, end);
  const std::uintptr_t page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::uint64_t words[512];
  std::uintptr_t resident = 0;  // begin of the stretch found last, or 0
  for (std::uintptr_t at = begin; at < end;) {
    const std::size_t left = (end - at) / page;
    const std::size_t got = read_page_words(file_, at / page, {words, left < 512 ? left : 512});
    if (got == 0) {
      if (resident == 0) resident = at;
      break;
    }
    for (std::size_t i = 0; i < got; ++i, at += page) {
      const bool here = (words[i] & present_or_swapped) != 0;
      if (here && resident == 0) resident = at;
      if (!here && resident != 0) {
        visit(context, resident, at);
        resident = 0;
      }
    }
  }
  if (resident != 0) visit(context, resident, end);
}

std::string_view program_path(std::span<char> buffer) noexcept {
  const ssize_t size = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
  return size > 0 ? std::string_view(buffer.data(), static_cast<std::size_t>(size)) : std::string_view();
}

}  // namespace allot::inline v0_1::sys
