#include "allot/check/symbolizer.hpp"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string_view>
#include <tuple>

#include "allot/sys/files.hpp"

namespace allot::inline v0_1::check {

namespace {

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) text += {digits[byte >> 4], digits[byte & 15]};
  return text;
}

/// The build id of the file a module was loaded from, as text, or empty.
std::string build_id_of(Dwfl_Module* dwfl_module) {
  const unsigned char* bits = nullptr;
  GElf_Addr address = 0;
  const int size = dwfl_module_build_id(dwfl_module, &bits, &address);
  return size > 0 ? hexadecimal({bits, static_cast<std::size_t>(size)}) : "";
}

/// Where a file's debug link leads: beside the file, or below the folder of debug files. The link of a debug file, to
/// what it shares with others, says the folder too.
std::vector<std::string> places_of_link(const std::string& file, const std::string& link) {
  if (link.empty() || link.front() == '/') return {link};
  std::error_code error;
  const std::string folder = std::filesystem::canonical(file, error).parent_path().string();
  return {folder + "/" + link, folder + "/.debug/" + link, "/usr/lib/debug" + folder + "/" + link};
}

/// Whether an opened file is an ELF file of that build id, or of any when none is wanted.
bool has_build_id(int file, const std::string& wanted) {
  Elf* elf = elf_begin(file, ELF_C_READ_MMAP, nullptr);
  const void* bits = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf, &bits);
  const auto* bytes = static_cast<const unsigned char*>(bits);
  const bool right = elf_kind(elf) == ELF_K_ELF &&
                     (wanted.empty() || (size > 0 && hexadecimal({bytes, static_cast<std::size_t>(size)}) == wanted));
  elf_end(elf);
  return right;
}

/// The file that debuginfod-find fetches from the servers in DEBUGINFOD_URLS, or empty. Only for those who set that.
std::string fetched_debug_file(const std::string& build_id) {
  const char* servers = std::getenv("DEBUGINFOD_URLS");
  if (servers == nullptr || *servers == '\0' || build_id.empty()) return "";
  std::FILE* output = ::popen(("debuginfod-find debuginfo " + build_id + " 2>/dev/null").c_str(), "re");
  if (output == nullptr) return "";
  char path[4096] = {};
  if (std::fgets(path, sizeof path, output) == nullptr) path[0] = '\0';
  ::pclose(output);
  return std::string(path, std::strcspn(path, "\n"));
}

/// Finds a separate debug file for libdwfl: by build id, by link, from a server. Opened, or -1. libdwfl's own function
/// would load the client library of debuginfod with all that it needs, which takes as long as `curl --version`.
int find_debug_file(Dwfl_Module* dwfl_module, void** user_data, const char* name, Dwarf_Addr base, const char* file,
                    const char* link, GElf_Word checksum, char** found) {
  const int by_build_id = dwfl_build_id_find_debuginfo(dwfl_module, user_data, name, base, file, link, checksum, found);
  if (by_build_id >= 0) return by_build_id;
  const bool shared_by_debug_files = link != nullptr && std::strchr(link, '/') != nullptr;
  const std::string build_id = shared_by_debug_files ? "" : build_id_of(dwfl_module);
  std::vector<std::string> paths = places_of_link(file != nullptr ? file : "", link != nullptr ? link : "");
  paths.push_back(fetched_debug_file(build_id));
  for (const std::string& path : paths) {
    const int opened = path.empty() ? -1 : sys::open_file(path.c_str(), sys::OpenMode::read);
    if (opened < 0) continue;
    if (has_build_id(opened, build_id)) {
      *found = ::strdup(path.c_str());
      return opened;
    }
    sys::close_file(opened);
  }
  return -1;
}

/// Modules are opened by their paths; libdwfl's own function would ask a server for those that are gone.
int find_no_file(Dwfl_Module* /*module*/, void** /*user_data*/, const char* /*name*/, Dwarf_Addr /*base*/,
                 char** /*found*/, Elf** /*elf*/) {
  return -1;
}

/// Where libdwfl looks by build id; null is its own choice, /usr/lib/debug.
char* debug_search_path = nullptr;

const Dwfl_Callbacks callbacks = {
    .find_elf = find_no_file,
    .find_debuginfo = find_debug_file,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debug_search_path,
};

std::string name_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  Dwarf_Attribute* linkage = dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute);
  if (linkage == nullptr) linkage = dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute);
  const char* symbol = linkage != nullptr ? dwarf_formstring(linkage) : nullptr;
  if (symbol != nullptr && std::strncmp(symbol, "_Z", 2) == 0) return demangle(symbol);
  // In C a symbol of another name is an alias inside a library (__GI_exit), which nobody calls it by.
  const char* name = dwarf_diename(die);
  if (name == nullptr) name = symbol;
  return name != nullptr ? name : "";
}

