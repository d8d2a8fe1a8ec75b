# Sourced by ./demo and ./test: installs what the build needs and configures it. Debian 12, as root or with sudo.
# With REPRISE_FINE_TUNING=1 in the environment fine-tuning is built, too.

REPRISE_PACKAGES="g++ cmake ninja-build pkg-config ca-certificates
  libsystemc-dev libyaml-cpp-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libcli11-dev
  libhdf5-dev libsqlite3-dev libmuparser-dev libjs-vega libonnx-dev libprotobuf-dev protobuf-compiler libdnnl-dev libeigen3-dev
  libxxhash-dev zlib1g-dev catch2
  dataset-fashion-mnist"
[ "${REPRISE_FINE_TUNING:-0}" = 0 ] || REPRISE_PACKAGES="$REPRISE_PACKAGES libtorch-dev"

# What some tests need besides; without it they are skipped, and say so.
REPRISE_TEST_PACKAGES="python3-jsonschema python3-yaml verilator libunicorn-dev gcc-riscv64-unknown-elf"

say() { printf '\n== %s\n' "$*"; }

# Installs the packages named that are not there yet.
install_packages() {
  local missing="" package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "this script installs packages with apt-get (Debian 12); elsewhere install by hand:$missing" >&2
    exit 2
  fi
  local as_root=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "not root and no sudo; install by hand:$missing" >&2; exit 2; }
    as_root=sudo
  fi
  say "Installing$missing"
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 $missing >/dev/null
}

# onnxruntime for the tests of exported networks, in the versions that tests/onnxruntime/package-lock.json pins. Its
# install script would load more from elsewhere: the processor's part comes with the package.
install_onnxruntime() {
  command -v node >/dev/null || install_packages nodejs
  command -v npm >/dev/null || install_packages npm
  say "Installing onnxruntime"
  npm ci --prefix tests/onnxruntime --ignore-scripts --no-audit --no-fund
}

# build PRESET [TARGET...]
build() {
  local preset=$1 log=build/configure.log
  shift
  say "Building ($preset)"
  mkdir -p build
  cmake --preset "$preset" >$log 2>&1 || { cat $log >&2; exit 1; }
  cmake --build --preset "$preset" ${1:+--target "$@"}
}
