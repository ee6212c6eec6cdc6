/* Compiled with _FORTIFY_SOURCE: each call is told the size of the object it writes into, and writes more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

int main(int count, char** words) {
  const char* which = words[1];
  char text[100] = "";
  wchar_t wide[100] = L"";
  const size_t length = 15 + (size_t)count; /* not known before */
  memset(text, 'x', length);
  wmemset(wide, L'x', length);

  char room[8] = "a";
  wchar_t wide_room[8] = L"a";
  if (strcmp(which, "memcpy") == 0) memcpy(room, text, length);
  if (strcmp(which, "memmove") == 0) memmove(room, text, length);
  if (strcmp(which, "memset") == 0) memset(room, 1, length);
  if (strcmp(which, "strcpy") == 0) strcpy(room, text);
  if (strcmp(which, "stpcpy") == 0) *stpcpy(room, text) = 'y';
  if (strcmp(which, "strncpy") == 0) strncpy(room, text, length);
  if (strcmp(which, "strcat") == 0) strcat(room, text);
  if (strcmp(which, "strncat") == 0) strncat(room, text, length);
  if (strcmp(which, "sprintf") == 0) sprintf(room, "%s!", text);
  if (strcmp(which, "snprintf") == 0) snprintf(room, length, "%s!", text);
  if (strcmp(which, "wcscpy") == 0) wcscpy(wide_room, wide);
  if (strcmp(which, "wcscat") == 0) wcscat(wide_room, wide);
  if (strcmp(which, "wmemcpy") == 0) wmemcpy(wide_room, wide, length);
  if (strcmp(which, "swprintf") == 0) swprintf(wide_room, length, L"%ls!", wide);
  if (strcmp(which, "fits") == 0) {
    text[7] = '\0';
    strcpy(room, text);
    sprintf(room, "%s", text);
    memcpy(room, text, 8);
  }
  if (strcmp(which, "heap") == 0) {
    char* block = malloc(8);
    strcpy(block, text);
    puts(block);
    free(block);
  }
  puts(room);
  printf("%ls\n", wide_room);
  return 0;
}