int number_of(Dwarf_Die* die, unsigned attribute_name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr(die, attribute_name, &attribute), &value) != 0) return 0;
  return static_cast<int>(value);
}

/// A path as the compiler saw it: relative ones belong to the unit's folder.
std::string full_path(const char* file, Dwarf_Die* unit) {
  if (file == nullptr) return "";
  std::filesystem::path path = file;
  if (path.is_relative() && unit != nullptr) {
    Dwarf_Attribute attribute;
    const char* folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    if (folder != nullptr) path = folder / path;
  }
  return path.lexically_normal().string();
}

/// The place an inlined function was called from.
void set_call_place(Dwarf_Die* inlined, Dwarf_Die* unit, Frame& caller) {
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  const auto index = static_cast<std::size_t>(number_of(inlined, DW_AT_call_file));
  if (dwarf_getsrcfiles(unit, &files, &count) == 0 && index < count) {
    caller.file = full_path(dwarf_filesrc(files, index, nullptr, nullptr), unit);
  }
  caller.line = number_of(inlined, DW_AT_call_line);
  caller.column = number_of(inlined, DW_AT_call_column);
}

bool is_function(Dwarf_Die* die) {
  const int tag = dwarf_tag(die);
  return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram;
}

/// The scopes around an address as they lie in the code, innermost first. Released by the caller with free.
int physical_scopes(Dwarf_Die* unit, Dwarf_Addr address, Dwarf_Die** scopes) {
  Dwarf_Die* lexical = nullptr;
  if (dwarf_getscopes(unit, address, &lexical) <= 0) return 0;
  const int count = dwarf_getscopes_die(&lexical[0], scopes);
  std::free(lexical);
  return std::max(count, 0);
}

bool is_code(const GElf_Sym& symbol) {
  const int type = GELF_ST_TYPE(symbol.st_info);
  return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

/// Of several names for one address: functions before labels, global before weak before local.
int rank_of(const GElf_Sym& symbol) {
  const int binding = GELF_ST_BIND(symbol.st_info);
  const int by_binding = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2;
  return by_binding + (GELF_ST_TYPE(symbol.st_info) == STT_NOTYPE ? 4 : 0);
}

/// The symbols of a file, sorted once: libdw's own look-up is a walk over all of them for each address.
class SymbolTable {
 public:
  struct Symbol {
    std::uint64_t begin;
    std::uint64_t size;  // 0: up to the next
    int rank;
    const char* name;
  };

  void reserve(std::size_t count) { symbols_.reserve(count); }
  void add(const Symbol& symbol) { symbols_.push_back(symbol); }

  void sort() {
    std::sort(symbols_.begin(), symbols_.end(), [](const Symbol& left, const Symbol& right) {
      return std::tuple(left.begin, -left.rank) < std::tuple(right.begin, -right.rank);
    });
  }

  /// The demangled name of the function around `address`, or empty.
  [[nodiscard]] std::string name_at(std::uint64_t address) const {
    const auto behind =
        std::upper_bound(symbols_.begin(), symbols_.end(), address,
                         [](std::uint64_t wanted, const Symbol& symbol) { return wanted < symbol.begin; });
    // A function may have labels and parts of others inside: a few steps back find what is around.
    const auto first = symbols_.begin() + std::max<std::ptrdiff_t>(0, behind - symbols_.begin() - 16);
    for (auto symbol = behind; symbol != first;) {
      --symbol;
      if (symbol->size == 0 ? symbol + 1 == behind : address - symbol->begin < symbol->size)
        return demangle(symbol->name);
    }
    return "";
  }

 private:
  std::vector<Symbol> symbols_;
};

}  // namespace

