# Finds SystemC with or without its CMake package (Debian ships none) and defines SystemC::systemc.
#
# SYSTEMC_HOME, a variable of CMake or of the environment, is the folder of another SystemC; then no other is taken.
#
# The library exports one symbol that names its version and the C++ standard it was built with, and every object that
# includes <systemc> refers to it. SC_CPLUSPLUS repeats the library's standard, so that code compiled as another one links too.

if(NOT SYSTEMC_HOME AND DEFINED ENV{SYSTEMC_HOME})
  set(SYSTEMC_HOME "$ENV{SYSTEMC_HOME}")
endif()
if(NOT "${SYSTEMC_HOME}" STREQUAL "${SystemC_HOME_BEFORE}")
  unset(SystemC_INCLUDE_DIR CACHE)
  unset(SystemC_LIBRARY CACHE)
endif()
set(SystemC_HOME_BEFORE "${SYSTEMC_HOME}" CACHE INTERNAL "")
set(_sc_where)
if(SYSTEMC_HOME)
  set(_sc_where PATHS "${SYSTEMC_HOME}" NO_DEFAULT_PATH)
endif()

if(NOT TARGET SystemC::systemc)
  find_package(SystemCLanguage CONFIG QUIET NO_CMAKE_PACKAGE_REGISTRY ${_sc_where})
endif()
if(TARGET SystemC::systemc)
  set(SystemC_FOUND TRUE)
  set(SystemC_VERSION "${SystemCLanguage_VERSION}")
  foreach(_suffix "" _RELEASE _NOCONFIG _RELWITHDEBINFO _DEBUG)
    get_target_property(_sc_location SystemC::systemc IMPORTED_LOCATION${_suffix})
    if(_sc_location)
      set(SystemC_LIBRARY "${_sc_location}")
      break()
    endif()
  endforeach()
else()
  find_path(SystemC_INCLUDE_DIR systemc PATH_SUFFIXES include ${_sc_where})
  find_library(SystemC_LIBRARY systemc PATH_SUFFIXES lib lib64 lib-linux64 ${_sc_where})
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
  endif()
endif()

if(SystemC_FOUND AND SystemC_LIBRARY AND NOT DEFINED SystemC_CPLUSPLUS)
  file(STRINGS "${SystemC_LIBRARY}" _sc_tag REGEX "sc_api_version_[0-9_]+cxx[0-9]+L" LIMIT_COUNT 1)
  if(_sc_tag MATCHES "cxx([0-9]+)L")
    set(SystemC_CPLUSPLUS "${CMAKE_MATCH_1}")
    target_compile_definitions(SystemC::systemc INTERFACE SC_CPLUSPLUS=${SystemC_CPLUSPLUS}L)
    message(STATUS "SystemC ${SystemC_VERSION}, ${SystemC_LIBRARY}: built with __cplusplus ${SystemC_CPLUSPLUS}; "
                   "code of another standard links because SystemC::systemc defines SC_CPLUSPLUS=${SystemC_CPLUSPLUS}L")
  else()
    message(WARNING "${SystemC_LIBRARY} does not say which C++ standard it was built with: use the same one, or the "
                    "linker will miss a symbol sc_api_version_...")
  endif()
  target_compile_definitions(SystemC::systemc INTERFACE SC_INCLUDE_DYNAMIC_PROCESSES)
endif()
