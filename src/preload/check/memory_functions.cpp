// memcpy and its kin, checked against the blocks they touch. Built without builtins: the compiler must not turn a loop
// here into a call of the function it stands in.
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "allot/runtime/access.hpp"
#include "entry.hpp"
#include "fortified.hpp"
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

// The first half of each function knows from last time that all is well, or lets the second look.

ALLOT_NOINLINE void* copy_closely(void* to, const void* from, size_t size, const runtime::Caller& caller) noexcept {
  if (!runtime::may_copy(to, from, size)) [[unlikely]] {
    check_read(from, size, caller);
    check_write(to, size, caller);
    check_no_overlap(to, from, size, caller);
  }
  return real.copy(to, from, size);
}

template <class Who>
[[gnu::always_inline]] inline void* checked_copy(void* to, const void* from, size_t size, const Who& who) noexcept {
  const bool known = runtime::is_known_good(to, size) && runtime::is_known_good(from, size);
  if (known && !runtime::overlap(to, from, size)) [[likely]]
    return real.copy(to, from, size);
  return copy_closely(to, from, size, who());
}

ALLOT_NOINLINE void* move_closely(void* to, const void* from, size_t size, const runtime::Caller& caller) noexcept {
  check_read(from, size, caller);
  check_write(to, size, caller);
  return real.move(to, from, size);
}

template <class Who>
[[gnu::always_inline]] inline void* checked_move(void* to, const void* from, size_t size, const Who& who) noexcept {
  if (runtime::is_known_good(to, size) && runtime::is_known_good(from, size)) [[likely]]
    return real.move(to, from, size);
  return move_closely(to, from, size, who());
}

ALLOT_NOINLINE void* fill_closely(void* memory, int byte, size_t size, const runtime::Caller& caller) noexcept {
  check_write(memory, size, caller);
  return real.fill(memory, byte, size);
}

template <class Who>
[[gnu::always_inline]] inline void* checked_fill(void* memory, int byte, size_t size, const Who& who) noexcept {
  if (runtime::is_known_good(memory, size)) [[likely]]
    return real.fill(memory, byte, size);
  return fill_closely(memory, byte, size, who());
}

size_t smaller(size_t left, size_t right) noexcept {
  return left < right ? left : right;
}

/// Reads up to the first difference only, as far as anybody can rely on.
ALLOT_NOINLINE int compare_closely(const void* left, const void* right, size_t size,
                                   const runtime::Caller& caller) noexcept {
  if (runtime::may_access_both(left, right, size)) [[likely]]
    return real.compare(left, right, size);
  const size_t room = smaller(size, smaller(runtime::room_at(left), runtime::room_at(right)));
  const int early = room < size ? real.compare(left, right, room) : 0;
  if (early != 0) return early;
  check_read(left, size, caller);
  check_read(right, size, caller);
  return real.compare(left, right, size);
}

template <class Who>
[[gnu::always_inline]] inline int checked_compare(const void* left, const void* right, size_t size,
                                                  const Who& who) noexcept {
  if (runtime::is_known_good(left, size) && runtime::is_known_good(right, size)) [[likely]]
    return real.compare(left, right, size);
  return compare_closely(left, right, size, who());
}

ALLOT_REAL(read);
ALLOT_REAL(pread);
ALLOT_REAL(recv);
ALLOT_REAL(write);
ALLOT_REAL(pwrite);
ALLOT_REAL(send);
ALLOT_REAL(recvfrom);
ALLOT_REAL(sendto);
ALLOT_REAL(readv);
ALLOT_REAL(writev);
ALLOT_REAL(recvmsg);
ALLOT_REAL(sendmsg);
ALLOT_REAL(fread);
ALLOT_REAL(fwrite);
ALLOT_REAL(fgets);

/// Bytes that arrived were written.
ssize_t checked_arrival(void* memory, ssize_t size, const runtime::Caller& caller) noexcept {
  if (size > 0) check_write(memory, static_cast<size_t>(size), caller);
  return size;
}

/// Of a message, which with MSG_TRUNC may have been larger than what was taken of it.
ssize_t checked_message(void* memory, size_t room, ssize_t size, const runtime::Caller& caller) noexcept {
  if (size > 0) check_write(memory, smaller(room, static_cast<size_t>(size)), caller);
  return size;
}

/// As above, spread over pieces in turn.
ssize_t checked_arrival(const iovec* pieces, size_t count, ssize_t size, const runtime::Caller& caller) noexcept {
  size_t rest = size > 0 ? static_cast<size_t>(size) : 0;
  for (size_t i = 0; i < count && rest != 0; ++i) {
    const size_t part = smaller(rest, pieces[i].iov_len);
    check_write(pieces[i].iov_base, part, caller);
    rest -= part;
  }
  return size;
}

