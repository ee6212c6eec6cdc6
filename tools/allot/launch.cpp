#include "launch.hpp"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

namespace allot::tool {

namespace {

namespace fs = std::filesystem;

constexpr const char* library_name = "liballot-check.so";

std::string own_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().string();
}

/// A file's bytes, mapped: of a large program only a few pages are looked at.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    struct stat status{};
    if (::fstat(file, &status) == 0 && status.st_size > 0) {
      void* bytes = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file, 0);
      if (bytes != MAP_FAILED) bytes_ = {static_cast<const char*>(bytes), static_cast<std::size_t>(status.st_size)};
    }
    ::close(file);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

/// The words behind the #! of a script; none of anything else.
std::vector<std::string> interpreter_line(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char mark[2] = {};
  std::string line;
  if (!file.read(mark, sizeof mark) || std::string_view(mark, sizeof mark) != "#!" || !std::getline(file, line))
    return {};
  std::istringstream text(line);
  return {std::istream_iterator<std::string>(text), std::istream_iterator<std::string>()};
}

/// The program that `env` runs, behind its options and variables.
std::string program_of_env(const std::vector<std::string>& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!words[i].starts_with('-') && words[i].find('=') == std::string::npos) return find_program(words[i]);
  }
  return words.front();
}

/// The interpreter of a script, whose interpreter may be a script in turn, or the program itself.
std::string executed_file(std::string path) {
  constexpr int most_scripts = 5;  // the kernel's own limit
  for (int depth = 0; depth < most_scripts; ++depth) {
    const std::vector<std::string> words = interpreter_line(path);
    if (words.empty()) return path;
    path = words.front().ends_with("/env") ? program_of_env(words) : words.front();
  }
  return path;
}

/// A structure of an ELF file, or zeros when the file ends before it.
template <class T>
T read_at(std::string_view bytes, std::uint64_t at) {
  T value{};
  if (at <= bytes.size() && sizeof value <= bytes.size() - at) std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// Calls `act(part)` for every program header.
template <class Act>
void for_each_part(std::string_view bytes, const Act& act) {
  const auto head = read_at<Elf64_Ehdr>(bytes, 0);
  for (unsigned i = 0; i < head.e_phnum; ++i)
    act(read_at<Elf64_Phdr>(bytes, head.e_phoff + std::uint64_t{i} * head.e_phentsize));
}

/// Whether an ELF file asks for a dynamic loader. -1: not an ELF file of this machine.
int is_dynamic(std::string_view bytes) {
  const auto head = read_at<Elf64_Ehdr>(bytes, 0);
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64) return -1;
  int dynamic = 0;
  for_each_part(bytes, [&](const Elf64_Phdr& part) { dynamic |= part.p_type == PT_INTERP; });
  return dynamic;
}

/// The names a program exchanges with libraries, one behind the other.
std::string_view dynamic_names(std::string_view bytes) {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  for_each_part(bytes, [&](const Elf64_Phdr& part) {
    if (part.p_type != PT_DYNAMIC) return;
    for (std::uint64_t at = 0; at < part.p_filesz; at += sizeof(Elf64_Dyn)) {
      const auto entry = read_at<Elf64_Dyn>(bytes, part.p_offset + at);
      if (entry.d_tag == DT_STRTAB) address = entry.d_un.d_ptr;
      if (entry.d_tag == DT_STRSZ) size = entry.d_un.d_val;
    }
  });
  std::string_view names;
  for_each_part(bytes, [&](const Elf64_Phdr& part) {
    if (part.p_type != PT_LOAD || address < part.p_vaddr || address - part.p_vaddr >= part.p_filesz) return;
    const std::uint64_t offset = address - part.p_vaddr + part.p_offset;
    if (offset < bytes.size()) names = bytes.substr(offset, size);
  });
  return names;
}

/// The sanitizer a program was built with, or empty.
std::string sanitizer_of(std::string_view bytes) {
  const std::pair<const char*, const char*> signs[] = {{"__asan_init", "AddressSanitizer"},
                                                       {"__tsan_init", "ThreadSanitizer"},
                                                       {"__msan_init", "MemorySanitizer"},
                                                       {"__hwasan_init", "HWAddressSanitizer"}};
  const std::string_view names = dynamic_names(bytes);
  for (const auto& [symbol, name] : signs) {
    if (names.find(symbol) != std::string_view::npos) return name;
  }
  return "";
}

