/* Its stack overflows, and no signal handler can run then. */
#include <stdlib.h>

static int dive(int depth) {
  volatile char room[4096];
  room[0] = (char)depth;
  return depth < 0 ? 0 : dive(depth + 1) + room[0];
}

int main(void) {
  free(malloc(10));
  return dive(1);
}