void check_departure(const iovec* pieces, size_t count, const runtime::Caller& caller) noexcept {
  if (pieces == nullptr) return;  // the system's to refuse
  for (size_t i = 0; i < count; ++i) check_read(pieces[i].iov_base, pieces[i].iov_len, caller);
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
  return checked_copy(to, from, size, ALLOT_CALLER_IF_NEEDED("memcpy"));
}
ALLOT_EXPORT void* __memcpy_chk(void* to, const void* from, size_t size, size_t room) noexcept {
  check_object(to, size, room);
  return checked_copy(to, from, size, ALLOT_CALLER_IF_NEEDED("memcpy"));
}
ALLOT_EXPORT void* mempcpy(void* __restrict to, const void* __restrict from, size_t size) noexcept {
  return static_cast<char*>(checked_copy(to, from, size, ALLOT_CALLER_IF_NEEDED("mempcpy"))) + size;
}
ALLOT_EXPORT void* __mempcpy_chk(void* to, const void* from, size_t size, size_t room) noexcept {
  check_object(to, size, room);
  return static_cast<char*>(checked_copy(to, from, size, ALLOT_CALLER_IF_NEEDED("mempcpy"))) + size;
}
ALLOT_EXPORT void* memmove(void* to, const void* from, size_t size) noexcept {
  return checked_move(to, from, size, ALLOT_CALLER_IF_NEEDED("memmove"));
}
ALLOT_EXPORT void* __memmove_chk(void* to, const void* from, size_t size, size_t room) noexcept {
  check_object(to, size, room);
  return checked_move(to, from, size, ALLOT_CALLER_IF_NEEDED("memmove"));
}
ALLOT_EXPORT void bcopy(const void* from, void* to, size_t size) noexcept {
  checked_move(to, from, size, ALLOT_CALLER_IF_NEEDED("bcopy"));
}
ALLOT_EXPORT void* memset(void* memory, int byte, size_t size) noexcept {
  return checked_fill(memory, byte, size, ALLOT_CALLER_IF_NEEDED("memset"));
}
ALLOT_EXPORT void* __memset_chk(void* memory, int byte, size_t size, size_t room) noexcept {
  check_object(memory, size, room);
  return checked_fill(memory, byte, size, ALLOT_CALLER_IF_NEEDED("memset"));
}
ALLOT_EXPORT void bzero(void* memory, size_t size) noexcept {
  checked_fill(memory, 0, size, ALLOT_CALLER_IF_NEEDED("bzero"));
}
ALLOT_EXPORT void explicit_bzero(void* memory, size_t size) noexcept {
  checked_fill(memory, 0, size, ALLOT_CALLER_IF_NEEDED("explicit_bzero"));
}
ALLOT_EXPORT int memcmp(const void* left, const void* right, size_t size) noexcept {
  return checked_compare(left, right, size, ALLOT_CALLER_IF_NEEDED("memcmp"));
}
ALLOT_EXPORT int bcmp(const void* left, const void* right, size_t size) noexcept {
  return checked_compare(left, right, size, ALLOT_CALLER_IF_NEEDED("bcmp"));
}

ALLOT_EXPORT ssize_t read(int file, void* memory, size_t size) {
  return checked_arrival(memory, real_read(file, memory, size), ALLOT_CALLER("read"));
}
ALLOT_EXPORT ssize_t pread(int file, void* memory, size_t size, off_t offset) {
  return checked_arrival(memory, real_pread(file, memory, size, offset), ALLOT_CALLER("pread"));
}
ALLOT_EXPORT ssize_t recv(int socket, void* memory, size_t size, int flags) {
  return checked_message(memory, size, real_recv(socket, memory, size, flags), ALLOT_CALLER("recv"));
}
ALLOT_EXPORT ssize_t pread64(int file, void* memory, size_t size, off64_t offset) {
  return checked_arrival(memory, real_pread(file, memory, size, offset), ALLOT_CALLER("pread"));
}
ALLOT_EXPORT ssize_t recvfrom(int socket, void* __restrict memory, size_t size, int flags,
                              struct sockaddr* __restrict from, socklen_t* __restrict from_size) {
  const ssize_t got = real_recvfrom(socket, memory, size, flags, from, from_size);
  return checked_message(memory, size, got, ALLOT_CALLER("recvfrom"));
}
ALLOT_EXPORT ssize_t readv(int file, const struct iovec* pieces, int count) {
  const ssize_t got = real_readv(file, pieces, count);
  return checked_arrival(pieces, count > 0 ? static_cast<size_t>(count) : 0, got, ALLOT_CALLER("readv"));
}
ALLOT_EXPORT ssize_t recvmsg(int socket, struct msghdr* message, int flags) {
  const ssize_t got = real_recvmsg(socket, message, flags);
  return got < 0 ? got : checked_arrival(message->msg_iov, message->msg_iovlen, got, ALLOT_CALLER("recvmsg"));
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
ALLOT_EXPORT ssize_t pwrite64(int file, const void* memory, size_t size, off64_t offset) {
  check_read(memory, size, ALLOT_CALLER("pwrite"));
  return real_pwrite(file, memory, size, offset);
}
ALLOT_EXPORT ssize_t sendto(int socket, const void* memory, size_t size, int flags, const struct sockaddr* to,
                            socklen_t to_size) {
  check_read(memory, size, ALLOT_CALLER("sendto"));
  return real_sendto(socket, memory, size, flags, to, to_size);
}
ALLOT_EXPORT ssize_t writev(int file, const struct iovec* pieces, int count) {
  check_departure(pieces, count > 0 ? static_cast<size_t>(count) : 0, ALLOT_CALLER("writev"));
  return real_writev(file, pieces, count);
}
ALLOT_EXPORT ssize_t sendmsg(int socket, const struct msghdr* message, int flags) {
  if (message != nullptr) check_departure(message->msg_iov, message->msg_iovlen, ALLOT_CALLER("sendmsg"));
  return real_sendmsg(socket, message, flags);
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
