#!/usr/bin/env bash
# other_systemc.sh FOLDER: SYSTEMC_HOME chooses the SystemC, and a version that the package was not built with is refused.
# Exit code 77: SystemC is not where Debian has it.
set -euo pipefail
export CMAKE_GENERATOR=Ninja  # what the set-up installs
folder=$1
[ -e /usr/include/systemc ] || { echo "SKIPPED: no /usr/include/systemc"; exit 77; }
home=$folder/systemc
rm -rf "$home" "$folder/systemc-build"
mkdir -p "$home/include" "$home/lib"
cp -r /usr/include/{systemc,systemc.h,sysc,tlm,tlm.h,tlm_core,tlm_utils} "$home/include/"
ln -s "$(find /usr/lib -name libsystemc.so | head -1)" "$home/lib/libsystemc.so"

configure() {
  cmake -S "$folder/prefix/share/reprise/examples/first" -B "$folder/systemc-build" -DCMAKE_PREFIX_PATH="$folder/prefix" \
    -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF 2>&1 | tr '\n' ' ' | tr -s ' '
}
expect() {
  grep -qF "$1" <<<"$log" || { echo "expected: $1"; echo "$log"; exit 1; }
}
log=$(configure)
expect "libsystemc.so: built with __cplusplus"
log=$(SYSTEMC_HOME=$home configure)
expect "$home/lib/libsystemc.so: built with __cplusplus"
version=$(sed -nE 's/#define SC_VERSION_PATCH +([0-9]+)/\1/p' "$home/include/sysc/kernel/sc_ver.h")
sed -i -E "s/(#define SC_VERSION_PATCH +)[0-9]+/\1$((version + 1))/" "$home/include/sysc/kernel/sc_ver.h"
log=$(SYSTEMC_HOME=$home configure || true)
expect "Reprise was built with SystemC"
log=$(SYSTEMC_HOME=$folder/nothing configure || true)
expect "elsewhere set SYSTEMC_HOME"
