# One CMake target a layer: allot_<name>, alias allot::<name>.
#
#   allot_layer(heap DEPENDS core sys SOURCES arena_allocator.cpp ...)
#
# A layer without sources is an interface library. The library is static and position independent, its symbols hidden:
# it may be linked into a shared library without becoming part of that library's interface.

function(allot_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer "" "" "DEPENDS;SOURCES;PRIVATE_LIBS")
  set(target allot_${name})
  if(layer_SOURCES)
    add_library(${target} STATIC ${layer_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:allot_options> ${layer_PRIVATE_LIBS})
    target_compile_definitions(${target} PRIVATE ALLOT_BUILDING_LIBRARY)
    allot_no_exceptions(${target} ${name})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(allot::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} ${scope} cxx_std_23)
  target_include_directories(
    ${target} ${scope} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # Inside another project its warnings are not for these headers, as when the package is installed.
  if(NOT PROJECT_IS_TOP_LEVEL)
    set_target_properties(${target} PROPERTIES SYSTEM ON)
  endif()
  foreach(dependency IN LISTS layer_DEPENDS)
    target_link_libraries(${target} ${scope} allot_${dependency})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY ALLOT_LAYER_TARGETS ${target})
endfunction()

# base to io build without exceptions when asked; format and http sit on libraries that need them.
set(ALLOT_LAYERS_WITHOUT_EXCEPTIONS base sys core heap containers testing runtime io json)
function(allot_no_exceptions target layer)
  if(ALLOT_NO_EXCEPTIONS AND layer IN_LIST ALLOT_LAYERS_WITHOUT_EXCEPTIONS)
    target_compile_options(${target} PRIVATE -fno-exceptions -fno-rtti)
  endif()
endfunction()

# allot::allot: what the umbrella header allot/allot.hpp needs.
function(allot_umbrella_target)
  add_library(allot_allot INTERFACE)
  add_library(allot::allot ALIAS allot_allot)
  set_target_properties(allot_allot PROPERTIES EXPORT_NAME allot)
  foreach(layer base core heap containers io)
    if(TARGET allot_${layer})
      target_link_libraries(allot_allot INTERFACE allot_${layer})
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY ALLOT_LAYER_TARGETS allot_allot)
endfunction()

# One test program a layer, its cases listed one by one in CTest.
#
#   allot_layer_tests(heap SOURCES arena_allocator_test.cpp ... LIBS allot::containers)
function(allot_layer_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 tests "" "" "SOURCES;LIBS")
  set(target allot_${name}_tests)
  add_executable(${target} ${tests_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE allot_options ${tests_LIBS} GTest::gtest GTest::gtest_main)
  # Tests hand wrong sizes in on purpose, and g++ tells at compile time what the test wants to see at run time.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-stringop-overflow>)
  if(ALLOT_PRECOMPILED_TESTS)
    target_precompile_headers(${target} PRIVATE <gtest/gtest.h>)
  endif()
  gtest_discover_tests(${target} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 300 LABELS ${name})
endfunction()
