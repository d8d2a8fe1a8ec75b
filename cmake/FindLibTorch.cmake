# libtorch's C++ libraries: LibTorch_FOUND and the target LibTorch::cpu. Its own package is not used, because that adds
# compile flags and dependencies to everything that is built with it.

find_path(LibTorch_INCLUDE_DIR NAMES torch/csrc/api/include/torch/torch.h)
find_library(LibTorch_CPU_LIBRARY NAMES torch_cpu)
find_library(LibTorch_CORE_LIBRARY NAMES c10)
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_CPU_LIBRARY LibTorch_CORE_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_CORE_LIBRARY LibTorch_INCLUDE_DIR)

if(LibTorch_FOUND AND NOT TARGET LibTorch::cpu)
  add_library(LibTorch::core UNKNOWN IMPORTED)
  set_target_properties(LibTorch::core PROPERTIES IMPORTED_LOCATION "${LibTorch_CORE_LIBRARY}")
  add_library(LibTorch::cpu UNKNOWN IMPORTED)
  set_target_properties(LibTorch::cpu PROPERTIES
    IMPORTED_LOCATION "${LibTorch_CPU_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LibTorch_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES LibTorch::core)
endif()
