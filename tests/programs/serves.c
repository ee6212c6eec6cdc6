/* For --leak-signal: leaks, says that it is ready, leaks more when it is sent a line, and so on until its input ends. */
#include <stdio.h>
#include <stdlib.h>

static void leak(size_t size) {
  void* volatile lost = malloc(size);
  lost = NULL;
}

/* Overwrites the stack below, where old pointers may lie. */
static void clear_stack(void) {
  volatile char room[8192];
  for (size_t i = 0; i < sizeof room; ++i) room[i] = 0;
}

int main(void) {
  size_t size = 100;
  do {
    leak(size++);
    clear_stack();
    printf("ready\n");
    fflush(stdout);
  } while (getchar() != EOF);
  return 0;
}
