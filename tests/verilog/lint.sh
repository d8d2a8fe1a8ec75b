#!/usr/bin/env bash
# lint.sh FOLDER: each module alone, and in other widths than by default. Exit code 77: no verilator.
set -euo pipefail
cd "$1"
command -v verilator >/dev/null || { echo "SKIPPED: verilator is not installed"; exit 77; }
for file in *.v; do
  verilator --lint-only -Wall -y . --top-module "${file%.v}" "$file"
done
verilator --lint-only -Wall -y . --top-module scatter_path -GPORTS=1 -GCOLUMNS=1 -GCODE_BITS=2 -GOUTPUTS=2 scatter_path.v
verilator --lint-only -Wall -y . --top-module scatter_path -GPORTS=7 -GCOLUMNS=33 -GCODE_BITS=31 -GOUTPUTS=100 scatter_path.v
