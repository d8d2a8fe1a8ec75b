#!/usr/bin/env bash
# run_with_pkg_config.sh FOLDER: the first example without CMake, in a later C++ than the library's.
set -euo pipefail
folder=$1
PKG_CONFIG_PATH=$(dirname "$(find "$folder/prefix" -name reprise.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
g++ -std=c++20 "$folder/prefix/share/reprise/examples/first/main.cpp" $(pkg-config --cflags --libs reprise) -o "$folder/first_pkg_config"
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH") SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 "$folder/first_pkg_config" "$folder/lenet5.h5"
