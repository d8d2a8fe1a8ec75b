#!/usr/bin/env bash
# install.sh CMAKE BUILD SOURCE VERSION: installs to BUILD/package, tries the program there, and has it make a weight image
# for the examples. Exit code 77: the data set for that is missing.
set -euo pipefail
cmake=$1 build=$2 source=$3 version=$4
folder=$build/package
rm -rf "$folder"
mkdir -p "$folder"
"$cmake" --install "$build" --prefix "$folder/prefix" >"$folder/install.log"
share=$folder/prefix/share/reprise
program=$folder/prefix/bin/reprise

[ "$("$program" --version)" = "$version" ] || { echo "the version is not $version"; exit 1; }
grep -qx "Version: $version" "$folder"/prefix/lib*/pkgconfig/reprise.pc "$folder"/prefix/lib/*/pkgconfig/reprise.pc 2>/dev/null ||
  { echo "pkg-config has another version"; exit 1; }
# A technology that only the installed folder has.
cp "$share/scenarios/technology/default.yaml" "$share/scenarios/technology/installed.yaml"
"$program" technology installed >/dev/null
rm "$share/scenarios/technology/installed.yaml"
# What the package without fine-tuning holds does not need libtorch.
"$cmake" --install "$build" --prefix "$folder/default" --component Unspecified >>"$folder/install.log"
if find "$folder/default" -name '*fine_tuning*.so*' | grep .; then exit 1; fi
if readelf -d "$folder/default/bin/reprise" | grep libtorch; then exit 1; fi
rm -r "$folder/default"
# No header includes one of the source folder.
if grep -rnE '#include "(support|compression|rtl_models|tlm|platform)/' "$folder/prefix/include"; then exit 1; fi

[ -e /usr/share/datasets/fashion-mnist ] || { echo "SKIPPED: dataset-fashion-mnist is not installed"; exit 77; }
cat >"$folder/lenet5.yaml" <<'YAML'
preprocessing:
  scale: 0.00392156862745098
  mean: [0.2860]
  standard_deviation: [0.3530]
calibration:
  format: idx
  images: /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz
  count: 100
YAML
"$program" -q compress "$share/networks/lenet5_fashion_mnist.onnx" -c "$folder/lenet5.yaml" --engine wpr -o "$folder/lenet5.h5" >"$folder/compress.log"
