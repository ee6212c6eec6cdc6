/// From recorded addresses to functions and source lines, after the run and in the command's own process.
///
/// Reads the ELF and DWARF of each module by libdw: inlined functions as frames of their own, line and column, separate
/// debug files by build id or debug link where they are installed. A module whose file has changed since the run is not
/// trusted: its frames stay module and offset. Each module is opened once, whichever process used it; the first look-up
/// in a large one costs its debug information or symbol table read (tens to hundreds of milliseconds), further ones
/// microseconds; an address looked up before, less.
/// Threads: not safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "allot/base/config.hpp"
#include "allot/check/record_reader.hpp"

namespace allot::inline v0_1::check {

struct Frame {
  std::string function;  ///< demangled; empty when unknown
  std::string file;      ///< empty when unknown
  int line = 0;
  int column = 0;            ///< 0 when the debug information has none
  std::string module;        ///< path; empty for addresses outside any
  std::uint64_t offset = 0;  ///< in the module's file, or the address itself
  bool inlined = false;      ///< the next frame's code contains this one
};

/// Innermost first.
using Trace = std::vector<Frame>;

/// What is told of the C library's frames. Its lines, and what was inlined there, help to understand a mistake and say
/// nothing of a leak; where they are installed (libc6-dbg), inflating them takes 50 ms, longer than many a program.
enum class CLibraryFrames : std::uint8_t { with_lines, names_only };

class Symbolizer {
 public:
  Symbolizer();
  Symbolizer(const Symbolizer&) = delete;
  Symbolizer& operator=(const Symbolizer&) = delete;
  ~Symbolizer();

  /// The trace of a recorded stack, without the checker's own frames at its top and what lies below `main`.
  [[nodiscard]] Trace trace(const RecordedProcess& process, std::uint32_t stack_id, CLibraryFrames c_library);

 private:
  class Module;

  void append_frames(const RecordedProcess& process, std::uint64_t position, std::uint64_t address,
                     CLibraryFrames c_library, Trace& trace);
  std::size_t frames_of_program(const RecordedProcess& process, const RecordedStack& stack);
  Module& module_of(const RecordedModule& recorded);

  std::map<std::pair<std::string, std::vector<unsigned char>>, std::unique_ptr<Module>> modules_;
  std::map<std::tuple<std::uint64_t, const RecordedProcess*, std::uint64_t, CLibraryFrames>, Trace>
      frames_;  // looked up before
};

/// Line `line` of a source file, or empty when it cannot be read.
class SourceLines {
 public:
  [[nodiscard]] std::string line(const std::string& file, int line);

 private:
  std::map<std::string, std::vector<std::string>> files_;
};

/// `name` as C++ writes it, or itself when it is no mangled name.
[[nodiscard]] std::string demangle(const std::string& name);

}  // namespace allot::inline v0_1::check
