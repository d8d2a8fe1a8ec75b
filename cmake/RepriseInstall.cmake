# cmake --install and cpack: the program with its data, and the accelerator with everything below it as a package for
# other people's platforms (docs/integration.md).

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(share_dir "${CMAKE_INSTALL_DATADIR}/reprise")
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Reprise")
set(header_folders support compression/image compression/network rtl_models tlm platform)
set(exported support image network rtl_models tlm platform)
set(internal datasets passes mapping scenarios)

# Libraries, and those that only the program needs.
foreach(name IN LISTS exported)
  install(TARGETS reprise_${name} EXPORT RepriseTargets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()
if(BUILD_SHARED_LIBS)
  foreach(name IN LISTS internal)
    install(TARGETS reprise_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_SKIP)
  endforeach()
endif()
# What is linked with libtorch.
if(TARGET reprise_fine_tuning_module)
  set_target_properties(reprise_fine_tuning_module PROPERTIES INSTALL_RPATH "$ORIGIN/..")
  if(BUILD_SHARED_LIBS)
    install(TARGETS reprise_fine_tuning LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_SKIP COMPONENT fine-tuning)
  endif()
  install(TARGETS reprise_fine_tuning_module LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/reprise COMPONENT fine-tuning)
endif()

# Headers are included as <reprise/platform/accelerator.h>, so that no folder of ours meets one of theirs.
install(CODE "set(source \"${PROJECT_SOURCE_DIR}\")\nset(generated \"${PROJECT_BINARY_DIR}/generated\")
set(staged \"${PROJECT_BINARY_DIR}/headers\")\nset(folders \"${header_folders}\")
include(\"${PROJECT_SOURCE_DIR}/cmake/StageHeaders.cmake\")")
install(DIRECTORY "${PROJECT_BINARY_DIR}/headers/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reprise)

# The program and its data.
install(TARGETS reprise RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
file(RELATIVE_PATH libraries_from_program "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
set_target_properties(reprise PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries_from_program}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/scenarios/" DESTINATION ${share_dir}/scenarios
        FILES_MATCHING PATTERN "*.yaml" PATTERN "cluster/*.sh" PATTERN report EXCLUDE)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/networks/" DESTINATION ${share_dir}/networks FILES_MATCHING PATTERN "*.onnx")
install(FILES platform/reprise_driver.c platform/reprise_driver.h platform/reprise_registers.h
        DESTINATION ${share_dir}/driver)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/python/" DESTINATION ${share_dir}/python FILES_MATCHING PATTERN "*.py")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/verilog/" DESTINATION ${share_dir}/verilog FILES_MATCHING PATTERN "*.v")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples/" DESTINATION ${share_dir}/examples)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR})

# find_package(Reprise)
install(EXPORT RepriseTargets NAMESPACE Reprise:: DESTINATION ${package_dir})
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/RepriseConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/RepriseConfig.cmake" INSTALL_DESTINATION ${package_dir}
                              PATH_VARS share_dir)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/RepriseConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/RepriseConfig.cmake" "${PROJECT_BINARY_DIR}/RepriseConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindSystemC.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindOneDNN.cmake"
        DESTINATION ${package_dir})

# pkg-config, for those without CMake.
include(ReprisePkgConfig)

# cpack
set(CPACK_PACKAGE_NAME reprise)
set(CPACK_PACKAGE_VENDOR "The Reprise authors")
set(CPACK_PACKAGE_CONTACT "The Reprise authors <reprise@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_FILE_NAME "reprise-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION electronics)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS
    "libsystemc-dev, libfmt-dev, libspdlog-dev, libyaml-cpp-dev, libhdf5-dev, nlohmann-json3-dev, libxxhash-dev, libonnx-dev, libprotobuf-dev, libdnnl-dev, pkg-config, cmake, dataset-fashion-mnist")
# Fine-tuning is a package of its own, so that the rest does not need libtorch.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME reprise)
set(CPACK_DEBIAN_FINE-TUNING_PACKAGE_NAME reprise-fine-tuning)
set(CPACK_DEBIAN_FINE-TUNING_PACKAGE_DEPENDS "reprise (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_FINE-TUNING_PACKAGE_RECOMMENDS "")
set(CPACK_COMPONENT_FINE-TUNING_DESCRIPTION "Fine-tuning, on libtorch, for Reprise")
include(CPack)
