# Vega_FOLDER: the modules of Vega as Debian's package libjs-vega has them, for the pages of `reprise report`.
find_path(Vega_FOLDER vega-parser.min.js PATHS /usr/share/javascript/vega)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Vega REQUIRED_VARS Vega_FOLDER REASON_FAILURE_MESSAGE "install libjs-vega")
mark_as_advanced(Vega_FOLDER)
