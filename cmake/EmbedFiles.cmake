# reprise_embed(TARGET NAME=FILE...): puts files into a library as they are. Each becomes an object `reprise_NAME_begin`
# up to `reprise_NAME_end` of bytes, to be declared `extern "C" const char reprise_NAME_begin[]`.
function(reprise_embed target)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${target}_files.S")
  set(text ".section .rodata\n")
  set(files "")
  foreach(entry IN LISTS ARGN)
    string(REGEX MATCH "^([^=]+)=(.+)$" unused "${entry}")
    string(APPEND text
      ".global reprise_${CMAKE_MATCH_1}_begin, reprise_${CMAKE_MATCH_1}_end\n"
      "reprise_${CMAKE_MATCH_1}_begin:\n.incbin \"${CMAKE_MATCH_2}\"\nreprise_${CMAKE_MATCH_1}_end:\n.byte 0\n")
    list(APPEND files "${CMAKE_MATCH_2}")
  endforeach()
  string(APPEND text ".section .note.GNU-stack, \"\", %progbits\n")
  file(CONFIGURE OUTPUT "${source}" CONTENT "${text}" @ONLY)
  set_source_files_properties("${source}" PROPERTIES OBJECT_DEPENDS "${files}")
  target_sources(${target} PRIVATE "${source}")
endfunction()
