#include "child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace allot::tool {

namespace {

/// The two ends of a pipe, closed at the end of the scope.
struct Pipe {
  int ends[2] = {-1, -1};

  Pipe() { (void)!::pipe2(ends, O_CLOEXEC); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
};

void forward_output(int descriptor, const std::function<void(std::string_view)>& on_output) {
  char buffer[4096];
  while (true) {
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    if (size > 0) {
      on_output(std::string_view(buffer, static_cast<std::size_t>(size)));
    } else if (size == 0 || errno != EINTR) {
      return;
    }
  }
}

Ending wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return {Ending::Kind::not_started, errno};
  }
  if (WIFSIGNALED(status)) return {Ending::Kind::signalled, WTERMSIG(status)};
  return {Ending::Kind::exited, WEXITSTATUS(status)};
}

}  // namespace

std::string describe(const Ending& ending) {
  switch (ending.kind) {
    case Ending::Kind::exited:
      return "exit code " + std::to_string(ending.number);
    case Ending::Kind::signalled: {
      const char* name = ::sigabbrev_np(ending.number);
      return std::string("ended by SIG") + (name != nullptr ? name : std::to_string(ending.number));
    }
    case Ending::Kind::not_started:
      break;
  }
  return std::string("could not start: ") + std::strerror(ending.number);
}

Ending run_program(const std::vector<std::string>& command, const std::function<void(std::string_view)>& on_output) {
  Pipe output;
  if (output.ends[0] < 0) return {Ending::Kind::not_started, errno};
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDERR_FILENO);
  pid_t process = 0;
  const int error = ::posix_spawn(&process, command[0].c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return {Ending::Kind::not_started, error};
  output.close_end(1);
  forward_output(output.ends[0], on_output);
  return wait_for(process);
}

}  // namespace allot::tool
