/// What the command wants to know of a program before it runs it, read from the bytes of its file.
///
/// Trusts nothing in the file: a damaged one is read as far as it makes sense.
#pragma once

#include <string>
#include <string_view>

namespace allot::tool {

enum class Linkage {
  not_ours,  ///< no 64-bit ELF file
  fixed,     ///< asks for no dynamic loader
  dynamic,
};

[[nodiscard]] Linkage linkage_of(std::string_view bytes);

/// The sanitizer a program was built with, or empty: its run time is a library, or within the program.
[[nodiscard]] std::string sanitizer_of(std::string_view bytes);

}  // namespace allot::tool
