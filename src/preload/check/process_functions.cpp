// Functions that end a process, replace it, or start threads.
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "allot/runtime/leak_scan.hpp"
#include "allot/runtime/thread_stacks.hpp"
#include "allot/sys/stack.hpp"
#include "allot/sys/stopped_threads.hpp"
#include "allot/sys/trace_cache.hpp"
#include "entry.hpp"
#include "life.hpp"
#include "real_functions.hpp"

namespace allot::inline v0_1::preload {

namespace {

ALLOT_REAL(exit);
ALLOT_REAL(_exit);
ALLOT_REAL(_Exit);
ALLOT_REAL(quick_exit);
ALLOT_REAL(execve);
ALLOT_REAL(execv);
ALLOT_REAL(execvp);
ALLOT_REAL(execvpe);
ALLOT_REAL(fexecve);
ALLOT_REAL(dlclose);
ALLOT_REAL(pthread_create);

/// The lowest address of the function it stands in: its saved registers lie above.
#define ALLOT_STACK_POINTER() (__builtin_unwind_init(), reinterpret_cast<std::uintptr_t>(__builtin_alloca(16)))

using Main = int (*)(int, char**, char**);
constinit Main program_main = nullptr;

/// The frame of main is gone when this returns: what only it knew is lost.
int run_main(int argument_count, char** arguments, char** environment) {
  const int code = program_main(argument_count, arguments, environment);
  leave_from(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
  return code;
}

/// What a new thread is to do, handed over without memory.
struct Task {
  std::atomic<bool> taken{false};
  void* (*function)(void*) = nullptr;
  void* argument = nullptr;
  std::size_t stack_size = 0;
};

std::size_t stack_size_of(const pthread_attr_t* attributes) noexcept {
  std::size_t size = 0;
  if (attributes != nullptr) {
    pthread_attr_getstacksize(attributes, &size);
    return size;
  }
  pthread_attr_t usual;
  if (pthread_attr_init(&usual) != 0) return 0;
  pthread_attr_getstacksize(&usual, &size);
  pthread_attr_destroy(&usual);
  return size;
}

/// The C library puts what the thread pointer points at on top of the stack.
void know_own_stack(std::uintptr_t frame, std::size_t size) noexcept {
  const std::uintptr_t top = sys::own_thread_pointer();
  if (frame < top && top - frame < size) sys::tell_stack_bounds({top - size, top});
}

constexpr std::size_t task_count = 512;
constinit Task tasks[task_count];
constinit std::atomic<std::size_t> next_task{0};

[[gnu::constructor(101)]] void know_tasks() {
  runtime::add_leak_root(tasks, sizeof tasks);
}

/// A task of our own, or null when all are in use.
Task* take_task() noexcept {
  for (std::size_t tries = 0; tries < task_count; ++tries) {
    Task& task = tasks[next_task.fetch_add(1, std::memory_order_relaxed) % task_count];
    if (!task.taken.exchange(true, std::memory_order_acquire)) return &task;
  }
  return nullptr;
}

void thread_ends(void* frame) {
  runtime::thread_stacks::ended(reinterpret_cast<std::uintptr_t>(frame));
  sys::leave_trace_cache();
}

void* run_thread(void* handed_over) {
  Task& task = *static_cast<Task*>(handed_over);
  void* (*function)(void*) = task.function;
  void* argument = task.argument;
  const std::size_t stack_size = task.stack_size;
  task.taken.store(false, std::memory_order_release);
  void* const frame = __builtin_frame_address(0);
  know_own_stack(reinterpret_cast<std::uintptr_t>(frame), stack_size);
  runtime::thread_stacks::started(reinterpret_cast<std::uintptr_t>(frame));
  void* result = nullptr;
  pthread_cleanup_push(&thread_ends, frame);  // also when it leaves by pthread_exit or is cancelled
  result = function(argument);
  pthread_cleanup_pop(1);
  return result;
}

template <class Execute>
int execute(const Execute& real) {
  about_to_execute();
  const int result = real();
  did_not_execute();
  return result;
}

constexpr std::size_t most_arguments = 4096;

/// The arguments of execl and its kin as an array, behind `first`; the list stays behind the null.
void collect_arguments(const char* first, va_list& list, char** arguments) {
  std::size_t count = 0;
  for (const char* next = first; next != nullptr && count + 1 < most_arguments; next = va_arg(list, const char*)) {
    arguments[count++] = const_cast<char*>(next);
  }
  arguments[count] = nullptr;
}

}  // namespace
}  // namespace allot::inline v0_1::preload

using namespace allot::preload;
using allot::runtime::Ending;

ALLOT_EXPORT int __libc_start_main(Main main_function, int argument_count, char** arguments, void (*init)(),
                                   void (*fini)(), void (*loader_fini)(), void* stack_end) {
  using Start = int(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  Start* real = reinterpret_cast<Start*>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  program_main = main_function;
  note_start_of_program();
  return real(&run_main, argument_count, arguments, init, fini, loader_fini, stack_end);
}

ALLOT_EXPORT void exit(int code) noexcept {
  leave_from(ALLOT_STACK_POINTER());
  real_exit(code);
  __builtin_unreachable();
}

ALLOT_EXPORT void _exit(int code) {
  leave_from(ALLOT_STACK_POINTER());
  finish(Ending::left_at_once, code);
  real__exit(code);
  __builtin_unreachable();
}

ALLOT_EXPORT void _Exit(int code) noexcept {
  leave_from(ALLOT_STACK_POINTER());
  finish(Ending::left_at_once, code);
  real__Exit(code);
  __builtin_unreachable();
}

ALLOT_EXPORT void quick_exit(int code) noexcept {
  leave_from(ALLOT_STACK_POINTER());
  finish(Ending::left_at_once, code);
  real_quick_exit(code);
  __builtin_unreachable();
}

ALLOT_EXPORT int execve(const char* path, char* const arguments[], char* const environment[]) noexcept {
  return execute([&] { return real_execve(path, arguments, environment); });
}

ALLOT_EXPORT int execv(const char* path, char* const arguments[]) noexcept {
  return execute([&] { return real_execv(path, arguments); });
}

ALLOT_EXPORT int execvp(const char* file, char* const arguments[]) noexcept {
  return execute([&] { return real_execvp(file, arguments); });
}

ALLOT_EXPORT int execvpe(const char* file, char* const arguments[], char* const environment[]) noexcept {
  return execute([&] { return real_execvpe(file, arguments, environment); });
}

ALLOT_EXPORT int fexecve(int file, char* const arguments[], char* const environment[]) noexcept {
  return execute([&] { return real_fexecve(file, arguments, environment); });
}

ALLOT_EXPORT int execl(const char* path, const char* first, ...) noexcept {
  char* arguments[most_arguments];
  va_list list;
  va_start(list, first);
  collect_arguments(first, list, arguments);
  va_end(list);
  return execute([&] { return real_execv(path, arguments); });
}

ALLOT_EXPORT int execlp(const char* file, const char* first, ...) noexcept {
  char* arguments[most_arguments];
  va_list list;
  va_start(list, first);
  collect_arguments(first, list, arguments);
  va_end(list);
  return execute([&] { return real_execvp(file, arguments); });
}

ALLOT_EXPORT int execle(const char* path, const char* first, ...) noexcept {
  char* arguments[most_arguments];
  va_list list;
  va_start(list, first);
  collect_arguments(first, list, arguments);
  char* const* environment = va_arg(list, char* const*);
  va_end(list);
  return execute([&] { return real_execve(path, arguments, environment); });
}

/// A closed library takes its names with it: they are noted before.
ALLOT_EXPORT int dlclose(void* handle) noexcept {
  if (ready()) note_modules();
  return real_dlclose(handle);
}

ALLOT_EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*function)(void*),
                                void* argument) noexcept {
  Task* task = take_task();
  if (task == nullptr) return real_pthread_create(thread, attributes, function, argument);
  task->function = function;
  task->argument = argument;
  task->stack_size = stack_size_of(attributes);
  const int error = real_pthread_create(thread, attributes, &run_thread, task);
  if (error != 0) task->taken.store(false, std::memory_order_release);
  return error;
}
