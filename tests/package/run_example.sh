#!/usr/bin/env bash
# run_example.sh FOLDER NAME STANDARD ARGUMENTS...: builds an example of the installed package in C++ STANDARD and runs it
# in FOLDER.
set -euo pipefail
export CMAKE_GENERATOR=Ninja  # what the set-up installs
folder=$1 name=$2 standard=$3
shift 3
work=$folder/$name-$standard
mkdir -p "$work"
cp -r "$folder/prefix/share/reprise/examples/$name" "$work/"
cmake -S "$work/$name" -B "$work/build" -DCMAKE_PREFIX_PATH="$folder/prefix" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_STANDARD="$standard" -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF >"$work/configure.log" 2>&1 || { code=$?; cat "$work/configure.log"; exit $code; }
cmake --build "$work/build"
cd "$folder"
code=0
output=$(SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 "$work/build/$name" "$@" 2>&1) || code=$?
echo "$output"
if grep -q "SKIPPED" <<<"$output"; then exit 77; fi
exit $code
