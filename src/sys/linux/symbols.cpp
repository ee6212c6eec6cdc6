#include "allot/sys/symbols.hpp"

#include <unistd.h>

#include <cstring>

#include "allot/sys/files.hpp"
#include "allot/sys/mutex.hpp"
#include "hidden/backtrace.hpp"
#include "hidden/demangle.hpp"
#include "line_column.hpp"

namespace allot::inline v0_1::sys {

namespace {

/// Text that is cut off at the end of a fixed buffer.
struct NameBuffer {
  char text[2048] = {};
  std::size_t size = 0;

  static void append(const char* piece, std::size_t length, void* context) noexcept {
    NameBuffer& self = *static_cast<NameBuffer*>(context);
    const std::size_t room = sizeof self.text - self.size;
    const std::size_t taken = length < room ? length : room;
    std::memcpy(self.text + self.size, piece, taken);
    self.size += taken;
  }
};

constinit Mutex mutex;
constinit void* debug_info = nullptr;
constinit std::uint32_t debug_info_generation = 0;
constinit NameBuffer name;
constinit char position_memory[4096] = {};

/// Debug information that covers the modules of `module`'s time. What was loaded later than the last look needs a new
/// look; the old one cannot be given back.
void* debug_info_for(const Module& module) noexcept {
  if (debug_info == nullptr || module.loaded_in > debug_info_generation) {
    debug_info_generation = current_module_generation();
    debug_info = allot_hidden_open_debug_info();
  }
  return debug_info;
}

/// Cuts "(int, char const*) const" off the end of a function's name: the line says which overload it is.
std::string_view without_parameters(std::string_view function) noexcept {
  const std::size_t end = function.rfind(')');
  if (end == std::string_view::npos) return function;
  int depth = 0;
  for (std::size_t i = end + 1; i-- > 0;) {
    if (function[i] == ')') ++depth;
    if (function[i] == '(' && --depth == 0) return i == 0 ? function : function.substr(0, i);
  }
  return function;
}

/// Before DWARF 5's rules were settled, libbacktrace put the compilation directory before absolute names too: what
/// follows a double slash is the name.
std::string_view path_of(const char* file) noexcept {
  if (file == nullptr) return {};
  const std::string_view path = file;
  const std::size_t absolute = path.rfind("//");
  return absolute == std::string_view::npos ? path : path.substr(absolute + 1);
}

std::string_view readable(const char* function) noexcept {
  if (function == nullptr) return {};
  name.size = 0;
  if (!allot_hidden_demangle(function, &NameBuffer::append, &name)) return function;
  return without_parameters({name.text, name.size});
}

/// Passes symbols on one late: a symbol is inlined if another follows.
class SymbolQueue {
 public:
  SymbolQueue(std::uintptr_t address, const Module* module, void* context,
              void (*visit)(void*, const Symbol&) noexcept) noexcept
      : address_(address), module_(module), context_(context), visit_(visit) {}

  static void take(void* self, const char* file, int line, const char* function) noexcept {
    static_cast<SymbolQueue*>(self)->take(file, line, function);
  }

  /// The debug information names functions of unnamed namespaces and classes in them without their scope; the linker's
  /// name has it.
  void finish(const char* linker_name) noexcept {
    const bool scoped = linker_name != nullptr && linker_name[0] == '_' && linker_name[1] == 'Z';
    if (scoped || function_ == nullptr) function_ = linker_name;
    waiting_ |= linker_name != nullptr;
    if (line_ == 0 && module_ != nullptr) position_ = find_position(*module_, address_, position_memory);
    if (!waiting_) return visit_unknown();
    flush(false);
  }

  void visit_unknown() noexcept { visit_(context_, Symbol{address_, module_, {}, {}, 0, 0, false}); }

 private:
  void flush(bool inlined) noexcept {
    if (!waiting_) return;
    // The line table has the column of the innermost function only.
    const std::uint32_t line = position_.line != 0 ? position_.line : line_;
    const bool innermost = passed_on_++ == 0 && line != 0 && module_ != nullptr;
    const std::uint32_t column = innermost ? find_column(*module_, address_, line) : 0;
    const std::string_view file = position_.line != 0 ? position_.file : path_of(file_);
    const Symbol symbol{address_, module_, readable(function_), file, line, column, inlined};
    visit_(context_, symbol);
    waiting_ = false;
  }

  void take(const char* file, int line, const char* function) noexcept {
    flush(true);
    file_ = file;
    line_ = line > 0 ? static_cast<std::uint32_t>(line) : 0;
    function_ = function;
    waiting_ = true;
  }

  std::uintptr_t address_;
  const Module* module_;
  void* context_;
  void (*visit_)(void*, const Symbol&) noexcept;
  const char* file_ = nullptr;
  const char* function_ = nullptr;
  std::uint32_t line_ = 0;
  SourcePosition position_;  // when there is no line_
  std::size_t passed_on_ = 0;
  bool waiting_ = false;
};

}  // namespace

void symbolize(std::uintptr_t return_address, std::uint32_t generation, void* context,
               void (*visit)(void*, const Symbol&) noexcept) noexcept {
  const std::uint32_t now = current_module_generation();
  const std::uintptr_t address = return_address - 1;
  const Module* module = find_module(address, generation == 0 ? now : generation);
  SymbolQueue queue(address, module, context, visit);
  if (module == nullptr || module->unloaded_in != UINT32_MAX) return queue.visit_unknown();
  const ScopedLock lock(mutex);
  void* const info = debug_info_for(*module);
  (void)allot_hidden_look_up(info, address, &queue, &SymbolQueue::take);
  queue.finish(allot_hidden_symbol_name(info, address));
}

std::string_view working_directory(std::span<char> buffer) noexcept {
  return ::getcwd(buffer.data(), buffer.size()) != nullptr ? std::string_view(buffer.data()) : std::string_view();
}

bool knows_source_lines() noexcept {
  const ScopedLock lock(mutex);
  if (debug_info == nullptr) debug_info = allot_hidden_open_debug_info();
  return debug_info != nullptr;
}

std::string_view read_source_line(std::string_view path, std::uint32_t number, std::span<char> buffer) noexcept {
  char name_with_end[4096];
  if (path.size() >= sizeof name_with_end || number == 0) return {};
  std::memcpy(name_with_end, path.data(), path.size());
  name_with_end[path.size()] = '\0';
  const int file = open_file(name_with_end, OpenMode::read);
  if (file < 0) return {};
  std::size_t size = 0;
  bool done = false;
  char chunk[4096];
  for (Transfer got = read_file(file, chunk, sizeof chunk); !done && got.count != 0;
       got = read_file(file, chunk, sizeof chunk)) {
    for (std::size_t i = 0; i < got.count && !done; ++i) {
      if (chunk[i] == '\n') {
        done = number-- == 1;
      } else if (number == 1 && size < buffer.size()) {
        buffer[size++] = chunk[i];
      }
    }
  }
  (void)close_file(file);
  return {buffer.data(), size};
}

}  // namespace allot::inline v0_1::sys
