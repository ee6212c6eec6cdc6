#include <string_view>

#include "allot/core/report_text.hpp"
#include "allot/sys/symbols.hpp"

namespace allot::inline v0_1 {

namespace {

/// The directory this library was built in, with a slash: what __FILE__ has before this file's name.
constexpr std::string_view source_root() noexcept {
  constexpr std::string_view own_name = "src/core/trace_text.cpp";
  constexpr std::string_view file = __FILE__;
  return file.ends_with(own_name) ? file.substr(0, file.size() - own_name.size()) : std::string_view();
}

/// Whether a file belongs to the library: its headers, wherever they are installed, or the sources it was built from.
bool is_own_file(std::string_view file) noexcept {
  constexpr std::string_view headers = "include/allot/";
  const std::size_t found = file.find(headers);
  if (found != std::string_view::npos && (found == 0 || file[found - 1] == '/')) return true;
  constexpr std::string_view root = source_root();
  return !root.empty() && file.starts_with(root) && file.substr(root.size()).starts_with("src/");
}

/// `path` as seen from the working directory, when it lies below it.
std::string_view relative(std::string_view path) noexcept {
  char buffer[4096];
  const std::string_view here = sys::working_directory(buffer);
  if (here.size() < 2 || !path.starts_with(here) || path.size() <= here.size() || path[here.size()] != '/') return path;
  return path.substr(here.size() + 1);
}

/// Reads a source line whose file is named relative to a build directory nobody remembers: looks for it below each
/// directory the module lies in.
std::string_view read_line_near(const sys::Module& module, std::string_view path, std::uint32_t number,
                                std::span<char> buffer) noexcept {
  while (path.starts_with("../") || path.starts_with("./")) path.remove_prefix(path.find('/') + 1);
  for (std::string_view directory = module.path; !directory.empty();) {
    directory = directory.substr(0, directory.rfind('/') == std::string_view::npos ? 0 : directory.rfind('/'));
    char memory[4096];
    BufferSink joined(memory, sizeof memory);
    joined.sink().text(directory).character('/').text(path);
    const std::string_view line = sys::read_source_line(joined.view(), number, buffer);
    if (!line.empty()) return line;
  }
  return {};
}

std::string_view read_line(const sys::Symbol& symbol, std::span<char> buffer) noexcept {
  const std::string_view line = sys::read_source_line(symbol.file, symbol.line, buffer);
  if (!line.empty() || symbol.file.starts_with('/') || symbol.module == nullptr) return line;
  return read_line_near(*symbol.module, symbol.file, symbol.line, buffer);
}

std::string_view file_name(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// Writes one trace: the frames a user cares about, innermost first. Those of this library lie between the user's where
/// it calls back (a handler, a sweep's function); they say nothing about the mistake.
class TraceText {
 public:
  TraceText(const Sink& sink, const Trace& trace, bool colour, bool own_frames_too) noexcept
      : sink_(sink), trace_(trace), colour_(colour), own_frames_too_(own_frames_too) {}

  /// How many lines were written.
  std::size_t write() noexcept {
    for (const std::uintptr_t frame : trace_.frames) {
      if (!outside_main_) sys::symbolize(frame, trace_.modules, this, &visit);
    }
    return written_;
  }

 private:
  static void visit(void* self, const sys::Symbol& symbol) noexcept { static_cast<TraceText*>(self)->visit(symbol); }

  void visit(const sys::Symbol& symbol) noexcept {
    if (!own_frames_too_ && is_own_file(symbol.file)) return;
    outside_main_ = symbol.function == "main";
    ++written_;
    sink_.text("    ");
    if (symbol.file.empty()) return write_place_in_module(symbol);
    paint("\x1b[1m");
    sink_.text(relative(symbol.file)).character(':').number(symbol.line);
    if (symbol.column != 0) sink_.character(':').number(symbol.column);
    paint("\x1b[0m");
    sink_.text(": in ").text(symbol.function.empty() ? "a function without a name" : symbol.function);
    if (symbol.inlined) sink_.text(" (inlined)");
    sink_.newline();
    write_source_line(symbol);
  }

  /// "program+0x1234: in function", and where a library is gone, how to find its debug information.
  void write_place_in_module(const sys::Symbol& symbol) noexcept {
    if (symbol.module == nullptr) {
      sink_.address(reinterpret_cast<const void*>(symbol.address)).newline();
      return;
    }
    const sys::Module& module = *symbol.module;
    sink_.text(file_name(module.path)).text("+0x").hexadecimal(symbol.address - module.bias);
    if (!symbol.function.empty()) sink_.text(": in ").text(symbol.function);
    if (module.unloaded_in != UINT32_MAX) sink_.text(" (unloaded)");
    if (symbol.function.empty() && !module.build_id.empty()) write_build_id(module);
    sink_.newline();
  }

  void write_build_id(const sys::Module& module) noexcept {
    sink_.text(" (build id ");
    for (const unsigned char byte : module.build_id) {
      if (byte < 16) sink_.character('0');
      sink_.hexadecimal(byte);
    }
    sink_.character(')');
  }

  void write_source_line(const sys::Symbol& symbol) noexcept {
    char buffer[256];
    const std::string_view line = read_line(symbol, buffer);
    const std::size_t indent = line.find_first_not_of(" \t");
    if (indent == std::string_view::npos) return;
    sink_.text("        ").text(line.substr(indent)).newline();
    if (symbol.column <= indent || symbol.column > line.size()) return;
    sink_.text("        ");
    for (std::size_t i = indent + 1; i < symbol.column; ++i) sink_.character(line[i - 1] == '\t' ? '\t' : ' ');
    paint("\x1b[1;32m");
    sink_.character('^');
    paint("\x1b[0m");
    sink_.newline();
  }

  void paint(std::string_view colour) const noexcept {
    if (colour_) sink_.text(colour);
  }

  const Sink& sink_;
  const Trace& trace_;
  bool colour_;
  bool own_frames_too_;
  bool outside_main_ = false;
  std::size_t written_ = 0;
};

/// A header of the C++ library, through which calls of allocators come (a vector that grows).
bool is_standard_library_file(std::string_view file) noexcept {
  return file.find("/include/c++/") != std::string_view::npos;
}

/// The search of calling_line: takes the first symbol that qualifies.
struct CallingLine {
  std::span<char> buffer;
  SourceLine found{};

  static void visit(void* self, const sys::Symbol& symbol) noexcept { static_cast<CallingLine*>(self)->visit(symbol); }

  void visit(const sys::Symbol& symbol) noexcept {
    if (found.line != 0 || symbol.line == 0 || symbol.file.empty() || symbol.file.size() > buffer.size()) return;
    if (is_own_file(symbol.file) || is_standard_library_file(symbol.file)) return;
    symbol.file.copy(buffer.data(), buffer.size());
    found = {std::string_view(buffer.data(), symbol.file.size()), symbol.line};
  }
};

template <bool Colour>
void write_trace(void*, const Sink& sink, const Trace& trace) noexcept {
  if (TraceText(sink, trace, Colour, false).write() != 0) return;
  (void)TraceText(sink, trace, Colour, true).write();
}

}  // namespace

TraceWriter symbolizing_trace_writer(bool colour) noexcept {
  return {nullptr, colour ? &write_trace<true> : &write_trace<false>};
}

SourceLine calling_line(const Trace& trace, std::span<char> buffer) noexcept {
  CallingLine search{buffer};
  for (const std::uintptr_t frame : trace.frames) {
    if (search.found.line == 0) sys::symbolize(frame, trace.modules, &search, &CallingLine::visit);
  }
  return search.found;
}

}  // namespace allot::inline v0_1
