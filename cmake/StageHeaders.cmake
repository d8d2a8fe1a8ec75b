# Copies the headers of `folders`, from `source` and `generated`, to `staged`, where they include one another as
# "reprise/FOLDER/HEADER".

set(names compression/[a-z]+ support rtl_models tlm platform)
list(JOIN names "|" pattern)
file(REMOVE_RECURSE "${staged}")
foreach(folder IN LISTS folders)
  file(GLOB headers "${source}/${folder}/*.h" "${generated}/${folder}/*.h")
  foreach(header IN LISTS headers)
    get_filename_component(name "${header}" NAME)
    file(READ "${header}" text)
    string(REGEX REPLACE "#include \"(${pattern})/" "#include \"reprise/\\1/" text "${text}")
    file(WRITE "${staged}/${folder}/${name}" "${text}")
  endforeach()
endforeach()
