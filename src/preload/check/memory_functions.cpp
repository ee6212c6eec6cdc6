// memcpy and its kin, checked against the blocks they touch. Built without builtins: the compiler must not turn a loop
// here into a call of the function it stands in.
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "allot/runtime/access.hpp"
#include "entry.hpp"
#include "real_functions.hpp"

namespace allot::inline v0_1::preload {

namespace {

using runtime::check_no_overlap;
using runtime::check_read;
using runtime::check_write;

// Before the loader has told us where the real ones are, these do.
void* copy_forward(void* to, const void* from, size_t size) noexcept {
  auto* out = static_cast<volatile char*>(to);
  const auto* in = static_cast<const char*>(from);
  for (size_t i = 0; i < size; ++i) out[i] = in[i];
  return to;
}

void* copy_any_way(void* to, const void* from, size_t size) noexcept {
  if (to <= from) return copy_forward(to, from, size);
  auto* out = static_cast<volatile char*>(to);
  const auto* in = static_cast<const char*>(from);
  for (size_t i = size; i-- > 0;) out[i] = in[i];
  return to;
}

void* fill(void* memory, int byte, size_t size) noexcept {
  auto* out = static_cast<volatile char*>(memory);
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(byte);
  return memory;
}

int compare(const void* left, const void* right, size_t size) noexcept {
  const auto* a = static_cast<const volatile unsigned char*>(left);
  const auto* b = static_cast<const volatile unsigned char*>(right);
  for (size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

using Copy = void*(void*, const void*, size_t) noexcept;
using Fill = void*(void*, int, size_t) noexcept;
using Compare = int(const void*, const void*, size_t) noexcept;

struct RealMemory {
  Copy* copy = &copy_forward;
  Copy* move = &copy_any_way;
  Fill* fill = &preload::fill;
  Compare* compare = &preload::compare;
};

constinit RealMemory real;

/// As soon as the libraries are relocated. Looking them up may allocate, so not in the middle of a copy.
[[gnu::constructor(101)]] void find_real_memory() {
  if (void* found = ::dlsym(RTLD_NEXT, "memcpy")) real.copy = reinterpret_cast<Copy*>(found);
  if (void* found = ::dlsym(RTLD_NEXT, "memmove")) real.move = reinterpret_cast<Copy*>(found);
  if (void* found = ::dlsym(RTLD_NEXT, "memset")) real.fill = reinterpret_cast<Fill*>(found);
  if (void* found = ::dlsym(RTLD_NEXT, "memcmp")) real.compare = reinterpret_cast<Compare*>(found);
}

[[gnu::always_inline]] inline void* checked_copy(void* to, const void* from, size_t size,
                                                 const runtime::Caller& caller) noexcept {
  check_read(from, size, caller);
  check_write(to, size, caller);
  check_no_overlap(to, from, size, caller);
  return real.copy(to, from, size);
}

[[gnu::always_inline]] inline void* checked_move(void* to, const void* from, size_t size,
                                                 const runtime::Caller& caller) noexcept {
  check_read(from, size, caller);
  check_write(to, size, caller);
  return real.move(to, from, size);
}

[[gnu::always_inline]] inline void* checked_fill(void* memory, int byte, size_t size,
                                                 const runtime::Caller& caller) noexcept {
  check_write(memory, size, caller);
  return real.fill(memory, byte, size);
}

size_t smaller(size_t left, size_t right) noexcept {
  return left < right ? left : right;
}

/// Reads up to the first difference only, as far as anybody can rely on.
[[gnu::always_inline]] inline int checked_compare(const void* left, const void* right, size_t size,
                                                  const runtime::Caller& caller) noexcept {
  const size_t room = smaller(size, smaller(runtime::room_at(left), runtime::room_at(right)));
  const int early = room < size ? real.compare(left, right, room) : 0;
  if (early != 0) return early;
  check_read(left, size, caller);
  check_read(right, size, caller);
  return real.compare(left, right, size);
}

ALLOT_REAL(read);
ALLOT_REAL(pread);
ALLOT_REAL(recv);
ALLOT_REAL(write);
ALLOT_REAL(pwrite);
ALLOT_REAL(send);
ALLOT_REAL(fread);
ALLOT_REAL(fwrite);
ALLOT_REAL(fgets);

/// Bytes that arrived were written.
ssize_t checked_arrival(void* memory, ssize_t size, const runtime::Caller& caller) noexcept {
  if (size > 0) check_write(memory, static_cast<size_t>(size), caller);
  return size;
}

}  // namespace
}  // namespace allot::inline v0_1::preload

using namespace allot::preload;

// What the checker itself does with memory is not checked: the linker sends its calls here (--wrap).
extern "C" void* __wrap_memcpy(void* to, const void* from, size_t size) {
  return real.copy(to, from, size);
}
extern "C" void* __wrap_memmove(void* to, const void* from, size_t size) {
  return real.move(to, from, size);
}
extern "C" void* __wrap_memset(void* memory, int byte, size_t size) {
  return real.fill(memory, byte, size);
}
extern "C" int __wrap_memcmp(const void* left, const void* right, size_t size) {
  return real.compare(left, right, size);
}

ALLOT_EXPORT void* memcpy(void* __restrict to, const void* __restrict from, size_t size) noexcept {
  return checked_copy(to, from, size, ALLOT_CALLER("memcpy"));
}
ALLOT_EXPORT void* __memcpy_chk(void* to, const void* from, size_t size, size_t) noexcept {
  return checked_copy(to, from, size, ALLOT_CALLER("memcpy"));
}
ALLOT_EXPORT void* mempcpy(void* __restrict to, const void* __restrict from, size_t size) noexcept {
  return static_cast<char*>(checked_copy(to, from, size, ALLOT_CALLER("mempcpy"))) + size;
}
ALLOT_EXPORT void* __mempcpy_chk(void* to, const void* from, size_t size, size_t) noexcept {
  return static_cast<char*>(checked_copy(to, from, size, ALLOT_CALLER("mempcpy"))) + size;
}
ALLOT_EXPORT void* memmove(void* to, const void* from, size_t size) noexcept {
  return checked_move(to, from, size, ALLOT_CALLER("memmove"));
}
ALLOT_EXPORT void* __memmove_chk(void* to, const void* from, size_t size, size_t) noexcept {
  return checked_move(to, from, size, ALLOT_CALLER("memmove"));
}
ALLOT_EXPORT void bcopy(const void* from, void* to, size_t size) noexcept {
  checked_move(to, from, size, ALLOT_CALLER("bcopy"));
}
ALLOT_EXPORT void* memset(void* memory, int byte, size_t size) noexcept {
  return checked_fill(memory, byte, size, ALLOT_CALLER("memset"));
}
ALLOT_EXPORT void* __memset_chk(void* memory, int byte, size_t size, size_t) noexcept {
  return checked_fill(memory, byte, size, ALLOT_CALLER("memset"));
}
ALLOT_EXPORT void bzero(void* memory, size_t size) noexcept {
  checked_fill(memory, 0, size, ALLOT_CALLER("bzero"));
}
ALLOT_EXPORT void explicit_bzero(void* memory, size_t size) noexcept {
  checked_fill(memory, 0, size, ALLOT_CALLER("explicit_bzero"));
}
ALLOT_EXPORT int memcmp(const void* left, const void* right, size_t size) noexcept {
  return checked_compare(left, right, size, ALLOT_CALLER("memcmp"));
}
ALLOT_EXPORT int bcmp(const void* left, const void* right, size_t size) noexcept {
  return checked_compare(left, right, size, ALLOT_CALLER("bcmp"));
}

ALLOT_EXPORT ssize_t read(int file, void* memory, size_t size) {
  return checked_arrival(memory, real_read(file, memory, size), ALLOT_CALLER("read"));
}
ALLOT_EXPORT ssize_t pread(int file, void* memory, size_t size, off_t offset) {
  return checked_arrival(memory, real_pread(file, memory, size, offset), ALLOT_CALLER("pread"));
}
ALLOT_EXPORT ssize_t recv(int socket, void* memory, size_t size, int flags) {
  return checked_arrival(memory, real_recv(socket, memory, size, flags), ALLOT_CALLER("recv"));
}
ALLOT_EXPORT ssize_t write(int file, const void* memory, size_t size) {
  check_read(memory, size, ALLOT_CALLER("write"));
  return real_write(file, memory, size);
}
ALLOT_EXPORT ssize_t pwrite(int file, const void* memory, size_t size, off_t offset) {
  check_read(memory, size, ALLOT_CALLER("pwrite"));
  return real_pwrite(file, memory, size, offset);
}
ALLOT_EXPORT ssize_t send(int socket, const void* memory, size_t size, int flags) {
  check_read(memory, size, ALLOT_CALLER("send"));
  return real_send(socket, memory, size, flags);
}
ALLOT_EXPORT size_t fread(void* __restrict memory, size_t size, size_t count, FILE* __restrict file) {
  const size_t got = real_fread(memory, size, count, file);
  check_write(memory, got * size, ALLOT_CALLER("fread"));
  return got;
}
ALLOT_EXPORT size_t fwrite(const void* __restrict memory, size_t size, size_t count, FILE* __restrict file) {
  check_read(memory, size * count, ALLOT_CALLER("fwrite"));
  return real_fwrite(memory, size, count, file);
}
ALLOT_EXPORT char* fgets(char* __restrict text, int size, FILE* __restrict file) {
  char* result = real_fgets(text, size, file);
  if (result != nullptr) check_write(text, strlen(text) + 1, ALLOT_CALLER("fgets"));
  return result;
}
