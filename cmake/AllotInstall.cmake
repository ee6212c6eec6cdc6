# The installed package: find_package(allot) with one target a layer, and pkg-config allot.
include(CMakePackageConfigHelpers)

get_property(layer_targets GLOBAL PROPERTY ALLOT_LAYER_TARGETS)
install(TARGETS ${layer_targets} EXPORT allotTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT allotTargets NAMESPACE allot:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/allot)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/allotConfig.cmake.in ${PROJECT_BINARY_DIR}/allotConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/allot)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/allotConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/allotConfig.cmake ${PROJECT_BINARY_DIR}/allotConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/allot)

# allot_pkgconfig(NAME DESCRIPTION LAYERS ... REQUIRES ... LIBS ...): one .pc file. A static link wants users before what
# they use, so the layers are named from the top down. pkg-config links what it names, needed or not: hence one file for
# what depends on libstdc++ only, and one for each part that brings a library along.
function(allot_pkgconfig name description)
  cmake_parse_arguments(PARSE_ARGV 2 pkgconfig "" "" "LAYERS;REQUIRES;LIBS")
  set(libs "")
  foreach(layer IN LISTS pkgconfig_LAYERS)
    get_target_property(type allot_${layer} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      string(APPEND libs "-lallot_${layer} ")
    endif()
  endforeach()
  string(APPEND libs "${pkgconfig_LIBS}")
  string(REPLACE ";" ", " requires "${pkgconfig_REQUIRES}")
  configure_file(${PROJECT_SOURCE_DIR}/cmake/allot.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

file(RELATIVE_PATH pkgconfig_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
allot_pkgconfig(allot "${PROJECT_DESCRIPTION}" LAYERS io containers interop heap core sys base)
allot_pkgconfig(allot-format "allot: text over {fmt}" LAYERS format REQUIRES allot fmt)
allot_pkgconfig(allot-json "allot: JSON" LAYERS json REQUIRES allot)
allot_pkgconfig(allot-testing "allot: the kit for tests" LAYERS testing REQUIRES allot)
allot_pkgconfig(allot-no-alloc "allot: scopes without global heap calls; replaces malloc" LAYERS no_alloc REQUIRES allot)
allot_pkgconfig(allot-http "allot: the HTTP server" LAYERS http REQUIRES allot zlib LIBS -pthread)
