// Strings printed, searched, and copied beyond their blocks, and memory functions that begin in front of one.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bugs.hpp"

namespace bugs {
namespace {

constexpr std::size_t wide_size = sizeof(wchar_t);

/// A block without a terminator, of a size that the checker's pattern follows at once.
char* unterminated(std::size_t size) {
  char* p = static_cast<char*>(malloc(size));
  memset(p, 'x', size);
  return opaque(p);
}
wchar_t* wide_unterminated(std::size_t count) {
  wchar_t* p = static_cast<wchar_t*>(malloc(count * wide_size));
  wmemset(p, L'x', count);
  return opaque(p);
}
FILE* sink() {
  return fopen("/dev/null", "w");
}
int print_list(FILE* file, const char* format, ...) {
  va_list list;
  va_start(list, format);
  const int result = vfprintf(file, format, list);
  va_end(list);
  return result;
}

int printf_unterminated() {
  char* p = unterminated(24);
  printf("%d %s\n", 1, p);
  free(p);
  return 0;
}
int printf_of_freed() {
  char* p = strdup("some text");
  free(p);
  printf("%5.2f %Lf %s\n", 1.0, 2.0L, opaque(p));
  return 0;
}
int printf_precision_past() {
  char* p = unterminated(8);
  printf("%.*s\n", 12, p);
  free(p);
  return 0;
}
int fprintf_unterminated() {
  char* p = unterminated(24);
  FILE* file = sink();
  fprintf(file, "%c%ld%-10s", 'a', 5L, p);
  fclose(file);
  free(p);
  return 0;
}
int vfprintf_unterminated() {
  char* p = unterminated(24);
  FILE* file = sink();
  print_list(file, "%zu %s", sizeof p, p);
  fclose(file);
  free(p);
  return 0;
}
int asprintf_of_freed() {
  char* p = strdup("some text");
  free(p);
  char* text = nullptr;
  if (asprintf(&text, "<%s>", opaque(p)) >= 0) free(text);
  return 0;
}
int snprintf_reads_unterminated() {
  char* p = unterminated(16);
  char to[8];
  snprintf(to, sizeof to, "%s", p);
  free(p);
  return 0;
}
int puts_of_freed() {
  char* p = strdup("some text");
  free(p);
  puts(opaque(p));
  return 0;
}
int fputs_unterminated() {
  char* p = unterminated(16);
  FILE* file = sink();
  fputs(p, file);
  fclose(file);
  free(p);
  return 0;
}
int wprintf_of_freed() {
  wchar_t* p = wcsdup(L"some text");
  free(p);
  wprintf(L"%ls\n", opaque(p));
  return 0;
}
int printf_of_freed_wide() {
  wchar_t* p = wcsdup(L"some text");
  free(p);
  printf("%ls\n", opaque(p));
  return 0;
}
int swprintf_past() {
  wchar_t* p = wide_unterminated(4);
  swprintf(p, 8, L"%d", 12345);
  free(p);
  return 0;
}
int wcsncat_past() {
  wchar_t* p = wide_unterminated(4);
  p[2] = L'\0';
  wcsncat(p, L"yyy", 2);
  free(p);
  return 0;
}
int wcsncpy_reads_past() {
  wchar_t* p = wide_unterminated(4);
  wchar_t to[8];
  wcsncpy(to, p, 8);
  free(p);
  return 0;
}
int wcsdup_unterminated() {
  wchar_t* p = wide_unterminated(4);
  free(wcsdup(p));
  free(p);
  return 0;
}
int wmemcmp_past() {
  wchar_t* p = wide_unterminated(4);
  wchar_t* q = wide_unterminated(4);
  wmemset(opaque(q), L'x', 4);
  const int result = wmemcmp(p, q, 5);
  free(p);
  free(q);
  return opaque(result) == 12345;
}
int strchr_unterminated() {
  char* p = unterminated(16);
  const char* found = strchr(p, 'q');
  free(p);
  return opaque(found) == p + 5;
}
int strrchr_of_freed() {
  char* p = strdup("path/name");
  free(p);
  return strrchr(opaque(p), '/') == p;
}
int strstr_unterminated() {
  char* p = unterminated(16);
  const char* found = strstr(p, "y");
  free(p);
  return opaque(found) == p + 5;
}
int strtok_of_freed() {
  char* p = strdup("a,b");
  free(p);
  return strtok(opaque(p), ",") == nullptr;
}
int strcspn_unterminated() {
  char* p = unterminated(16);
  const std::size_t length = strcspn(p, "q");
  free(p);
  return opaque(length) == 5;
}
int memchr_past() {
  char* p = unterminated(16);
  const void* found = memchr(p, 'q', 20);
  free(p);
  return opaque(found) == p + 5;
}

int atoi_of_freed() {
  char* p = strdup("12");
  free(p);
  return atoi(opaque(p)) == 77;
}
int strtod_unterminated() {
  char* p = unterminated(16);
  memset(p, '1', 16);
  const double number = strtod(p, nullptr);
  free(p);
  return opaque(number) < 0;
}
int readv_past() {
  char* p = unterminated(4);
  char first[2];
  int ends[2];
  if (pipe(ends) != 0 || write(ends[1], "12345678", 8) != 8) return 1;
  const iovec pieces[] = {{first, 2}, {p, 6}};
  (void)!readv(ends[0], pieces, 2);
  free(p);
  return 0;
}
int sendto_past() {
  char* p = unterminated(4);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return 1;
  (void)!sendto(ends[0], p, 8, 0, nullptr, 0);
  free(p);
  return 0;
}
int pread64_past() {
  char* p = unterminated(4);
  const int file = open("/proc/self/exe", O_RDONLY);
  (void)!pread64(file, p, 8, 0);
  close(file);
  free(p);
  return 0;
}

/// In front of the first block of its size: nothing else's place.
int memcpy_read_before() {
  char* p = unterminated(900);
  char to[16];
  memcpy(to, p - 8, sizeof to);
  free(p);
  return opaque(to)[0] == 0;
}
/// In front of a block that follows another one.
int memcpy_read_before_next() {
  char* before = unterminated(900);
  char* p = unterminated(900);
  char to[16];
  memcpy(to, p - 8, sizeof to);
  free(p);
  free(before);
  return opaque(to)[0] == 0;
}
int memcpy_read_before_large() {
  char* p = unterminated(300000);
  char to[16];
  memcpy(to, p - 8, sizeof to);
  free(p);
  return opaque(to)[0] == 0;
}
/// Behind the last block of its size, where no block has been yet.
int memcpy_read_far_past() {
  char* p = unterminated(700);
  char to[16];
  memcpy(to, p + 2000, sizeof to);
  free(p);
  return opaque(to)[0] == 0;
}

// Clean ones.
int clean_numbers() {
  char* p = unterminated(4);
  memcpy(p, "12 x", 4);
  char* end = nullptr;
  const bool fine = atoi(p) == 12 && strtol(p, &end, 10) == 12 && end == p + 2 && strtoul("ff", nullptr, 16) == 255 &&
                    atof(p) == 12.0 && strtoll(p + 3, &end, 10) == 0 && end == p + 3;
  free(p);
  return fine ? 0 : 1;
}
int clean_messages() {
  char* p = unterminated(4);
  char* q = unterminated(8);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return 1;
  bool fine = send(ends[0], q, 8, 0) == 8 && recv(ends[1], p, 4, MSG_TRUNC) == 8;
  iovec pieces[] = {{p, 4}, {q, 8}};
  msghdr message = {};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  fine = sendmsg(ends[0], &message, 0) == 12 && recvmsg(ends[1], &message, 0) == 12 && fine;
  fine = writev(ends[0], pieces, 2) == 12 && readv(ends[1], pieces, 2) == 12 && fine;
  free(p);
  free(q);
  return fine ? 0 : 1;
}
int clean_prints() {
  char* p = unterminated(8);
  char* text = strdup("text");
  wchar_t* wide = wcsdup(L"wide");
  wchar_t* wide_block = wide_unterminated(3);
  wchar_t to[64];
  int written = 0;
  bool fine = printf("%.8s %.*s %3$s\n", p, 8, p) != 0;
  fine = printf("%2$s %1$d\n", 5, text) == 7 && fine;
  fine = printf("%%%-5d%+.2e%Lg%c%lc%hhd%lld%jd%zu%td%p%n%m%s%s\n", 1, 2.0, 3.0L, 'c', L'w', 4, 5LL,
                static_cast<std::intmax_t>(6), sizeof p, p - p, static_cast<void*>(p), &written, text,
                static_cast<const char*>(nullptr)) > 0 &&
         fine;
  fine = swprintf(to, 64, L"%s %ls %.3ls %.*s", text, wide, wide_block, 8, p) == 22 && fine;
  fine = swprintf(to, 4, L"%s", "far too long") < 0 && fine;
  puts(text);
  free(p);
  free(text);
  free(wide);
  free(wide_block);
  return fine && written > 0 ? 0 : 1;
}
int clean_searches() {
  char* p = strdup("a=b");
  char* q = unterminated(4);
  const bool fine = strchr(p, '=') == p + 1 && strchr(p, 0) == p + 3 && strchr(p, 'z') == nullptr &&
                    strrchr(p, 'b') == p + 2 && strstr(p, "=b") == p + 1 && strstr(p, "zz") == nullptr &&
                    memchr(q, 'x', 100) == q && memchr(q, 'y', 4) == nullptr && strchr(q, 'x') == q &&
                    strcspn(q, "x") == 0 && strspn(p, "a=") == 2 && strcmp(strtok(p, "="), "a") == 0 &&
                    strcmp(strtok(nullptr, "="), "b") == 0;
  free(p);
  free(q);
  return fine ? 0 : 1;
}
int clean_wide() {
  wchar_t* p = static_cast<wchar_t*>(malloc(8 * wide_size));
  wcscpy(p, L"abc");
  wcscat(p, L"def");
  wcsncat(p, L"ghi", 1);
  wchar_t* q = wide_unterminated(4);
  const bool fine = wcslen(p) == 7 && wcscmp(p, L"abcdefg") == 0 && wcsncmp(p, L"abx", 2) == 0 && wcsnlen(q, 4) == 4 &&
                    wcsncmp(q, L"xxxx", 4) == 0 && wcscmp(q, L"y") != 0 && wmemcmp(q, L"xxxy", 4) != 0;
  wcsncpy(p, q, 4);
  free(p);
  free(q);
  return fine ? 0 : 1;
}

/// What dlerror returned, and what it has yet to return, outlives first calls of functions that stand in for others.
int clean_dlerror() {
  if (dlopen("/no/such/library.so", RTLD_NOW) != nullptr) return 1;
  const char* error = dlerror();
  if (error == nullptr) return 2;
  FILE* file = sink();
  fprintf(file, "%s", error);
  if (strcasestr(error, "no/such") == nullptr || strspn(error, "/") != 1) return 3;
  (void)dlopen("/nor/this.so", RTLD_NOW);
  if (strncasecmp(error, "/NO", 0) != 0 || wcscspn(L"ab", L"b") != 1 || fputs("x", file) < 0) return 4;
  if (fclose(file) != 0) return 5;
  error = dlerror();
  return error != nullptr && strstr(error, "nor/this") != nullptr ? 0 : 6;
}

}  // namespace

const Program string_programs[] = {
    {"clean_dlerror", "", &clean_dlerror},
    {"printf_unterminated", "read-out-of-bounds", &printf_unterminated},
    {"printf_of_freed", "read-of-freed", &printf_of_freed},
    {"printf_precision_past", "read-out-of-bounds", &printf_precision_past},
    {"fprintf_unterminated", "read-out-of-bounds", &fprintf_unterminated},
    {"vfprintf_unterminated", "read-out-of-bounds", &vfprintf_unterminated},
    {"asprintf_of_freed", "read-of-freed", &asprintf_of_freed},
    {"snprintf_reads_unterminated", "read-out-of-bounds", &snprintf_reads_unterminated},
    {"puts_of_freed", "read-of-freed", &puts_of_freed},
    {"fputs_unterminated", "read-out-of-bounds", &fputs_unterminated},
    {"wprintf_of_freed", "read-of-freed", &wprintf_of_freed},
    {"printf_of_freed_wide", "read-of-freed", &printf_of_freed_wide},
    {"swprintf_past", "write-out-of-bounds,write-past-end", &swprintf_past},
    {"wcsncat_past", "write-out-of-bounds,write-past-end", &wcsncat_past},
    {"wcsncpy_reads_past", "read-out-of-bounds", &wcsncpy_reads_past},
    {"wcsdup_unterminated", "read-out-of-bounds", &wcsdup_unterminated},
    {"wmemcmp_past", "read-out-of-bounds", &wmemcmp_past},
    {"strchr_unterminated", "read-out-of-bounds", &strchr_unterminated},
    {"strrchr_of_freed", "read-of-freed", &strrchr_of_freed},
    {"strstr_unterminated", "read-out-of-bounds", &strstr_unterminated},
    {"strtok_of_freed", "read-of-freed", &strtok_of_freed},
    {"strcspn_unterminated", "read-out-of-bounds", &strcspn_unterminated},
    {"memchr_past", "read-out-of-bounds", &memchr_past},
    {"atoi_of_freed", "read-of-freed", &atoi_of_freed},
    {"strtod_unterminated", "read-out-of-bounds", &strtod_unterminated},
    {"readv_past", "write-out-of-bounds,write-past-end", &readv_past},
    {"sendto_past", "read-out-of-bounds", &sendto_past},
    {"pread64_past", "write-out-of-bounds,write-past-end", &pread64_past},
    {"memcpy_read_before", "read-out-of-bounds", &memcpy_read_before},
    {"memcpy_read_before_next", "read-out-of-bounds", &memcpy_read_before_next},
    {"memcpy_read_before_large", "read-out-of-bounds", &memcpy_read_before_large},
    {"memcpy_read_far_past", "read-out-of-bounds", &memcpy_read_far_past},
    {"clean_numbers", "", &clean_numbers},
    {"clean_messages", "", &clean_messages},
    {"clean_prints", "", &clean_prints},
    {"clean_searches", "", &clean_searches},
    {"clean_wide", "", &clean_wide},
    {nullptr, nullptr, nullptr},
};

}  // namespace bugs
