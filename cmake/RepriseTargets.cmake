# reprise_library(NAME SOURCES... ): one folder, one library target reprise_NAME with the alias reprise::NAME (static, or
# shared where BUILD_SHARED_LIBS says so). Headers stand beside their sources and are included from the root of the
# project.

set(REPRISE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(REPRISE_WERROR)
  list(APPEND REPRISE_WARNINGS -Werror)
endif()

add_library(reprise_options INTERFACE)
target_compile_features(reprise_options INTERFACE cxx_std_17)
target_compile_options(reprise_options INTERFACE ${REPRISE_WARNINGS})
if(REPRISE_SANITIZE)
  set(_sanitize -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_compile_options(reprise_options INTERFACE ${_sanitize})
  target_link_options(reprise_options INTERFACE ${_sanitize})
endif()

function(reprise_library name)
  add_library(reprise_${name} ${ARGN})
  add_library(reprise::${name} ALIAS reprise_${name})
  set_target_properties(reprise_${name} PROPERTIES
    CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON DEFINE_SYMBOL ""
    VERSION "${PROJECT_VERSION}" SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}"
    EXPORT_NAME ${name} INSTALL_RPATH "$ORIGIN")
  target_include_directories(reprise_${name} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
  target_link_libraries(reprise_${name} PRIVATE $<BUILD_INTERFACE:reprise_options>)
endfunction()
