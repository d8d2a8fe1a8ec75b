# Finds SystemC with or without its CMake package (Debian ships none) and defines SystemC::systemc.
#
# The library exports one symbol that names its version and the C++ standard it was built with, and every object that
# includes <systemc> refers to it. SC_CPLUSPLUS repeats the library's standard, so that code compiled as a later one links too.

if(NOT TARGET SystemC::systemc)
  find_package(SystemCLanguage CONFIG QUIET NO_CMAKE_PACKAGE_REGISTRY)
endif()
if(TARGET SystemC::systemc)
  set(SystemC_FOUND TRUE)
else()
  find_path(SystemC_INCLUDE_DIR systemc HINTS ${SYSTEMC_HOME} $ENV{SYSTEMC_HOME} PATH_SUFFIXES include)
  find_library(SystemC_LIBRARY systemc HINTS ${SYSTEMC_HOME} $ENV{SYSTEMC_HOME} PATH_SUFFIXES lib lib64 lib-linux64)
  if(SystemC_INCLUDE_DIR)
    file(STRINGS "${SystemC_INCLUDE_DIR}/sysc/kernel/sc_ver.h" _sc_lines REGEX "#define SC_VERSION_(MAJOR|MINOR|PATCH) ")
    foreach(_part MAJOR MINOR PATCH)
      string(REGEX MATCH "SC_VERSION_${_part} +([0-9]+)" _match "${_sc_lines}")
      set(_sc_${_part} "${CMAKE_MATCH_1}")
    endforeach()
    set(SystemC_VERSION "${_sc_MAJOR}.${_sc_MINOR}.${_sc_PATCH}")
  endif()
  include(FindPackageHandleStandardArgs)
  find_package_handle_standard_args(SystemC REQUIRED_VARS SystemC_LIBRARY SystemC_INCLUDE_DIR
                                    VERSION_VAR SystemC_VERSION
                                    REASON_FAILURE_MESSAGE "on Debian apt-get install libsystemc-dev, elsewhere set SYSTEMC_HOME")
  if(SystemC_FOUND)
    add_library(SystemC::systemc UNKNOWN IMPORTED)
    set_target_properties(SystemC::systemc PROPERTIES IMPORTED_LOCATION "${SystemC_LIBRARY}"
                                                      INTERFACE_INCLUDE_DIRECTORIES "${SystemC_INCLUDE_DIR}")
    file(STRINGS "${SystemC_LIBRARY}" _sc_tag REGEX "sc_api_version_[0-9_]+cxx[0-9]+L" LIMIT_COUNT 1)
    if(_sc_tag MATCHES "cxx([0-9]+)L")
      target_compile_definitions(SystemC::systemc INTERFACE SC_CPLUSPLUS=${CMAKE_MATCH_1}L)
    endif()
    target_compile_definitions(SystemC::systemc INTERFACE SC_INCLUDE_DYNAMIC_PROCESSES)
  endif()
endif()
