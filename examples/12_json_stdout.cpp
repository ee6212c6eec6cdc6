/// JSON straight to standard output: a Writer instead of an allocation.

#include <allot/allot.hpp>
#include <allot/json.hpp>

#include "json_value.hpp"

int main() {
  allot::io::FileWriter out = allot::io::standard_output();
  allot::json::stringify(AnonymousStruct{}, indented, out.writer()).value();
}
