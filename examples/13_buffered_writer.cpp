/// The same through a buffer: one system call instead of one for each piece. What is not flushed has not arrived.

#include <allot/allot.hpp>
#include <allot/json.hpp>

#include "json_value.hpp"

int main() {
  allot::io::FileWriter standard_output = allot::io::standard_output();
  char buffer[4096];
  allot::io::BufferedWriter out(standard_output.writer(), buffer);
  allot::json::stringify(AnonymousStruct{}, indented, out.writer()).value();
  out.writer().flush().value();
}
