# A static library of someone else, linked into one object of ours in which only allot_hidden_* names are visible.
#
#   allot_hidden_object(allot_hidden_unwind unwind.cpp ARCHIVE /usr/lib/.../libunwind.a INCLUDES ... DEFINITIONS ...)
#   allot_layer(sys SOURCES ... ${allot_hidden_unwind_OBJECT})
#
# Why: libunwind and libsupc++ define names of the language runtime (_Unwind_Resume, __cxa_demangle). Linked the
# ordinary way they could replace the program's own; and users of the installed package would have to find them.
# The source is compiled without exceptions, RTTI and sanitizers, so that it drags nothing else in.

function(allot_hidden_object name source)
  cmake_parse_arguments(PARSE_ARGV 2 hidden "" "ARCHIVE" "INCLUDES;DEFINITIONS")
  add_library(${name} OBJECT ${source})
  target_compile_features(${name} PRIVATE cxx_std_23)
  target_compile_options(${name} PRIVATE -O2 -g0 -fno-exceptions -fno-rtti -fno-lto -fno-asynchronous-unwind-tables)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  target_include_directories(${name} SYSTEM PRIVATE ${hidden_INCLUDES})
  target_compile_definitions(${name} PRIVATE ${hidden_DEFINITIONS})
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_LINKER} -r -o ${object}.merged $<TARGET_OBJECTS:${name}> ${hidden_ARCHIVE}
    COMMAND ${CMAKE_OBJCOPY} --wildcard "--keep-global-symbol=allot_hidden_*" ${object}.merged ${object}
    DEPENDS ${name} $<TARGET_OBJECTS:${name}> ${hidden_ARCHIVE}
    COMMENT "Hiding ${hidden_ARCHIVE} in ${name}.o"
    VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  set(${name}_OBJECT ${object} PARENT_SCOPE)
endfunction()

# A library that comes with gcc, in gcc's own directory, also when clang compiles; empty when there is none.
function(allot_find_gcc_file variable file)
  file(GLOB candidates /usr/lib/gcc/${CMAKE_LIBRARY_ARCHITECTURE}/*/${file} /usr/lib/gcc/*-linux-gnu/*/${file})
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${file} OUTPUT_VARIABLE asked
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(asked AND IS_ABSOLUTE "${asked}" AND EXISTS "${asked}")
    list(PREPEND candidates ${asked})
  endif()
  list(APPEND candidates "")
  list(GET candidates 0 found)
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()
