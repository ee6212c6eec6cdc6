// A library to load and unload.
extern "C" [[gnu::visibility("default")]] int plugin_function(int value) {
  return value + 1;
}
