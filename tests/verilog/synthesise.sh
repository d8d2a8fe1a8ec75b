#!/usr/bin/env bash
# synthesise.sh FOLDER: yosys finds registers, memories and logic, and nothing else. Exit code 77: no yosys.
set -euo pipefail
cd "$1"
command -v yosys >/dev/null || { echo "SKIPPED: yosys is not installed"; exit 77; }
yosys -q -p "read_verilog *.v
  hierarchy -check -top scatter_path -chparam OUTPUTS 16
  proc; flatten; opt; memory -nomap; opt_clean
  check -assert
  select -assert-none t:\$dlatch t:\$adlatch t:\$sr t:\$dlatchsr
  select -assert-count 2 t:\$mem_v2"
