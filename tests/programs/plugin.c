/* A library that is closed before what it did is reported. */
#include <stdlib.h>

void plugin_leaks(void) {
  void* volatile lost = malloc(90);
  lost = NULL;
}

void plugin_frees_twice(void) {
  void* volatile block = malloc(30);
  free(block);
  free(block);
}