void set_environment(const std::string& folder, const LibraryOptions& options) {
  const char* others = std::getenv("LD_PRELOAD");
  const std::string preload = find_library() + (others != nullptr && *others != '\0' ? ":" + std::string(others) : "");
  std::string text;
  for (auto [name, value] : options) {
    std::replace(value.begin(), value.end(), ':', '\1');
    text += (text.empty() ? "" : ":") + name + "=" + value;
  }
  ::setenv("LD_PRELOAD", preload.c_str(), 1);
  ::setenv("ALLOT_CHECK_RECORDS", folder.c_str(), 1);
  ::setenv("ALLOT_CHECK_OPTIONS", text.c_str(), 1);
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& folder,
                         const LibraryOptions& options, bool quiet) {
  if (quiet) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
  }
  set_environment(folder, options);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(exit_not_executable);
}

/// The program is alone in getting the terminal's signals seriously: this command waits for it and reports.
class IgnoreTerminalSignals {
 public:
  IgnoreTerminalSignals() : interrupt_(::signal(SIGINT, SIG_IGN)), quit_(::signal(SIGQUIT, SIG_IGN)) {}
  IgnoreTerminalSignals(const IgnoreTerminalSignals&) = delete;
  IgnoreTerminalSignals& operator=(const IgnoreTerminalSignals&) = delete;
  ~IgnoreTerminalSignals() { restore(); }
  void restore() const {
    ::signal(SIGINT, interrupt_);
    ::signal(SIGQUIT, quit_);
  }

 private:
  sighandler_t interrupt_;
  sighandler_t quit_;
};

Ending ending_of(int status) {
  if (WIFSIGNALED(status)) return {Ending::Kind::signalled, WTERMSIG(status)};
  return {Ending::Kind::exited, WEXITSTATUS(status)};
}

volatile std::sig_atomic_t forwarded_to = 0;

void forward_signal(int signal) {
  if (forwarded_to != 0) ::kill(forwarded_to, signal);
}

Ending wait_for(pid_t process, unsigned seconds, bool& timed_out, const Meanwhile& meanwhile) {
  const bool polls = seconds != 0 || meanwhile.look;
  const unsigned pause_ms = seconds != 0 ? 5 : 50;
  int status = 0;
  for (unsigned waited_ms = 0;; waited_ms += pause_ms) {
    const pid_t ended = ::waitpid(process, &status, polls ? WNOHANG : 0);
    if (ended == process) return ending_of(status);
    if (ended < 0 && errno != EINTR) return {Ending::Kind::not_started, errno};
    if (!polls) continue;
    if (seconds != 0 && waited_ms / 1000 >= seconds && !timed_out) {
      timed_out = true;
      ::kill(process, SIGKILL);
    }
    if (meanwhile.look) meanwhile.look();
    ::usleep(pause_ms * 1000);
  }
}

/// Those whose parents ended before them: they became our children (PR_SET_CHILD_SUBREAPER).
void wait_for_orphans() {
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

}  // namespace

void take_command(CLI::App& subcommand, std::vector<std::string>& command) {
  subcommand.prefix_command();
  subcommand.callback([&subcommand, &command] {
    command = subcommand.remaining();
    if (!command.empty() && command.front() == "--") command.erase(command.begin());
    if (command.empty()) throw CLI::RequiredError("PROGRAM");
  });
}

void drop_program_mark(const CLI::App& app, std::vector<std::string>& arguments) {
  if (arguments.empty()) return;
  const auto named = [&](const CLI::App* candidate) { return candidate->get_name() == arguments.front(); };
  const std::vector<const CLI::App*> subcommands = app.get_subcommands(named);
  if (subcommands.empty()) return;
  const CLI::App* subcommand = subcommands.front();
  for (std::size_t i = 1; i < arguments.size() && arguments[i].starts_with('-'); ++i) {
    if (arguments[i] == "--") {
      arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
    const CLI::Option* option = subcommand->get_option_no_throw(arguments[i]);
    if (option != nullptr && option->get_items_expected_min() > 0) ++i;
  }
}

namespace {

/// Whether memory of the machine can be used as a file system with room for a large record.
bool has_room_in_memory() {
  struct statvfs room{};
  constexpr std::uint64_t plenty = std::uint64_t{256} << 20;
  return ::statvfs("/dev/shm", &room) == 0 && room.f_bavail * room.f_frsize >= plenty &&
         ::access("/dev/shm", W_OK | X_OK) == 0;
}

}  // namespace

RecordFolder::RecordFolder() {
  const char* wanted = std::getenv("TMPDIR");
  std::string where = wanted != nullptr ? wanted : "";
  if (where.empty()) where = has_room_in_memory() ? "/dev/shm" : "/tmp";
  std::string name = where + "/allot-check-XXXXXX";
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

RecordFolder::~RecordFolder() {
  std::error_code error;
  if (!path_.empty()) fs::remove_all(path_, error);
}

std::string find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) return fs::exists(program) ? program : std::string();
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string candidate = folders.substr(begin, end - begin) + "/" + program;
    if (::access(candidate.c_str(), X_OK) == 0 && !fs::is_directory(candidate)) return candidate;
    begin = end + 1;
  }
  return "";
}

