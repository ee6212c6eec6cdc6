# Flags of everything built inside the project. Users of the installed package get none of them.

add_library(allot_options INTERFACE)
target_compile_features(allot_options INTERFACE cxx_std_23)
target_compile_options(allot_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlapping copies in std::string's operator+ (GCC bug 105651).
  target_compile_options(allot_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Its -Wconversion means more than g++'s; and libstdc++ 12's stable_sort uses what libstdc++ 12 calls deprecated.
  target_compile_options(allot_options INTERFACE -Wno-sign-conversion -Wno-deprecated-declarations)
endif()
if(ALLOT_WERROR)
  target_compile_options(allot_options INTERFACE -Werror)
endif()
if(ALLOT_FRAME_POINTERS)
  target_compile_options(allot_options INTERFACE -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer)
  target_compile_definitions(allot_options INTERFACE ALLOT_FRAME_POINTERS=1)
endif()
if(ALLOT_SANITIZE)
  target_compile_options(allot_options INTERFACE -fsanitize=${ALLOT_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(allot_options INTERFACE -fsanitize=${ALLOT_SANITIZE})
endif()
# Debug information costs nothing at run time, and reports want it in every build type.
target_compile_options(allot_options INTERFACE -g)

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
