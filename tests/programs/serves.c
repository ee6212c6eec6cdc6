/* For --leak-signal: leaks, says that it is ready, leaks more when it is sent a line, and so on until its input ends. */
#include <stdio.h>
#include <stdlib.h>

static void leak(size_t size) {
  void* volatile lost = malloc(size);
  lost = NULL;
}

int main(void) {
  size_t size = 100;
  do {
    leak(size++);
    printf("ready\n");
    fflush(stdout);
  } while (getchar() != EOF);
  return 0;
}