Refusal refuse(const std::string& program, const std::string& path) {
  if (path.empty() && program.starts_with('-'))
    return {exit_not_checked, "no such option: " + program + " (see --help)"};
  if (path.empty()) return {exit_not_found, "no such program: " + program};
  if (fs::is_directory(path)) return {exit_not_executable, path + " is a directory"};
  if (::access(path.c_str(), X_OK) != 0)
    return {exit_not_executable, path + " cannot be executed: " + std::strerror(errno)};
  const std::string file = executed_file(path);
  struct stat status{};
  if (file.empty() || ::stat(file.c_str(), &status) != 0) {
    return {exit_not_executable, path + " is a script whose interpreter does not exist"};
  }
  const bool gains_rights = ((status.st_mode & S_ISUID) != 0 && status.st_uid != ::geteuid()) ||
                            ((status.st_mode & S_ISGID) != 0 && status.st_gid != ::getegid());
  if (gains_rights) {
    return {exit_not_checked, file +
                                  " runs with other rights than yours (setuid or setgid): the loader ignores "
                                  "preloaded libraries there. Check a copy without that bit"};
  }
  const MappedFile mapped(file);
  const std::string_view bytes = mapped.bytes();
  const int dynamic = is_dynamic(bytes);
  if (dynamic < 0) return {exit_not_checked, file + " is no 64-bit ELF program or script: it cannot be checked"};
  if (dynamic == 0) {
    return {exit_not_checked, file +
                                  " is statically linked: nothing can be preloaded. Link it dynamically, or build it "
                                  "with allot's GeneralPurposeAllocator"};
  }
  if (const std::string sanitizer = sanitizer_of(bytes); !sanitizer.empty()) {
    return {exit_not_checked, file + " was built with " + sanitizer +
                                  ", which replaces malloc itself. Build it without "
                                  "that, or run it as it is and read the sanitizer's report"};
  }
  return {};
}

std::string find_library() {
  const char* named = std::getenv("ALLOT_CHECK_LIBRARY");
  if (named != nullptr) return named;
  const std::string here = own_folder();
  for (const char* place :
       {"/../lib/", "/../../lib/", "/../lib/x86_64-linux-gnu/", "/../lib/aarch64-linux-gnu/", "/../lib64/", "/"}) {
    const std::string candidate = here + place + library_name;
    std::error_code error;
    if (fs::exists(candidate, error)) return fs::canonical(candidate, error).string();
  }
  return "";
}

Ending run_checked(const std::vector<std::string>& command, const std::string& folder, const LibraryOptions& options,
                   unsigned seconds, bool& timed_out, bool quiet, const Meanwhile& meanwhile) {
  const IgnoreTerminalSignals ignore;
  // A signal to be forwarded waits until there is somebody to forward it to.
  sigset_t forwarded;
  sigset_t before;
  sigemptyset(&forwarded);
  if (meanwhile.forward != 0) sigaddset(&forwarded, meanwhile.forward);
  ::sigprocmask(SIG_BLOCK, &forwarded, &before);
  if (meanwhile.wait_for_all) ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const pid_t process = ::fork();
  if (process == 0) {
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    ignore.restore();
    become(command, folder, options, quiet);
  }
  forwarded_to = process > 0 ? process : 0;
  if (meanwhile.forward != 0) ::signal(meanwhile.forward, &forward_signal);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (process < 0) return {Ending::Kind::not_started, errno};
  const Ending ending = wait_for(process, seconds, timed_out, meanwhile);
  if (meanwhile.wait_for_all) wait_for_orphans();
  forwarded_to = 0;
  return ending;
}

int exit_code_of(const Ending& ending) {
  switch (ending.kind) {
    case Ending::Kind::exited:
      return ending.number;
    case Ending::Kind::signalled:
      return 128 + ending.number;
    case Ending::Kind::not_started:
      break;
  }
  return exit_not_executable;
}

}  // namespace allot::tool
