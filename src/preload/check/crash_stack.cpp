#include "crash_stack.hpp"

#include <setjmp.h>

#include <atomic>

#include "allot/sys/mappings.hpp"
#include "allot/sys/stack.hpp"
#include "allot/sys/thread_number.hpp"

namespace allot::inline v0_1::preload {

namespace {

constexpr std::size_t most_walked = 64;  // our handler's own frames among them

// The walk's result lies here, not on the stack, because a fault may end it at any frame.
constinit std::uintptr_t walked[most_walked];
constinit std::atomic<std::size_t> walked_count{0};
constinit sigjmp_buf walk_failed{};
constinit std::atomic<std::uint32_t> walking_thread{0};  // its number + 1

std::uint32_t own_mark() noexcept {
  return sys::current_thread_number() + 1;
}

void walk() noexcept {
  walked_count.store(0);
  if (::sigsetjmp(walk_failed, 0) == 0) {
    walking_thread.store(own_mark());
    sys::walk_by_runtime(walked, walked_count);
  }
  walking_thread.store(0);
}

struct CodeSearch {
  std::uintptr_t code;
  bool found;
};

void take_if_code(void* context, const sys::LoadedModule& module) noexcept {
  CodeSearch& search = *static_cast<CodeSearch*>(context);
  if (search.code >= module.begin && search.code < module.end) search.found = true;
}

bool is_code(std::uintptr_t address) noexcept {
  CodeSearch search{address, false};
  sys::for_each_module(&search, &take_if_code);
  return search.found;
}

struct Registers {
  std::uintptr_t code;
  std::uintptr_t stack;
  std::uintptr_t frame;
};

Registers registers_of(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
  const greg_t* all = context.uc_mcontext.gregs;
  return {static_cast<std::uintptr_t>(all[REG_RIP]), static_cast<std::uintptr_t>(all[REG_RSP]),
          static_cast<std::uintptr_t>(all[REG_RBP])};
#else
  return {context.uc_mcontext.pc, context.uc_mcontext.sp, context.uc_mcontext.regs[29]};
#endif
}

}  // namespace

CrashStack::CrashStack(const ucontext_t& context) noexcept : records_{} {
  const Registers registers = registers_of(context);
  if (is_code(registers.code)) {
    walk();
    const std::size_t end = walked_count.load();
    std::size_t first = 0;
    while (first < end && walked[first] != registers.code) ++first;
    for (; first < end; ++first) add(walked[first]);
    if (count_ == 0) add(registers.code);
    return;
  }
  // A call of what is no code: its return address was pushed last, and the caller's frame pointer still stands.
  const bool has_stack = sys::current_stack_bounds().contains(registers.stack);
  const std::uintptr_t top = has_stack ? *reinterpret_cast<const std::uintptr_t*>(registers.stack) : 0;
  add(is_code(top) ? top : registers.code);
  if (is_code(top)) records_[0][0] = registers.frame;
}

void CrashStack::add(std::uintptr_t code) noexcept {
  if (count_ == most_frames) return;
  if (count_ != 0) records_[count_ - 1][0] = reinterpret_cast<std::uintptr_t>(&records_[count_]);
  records_[count_++][1] = code;
}

runtime::Caller CrashStack::caller(std::string_view name) const noexcept {
  return {name, {&records_[0], records_[0][1]}, sys::StackMethod::frame_pointers};
}

void CrashStack::faulted() noexcept {
  if (walking_thread.load() == own_mark()) ::siglongjmp(walk_failed, 1);
}

}  // namespace allot::inline v0_1::preload
