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

# A static link wants users before what they use: the layers from the top down.
set(pkgconfig_libs "")
foreach(target IN LISTS layer_targets)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    string(PREPEND pkgconfig_libs "-l${target} ")
  endif()
endforeach()
file(RELATIVE_PATH pkgconfig_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/allot.pc.in ${PROJECT_BINARY_DIR}/allot.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/allot.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
