/* For `allot oom`: copes with its first allocation failing, not with the second, and leaks when the third fails. */
#include <stdlib.h>

int main(void) {
  char* first = malloc(10);
  if (first == NULL) return 1;
  char* second = malloc(100);
  second[0] = 1;
  char* third = malloc(5);
  if (third == NULL) return 1;
  free(first);
  free(second);
  free(third);
  return 0;
}
