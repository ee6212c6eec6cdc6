/* Ends without freeing what only main knows; with an argument, leaves a process behind that goes on. */
#include <stdlib.h>
#include <unistd.h>

static void free_twice(void) {
  void* volatile block = malloc(30);
  free(block);
  free(block);
}

/* Comes back when the other process runs. */
static void leave_one_behind(void) {
  int ends[2];
  char started;
  if (pipe(ends) != 0) return;
  if (fork() == 0) {
    if (fork() != 0) _exit(0);
    if (write(ends[1], "x", 1) != 1) exit(1);
    for (int file = 0; file < 3; ++file) close(file);
    sleep(1);
    free_twice();
    exit(0);
  }
  if (read(ends[0], &started, 1) != 1) exit(1);
}

int main(int count, char** arguments) {
  (void)arguments;
  char* volatile first = malloc(10);
  char* volatile second = malloc(20);
  char* volatile third = malloc(30);
  char* volatile fourth = malloc(40);
  if (count > 1) leave_one_behind();
  return first == second || third == fourth;
}
