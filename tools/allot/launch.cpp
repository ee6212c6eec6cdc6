#include "launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
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

#include "elf_file.hpp"

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

/// This command's environment, and what the library needs to be loaded and told.
std::vector<std::string> environment_of(const std::string& folder, const LibraryOptions& options) {
  const char* others = std::getenv("LD_PRELOAD");
  const std::string preload = find_library() + (others != nullptr && *others != '\0' ? ":" + std::string(others) : "");
  std::string text;
  for (auto [name, value] : options) {
    std::replace(value.begin(), value.end(), ':', '\1');
    text += (text.empty() ? "" : ":") + name + "=" + value;
  }
  std::vector<std::string> environment;
  const auto is_replaced = [](std::string_view variable) {
    return variable.starts_with("LD_PRELOAD=") || variable.starts_with("ALLOT_CHECK_RECORDS=") ||
           variable.starts_with("ALLOT_CHECK_OPTIONS=");
  };
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!is_replaced(*variable)) environment.emplace_back(*variable);
  }
  environment.push_back("LD_PRELOAD=" + preload);
  environment.push_back("ALLOT_CHECK_RECORDS=" + folder);
  environment.push_back("ALLOT_CHECK_OPTIONS=" + text);
  return environment;
}

/// The strings as exec takes them, valid as long as they are.
std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Starts the program, and waits until it is one of its own. An errno value, 0: it runs. `mask` and `defaults` are the
/// signals that it finds blocked, and reset.
int start(const std::vector<std::string>& command, const std::vector<std::string>& environment, bool quiet,
          const sigset_t& mask, const sigset_t& defaults, pid_t& process) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    if (quiet) ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  ::posix_spawnattr_setsigmask(&attributes, &mask);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  const int error = ::posix_spawnp(&process, command[0].c_str(), &actions, &attributes, pointers_to(command).data(),
                                   pointers_to(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// The program is alone in getting the terminal's signals seriously: this command waits for it and reports.
class IgnoreTerminalSignals {
 public:
  IgnoreTerminalSignals() : interrupt_(::signal(SIGINT, SIG_IGN)), quit_(::signal(SIGQUIT, SIG_IGN)) {}
  IgnoreTerminalSignals(const IgnoreTerminalSignals&) = delete;
  IgnoreTerminalSignals& operator=(const IgnoreTerminalSignals&) = delete;
  ~IgnoreTerminalSignals() {
    ::signal(SIGINT, interrupt_);
    ::signal(SIGQUIT, quit_);
  }

  /// Those that were not ignored before.
  [[nodiscard]] sigset_t taken_seriously_before() const {
    sigset_t signals;
    sigemptyset(&signals);
    if (interrupt_ != SIG_IGN) sigaddset(&signals, SIGINT);
    if (quit_ != SIG_IGN) sigaddset(&signals, SIGQUIT);
    return signals;
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
  const Linkage linkage = linkage_of(bytes);
  if (linkage == Linkage::not_ours)
    return {exit_not_checked, file + " is no 64-bit ELF program or script: it cannot be checked"};
  if (linkage == Linkage::fixed) {
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
    if (fs::exists(candidate, error)) return fs::path(candidate).lexically_normal().string();
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
  pid_t process = 0;
  const int error =
      start(command, environment_of(folder, options), quiet, before, ignore.taken_seriously_before(), process);
  forwarded_to = process;
  if (meanwhile.forward != 0) ::signal(meanwhile.forward, &forward_signal);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) return {Ending::Kind::not_started, error};
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