/// One file and its debug information. A file that cannot be opened, or is not the one that ran, answers nothing.
class Symbolizer::Module {
 public:
  explicit Module(const RecordedModule& recorded) {
    dwfl_ = dwfl_begin(&callbacks);
    if (dwfl_ == nullptr) return;
    module_ = dwfl_report_elf(dwfl_, recorded.path.c_str(), recorded.path.c_str(), -1, load_base, false);
    dwfl_report_end(dwfl_, nullptr, nullptr);
    if (module_ == nullptr || !is_the_one(recorded.build_id)) {
      module_ = nullptr;
      return;
    }
    GElf_Ehdr header;
    Elf* elf = dwfl_module_getelf(module_, &bias_);
    if (gelf_getehdr(elf, &header) == nullptr) {
      module_ = nullptr;
    } else {
      entry_ = header.e_entry;
    }
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module() { dwfl_end(dwfl_); }

  /// Whether `offset` lies in the code that the kernel starts the program at.
  [[nodiscard]] bool is_entry(std::uint64_t offset) const {
    constexpr std::uint64_t size_of_start = 64;
    return module_ != nullptr && offset - entry_ < size_of_start;
  }

  /// Appends the frames at `offset` (an address of the file), inlined ones first; or just the function's name.
  void append(std::uint64_t offset, const std::string& path, bool name_only, Trace& trace) {
    Frame frame;
    frame.module = path;
    frame.offset = offset;
    if (module_ == nullptr) {
      trace.push_back(frame);
      return;
    }
    const Dwarf_Addr address = offset + bias_;
    Dwarf_Addr debug_bias = 0;
    Dwarf_Die* unit = name_only ? nullptr : unit_of(address, debug_bias);
    if (unit != nullptr) {
      set_place(unit, address - debug_bias, frame);
      if (append_scopes(unit, address - debug_bias, frame, trace)) return;
    }
    if (!symbols_read_) read_symbols();
    frame.function = symbols_.name_at(address);
    trace.push_back(frame);
  }

 private:
  static constexpr Dwarf_Addr load_base = 0x10000000;

  bool is_the_one(const std::vector<unsigned char>& build_id) {
    const unsigned char* bits = nullptr;
    GElf_Addr address = 0;
    if (dwfl_module_getelf(module_, &bias_) == nullptr) return false;
    const int size = dwfl_module_build_id(module_, &bits, &address);
    if (size <= 0 || build_id.empty()) return true;
    return static_cast<std::size_t>(size) == build_id.size() &&
           std::memcmp(bits, build_id.data(), build_id.size()) == 0;
  }

  /// The compilation unit of an address. Compilers that write no address index (clang) are searched unit by unit.
  Dwarf_Die* unit_of(Dwarf_Addr address, Dwarf_Addr& debug_bias) {
    if (Dwarf_Die* unit = dwfl_module_addrdie(module_, address, &debug_bias)) return unit;
    if (dwfl_module_getdwarf(module_, &debug_bias) == nullptr) return nullptr;
    Dwarf_Die* unit = nullptr;
    Dwarf_Addr unit_bias = 0;
    while ((unit = dwfl_module_nextcu(module_, unit, &unit_bias)) != nullptr) {
      if (dwarf_haspc(unit, address - unit_bias) == 1) {
        debug_bias = unit_bias;
        return unit;
      }
    }
    return nullptr;
  }

  static void set_place(Dwarf_Die* unit, Dwarf_Addr address, Frame& frame) {
    Dwarf_Line* line = dwarf_getsrc_die(unit, address);
    if (line == nullptr) return;
    frame.file = full_path(dwarf_linesrc(line, nullptr, nullptr), unit);
    dwarf_lineno(line, &frame.line);
    dwarf_linecol(line, &frame.column);
  }

  /// False when the address lies in no function that the debug information knows.
  static bool append_scopes(Dwarf_Die* unit, Dwarf_Addr address, Frame frame, Trace& trace) {
    Dwarf_Die* scopes = nullptr;
    const int count = physical_scopes(unit, address, &scopes);
    bool complete = false;
    for (int i = 0; i < count && !complete; ++i) {
      if (!is_function(&scopes[i])) continue;
      frame.function = name_of(&scopes[i]);
      complete = dwarf_tag(&scopes[i]) == DW_TAG_subprogram;
      frame.inlined = !complete;
      trace.push_back(frame);
      if (!complete) set_call_place(&scopes[i], unit, frame);
    }
    std::free(scopes);
    return complete;
  }

  void read_symbols() {
    symbols_read_ = true;
    const int count = dwfl_module_getsymtab(module_);
    symbols_.reserve(static_cast<std::size_t>(std::max(count, 0)));
    for (int i = 1; i < count; ++i) {
      GElf_Sym symbol;
      GElf_Addr address = 0;
      GElf_Word section = 0;
      const char* name = dwfl_module_getsym_info(module_, i, &symbol, &address, &section, nullptr, nullptr);
      if (name != nullptr && section != SHN_UNDEF && is_code(symbol)) {
        symbols_.add({address, symbol.st_size, rank_of(symbol), name});
      }
    }
    symbols_.sort();
  }

  Dwfl* dwfl_ = nullptr;
  Dwfl_Module* module_ = nullptr;
  Dwarf_Addr bias_ = 0;
  std::uint64_t entry_ = 0;
  bool symbols_read_ = false;
  SymbolTable symbols_;
};

Symbolizer::Symbolizer() = default;
Symbolizer::~Symbolizer() = default;

Symbolizer::Module& Symbolizer::module_of(const RecordedModule& recorded) {
  auto& slot = modules_[{recorded.path, recorded.build_id}];
  if (!slot) slot = std::make_unique<Module>(recorded);
  return *slot;
}

namespace {

/// What lay at an address when the entry at `position` was logged.
const RecordedModule* module_at(const RecordedProcess& process, std::uint64_t position, std::uint64_t address) {
  const RecordedModule* best = nullptr;
  for (const RecordedModule& module : process.modules) {
    if (address < module.begin || address >= module.end) continue;
    if (best == nullptr || module.position < position) best = &module;
  }
  return best;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_c_library(const std::string& path) {
  return file_name(path).starts_with("libc.so");
}

bool is_loader(const std::string& path) {
  return file_name(path).starts_with("ld-linux");
}

bool is_checker(const std::string& path) {
  return path.find("/liballot-check.so") != std::string::npos;
}

}  // namespace

/// How many frames of a stack are the program's: without the C library's two below `main`, which every stack of the
/// first thread has and which say nothing. They are known by what called them, as reading the C library's debug
/// information takes longer than many a program.
std::size_t Symbolizer::frames_of_program(const RecordedProcess& process, const RecordedStack& stack) {
  const std::uint64_t position = std::uint64_t{stack.id} * 8;
  std::size_t count = stack.frames.size();
  if (count < 2) return count;
  const RecordedModule* outermost = module_at(process, position, stack.frames[count - 1] - 1);
  if (outermost == nullptr || !module_of(*outermost).is_entry(stack.frames[count - 1] - 1 - outermost->bias))
    return count;
  --count;
  for (int callers_of_main = 0; count > 1; --count) {
    const RecordedModule* module = module_at(process, position, stack.frames[count - 1] - 1);
    if (module == nullptr) break;
    if (is_checker(module->path)) continue;
    if (!is_c_library(module->path) || ++callers_of_main > 2) break;
  }
  return count;
}

void Symbolizer::append_frames(const RecordedProcess& process, std::uint64_t position, std::uint64_t address,
                               CLibraryFrames c_library, Trace& trace) {
  const RecordedModule* best = module_at(process, position, address);
  if (best != nullptr) {
    const auto [known, is_new] = frames_.try_emplace({best->position, &process, address, c_library});
    if (is_new) {
      const bool name_only =
          c_library == CLibraryFrames::names_only && (is_c_library(best->path) || is_loader(best->path));
      module_of(*best).append(address - best->bias, best->path, name_only, known->second);
    }
    trace.insert(trace.end(), known->second.begin(), known->second.end());
    return;
  }
  Frame frame;
  frame.offset = address;
  trace.push_back(frame);
}

namespace {

bool is_ours(const Frame& frame) {
  return is_checker(frame.module);
}

/// Frames of the checker at the top say nothing; what called `main` says nothing either.
void trim(Trace& trace) {
  const auto first = std::find_if_not(trace.begin(), trace.end(), is_ours);
  trace.erase(trace.begin(), first);
  const auto main =
      std::find_if(trace.begin(), trace.end(), [](const Frame& frame) { return frame.function == "main"; });
  if (main != trace.end()) trace.erase(main + 1, trace.end());
  std::erase_if(trace, [](const Frame& frame) { return is_ours(frame); });
}

}  // namespace

Trace Symbolizer::trace(const RecordedProcess& process, std::uint32_t stack_id, CLibraryFrames c_library) {
  Trace trace;
  const RecordedStack* stack = process.stack(stack_id);
  if (stack == nullptr) return trace;
  const std::span frames = std::span(stack->frames).first(frames_of_program(process, *stack));
  for (const std::uint64_t address : frames) {
    // A return address is behind the call; the call itself may be the last instruction of its function.
    append_frames(process, std::uint64_t{stack_id} * 8, address - 1, c_library, trace);
  }
  trim(trace);
  return trace;
}

std::string SourceLines::line(const std::string& file, int line) {
  auto [entry, is_new] = files_.try_emplace(file);
  std::vector<std::string>& lines = entry->second;
  if (is_new) {
    std::ifstream source(file);
    for (std::string text; std::getline(source, text);) lines.push_back(std::move(text));
  }
  const auto index = static_cast<std::size_t>(line) - 1;
  return line > 0 && index < lines.size() ? lines[index] : std::string();
}

std::string demangle(const std::string& name) {
  if (!name.starts_with("_Z")) return name;
  int status = 0;
  char* text = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  if (text == nullptr) return name;
  std::string result(text);
  std::free(text);
  return result;
}

}  // namespace allot::inline v0_1::check
