#include "allot/sys/symbols.hpp"

#include <unistd.h>

#include <cstring>

#include "allot/sys/files.hpp"
#include "allot/sys/mutex.hpp"
#include "function_at.hpp"
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
constinit char path_memory[16 * 1024] = {};

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

/// The functions at one address, innermost first: what libbacktrace knows, and what it does not.
class Functions {
 public:
  Functions(std::uintptr_t address, const Module& module) noexcept
      : address_(address), module_(module), known_(find_function(module, address)) {}

  /// Takes over one function that libbacktrace found.
  static void take(void* self, const char* file, int line, const char* function) noexcept {
    Functions& functions = *static_cast<Functions*>(self);
    if (functions.count_ == most) return;
    functions.found_[functions.count_++] = {path_of(file), line > 0 ? static_cast<std::uint32_t>(line) : 0, 0,
                                            function};
  }

  /// `linker_name`: of the function that is no inlined one. The debug information names functions of unnamed namespaces
  /// and classes in them without their scope; the linker's name has it.
  void complete(const char* linker_name) noexcept {
    const LineRow row =
        known_.unit_found ? find_row(module_, known_.line_table, address_) : find_row_anywhere(module_, address_);
    if (count_ == 0 || found_[0].line == 0) {
      take_from_debug_information(row);
    } else {
      add_columns(row);
    }
    if (count_ == 0 && linker_name != nullptr) found_[count_++] = {};
    if (count_ == 0) return;
    const char*& outermost = found_[count_ - 1].function;
    const bool scoped = linker_name != nullptr && linker_name[0] == '_' && linker_name[1] == 'Z';
    if (scoped || outermost == nullptr) outermost = linker_name;
  }

  void hand_over(void* context, void (*visit)(void*, const Symbol&) noexcept) const noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      const Found& found = found_[i];
      visit(context,
            {address_, &module_, readable(found.function), found.file, found.line, found.column, i + 1 < count_});
    }
  }

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

 private:
  static constexpr std::size_t most = FunctionAt::most_calls + 1;

  struct Found {
    std::string_view file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    const char* function = nullptr;
  };

  /// The call inlined into function `i`; null when that is the innermost one.
  [[nodiscard]] const InlinedCall* call_in(std::size_t i) const noexcept {
    return i == 0 || i > known_.call_count ? nullptr : &known_.calls[known_.call_count - i];
  }

  void add_columns(const LineRow& row) noexcept {
    if (row.line == found_[0].line) found_[0].column = row.column;
    for (std::size_t i = 1; i < count_; ++i) {
      const InlinedCall* call = call_in(i);
      if (call != nullptr && call->line == found_[i].line) found_[i].column = call->column;
    }
  }

  void take_from_debug_information(const LineRow& row) noexcept {
    if (row.line == 0) return;
    std::span<char> memory = path_memory;
    for (count_ = 0; count_ <= known_.call_count; ++count_) {
      const InlinedCall* call = call_in(count_);
      const std::size_t around = known_.call_count - count_;  // the number of functions this one is inlined into
      const std::string_view function = around == 0 ? known_.function : known_.calls[around - 1].function;
      Found& found = found_[count_];
      found = call == nullptr ? Found{{}, row.line, row.column, nullptr} : Found{{}, call->line, call->column, nullptr};
      found.file = find_file(module_, row.line_table, call == nullptr ? row.file : call->file, memory);
      if (found.file.data() == memory.data()) memory = memory.subspan(found.file.size());
      if (!function.empty()) found.function = function.data();  // a zero byte follows
    }
  }

  std::uintptr_t address_;
  const Module& module_;
  const FunctionAt& known_;
  Found found_[most] = {};
  std::size_t count_ = 0;
};

}  // namespace

void symbolize(std::uintptr_t return_address, std::uint32_t generation, void* context,
               void (*visit)(void*, const Symbol&) noexcept) noexcept {
  const std::uint32_t now = current_module_generation();
  const std::uintptr_t address = return_address - 1;
  const Module* module = find_module(address, generation == 0 ? now : generation);
  const Symbol unknown{address, module, {}, {}, 0, 0, false};
  if (module == nullptr || module->unloaded_in != UINT32_MAX) return visit(context, unknown);
  const ScopedLock lock(mutex);
  Functions functions(address, *module);
  void* const info = debug_info_for(*module);
  (void)allot_hidden_look_up(info, address, &functions, &Functions::take);
  functions.complete(allot_hidden_symbol_name(info, address));
  if (functions.empty()) return visit(context, unknown);
  functions.hand_over(context, visit);
}

std::string_view working_directory(std::span<char> buffer) noexcept {
  return ::getcwd(buffer.data(), buffer.size()) != nullptr ? std::string_view(buffer.data()) : std::string_view();
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
