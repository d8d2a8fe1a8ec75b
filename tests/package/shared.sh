#!/usr/bin/env bash
# shared.sh CMAKE SOURCE BUILD FOLDER: the build with shared libraries, in BUILD, where it stays for the next time: installed,
# its program runs, and an example is built against it and run with the weight image of FOLDER, by CMake and by pkg-config.
# Nothing is optimised: that halves the time.
set -euo pipefail
export CMAKE_GENERATOR=Ninja  # what the set-up installs
cmake=$1 source=$2 build=$3 folder=$4
shared=$folder/shared
prefix=$shared/prefix
"$cmake" -S "$source" -B "$build" -DBUILD_SHARED_LIBS=ON -DREPRISE_BUILD_TESTS=OFF -DREPRISE_FINE_TUNING=OFF \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF >"$build.log"
"$cmake" --build "$build" --parallel 2 >>"$build.log" || { tail -40 "$build.log"; exit 1; }
rm -rf "$shared"
mkdir -p "$shared"
"$cmake" --install "$build" --prefix "$prefix" >>"$build.log"

[ -z "$(find "$prefix" -name 'libreprise_*.a')" ] || { echo "a static library is installed"; exit 1; }
for library in support image network rtl_models tlm platform; do
  [ -n "$(find "$prefix" -name "libreprise_$library.so")" ] || { echo "no shared library $library"; exit 1; }
done
[ "$("$prefix/bin/reprise" --version)" = "$("$folder/prefix/bin/reprise" --version)" ]
"$prefix/bin/reprise" inspect "$folder/lenet5.h5" >/dev/null

here=$(dirname "$0")
ln -s "$folder/lenet5.h5" "$shared/lenet5.h5"
bash "$here/run_example.sh" "$shared" first 17 lenet5.h5
bash "$here/run_with_pkg_config.sh" "$shared"
needed=$(readelf -d "$shared/first-17/build/first" | grep NEEDED)
grep -q libreprise_platform.so <<<"$needed" || { echo "the example was not linked with the shared library"; exit 1; }
