/* Its stack overflows, and no signal handler can run then. */
#include <stdlib.h>
#include <sys/resource.h>

static int dive(int depth) {
  volatile char room[4096];
  room[0] = (char)depth;
  return depth < 0 ? 0 : dive(depth + 1) + room[0];
}

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_STACK, &limit);
  limit.rlim_cur = 8 << 20;
  setrlimit(RLIMIT_STACK, &limit); /* the stack of some users has no end */
  free(malloc(10));
  return dive(1);
}
