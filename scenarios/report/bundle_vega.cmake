# cmake -DVEGA_FOLDER=... -DOUTPUT=... -P bundle_vega.cmake: one script of the modules of Vega that the pages need.
# They are CommonJS modules, each of which takes what it needs by `require`.

cmake_minimum_required(VERSION 3.25)

# A module before those that require it.
set(modules util time format loader dataflow statistics scale canvas scenegraph expression selections functions
    event-selector runtime parser view transforms view-transforms encode)

file(READ "${CMAKE_CURRENT_LIST_DIR}/vega_begin.js" bundle)
foreach(module IN LISTS modules)
  set(file "${VEGA_FOLDER}/vega-${module}.min.js")
  if(module STREQUAL "selections")
    set(file "${VEGA_FOLDER}/vega-selection.min.js")
  endif()
  file(READ "${file}" text)
  string(REGEX REPLACE "//# sourceMappingURL=[^\n]*" "" text "${text}")
  string(REPLACE "</script" "<\\/script" text "${text}")  # would end the element that the script stands in
  string(APPEND bundle "define(\"vega-${module}\", function (module, exports, require) {\n${text}\n});\n")
endforeach()
file(READ "${CMAKE_CURRENT_LIST_DIR}/vega_end.js" end)
string(APPEND bundle "${end}")
file(WRITE "${OUTPUT}" "${bundle}")
